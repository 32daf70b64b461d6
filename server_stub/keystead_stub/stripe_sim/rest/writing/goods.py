"""Products and prices."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.resources.prices import operations as prices
from keystead_stub.stripe_sim.resources.prices.requests import NewPrice
from keystead_stub.stripe_sim.resources.products import operations as products
from keystead_stub.stripe_sim.resources.products.requests import NewProduct
from keystead_stub.stripe_sim.rest.parameters import Parameters, invalid
from keystead_stub.stripe_sim.rest.writing.area import Area, Changer
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


async def create_product(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    request = NewProduct(
        name=given.required("name"),
        id=given.text("id"),
        description=given.text("description"),
        active=given.flag("active") is not False,
        metadata=given.metadata(),
        idempotency_key=key,
    )
    given.done()
    return stripe.submit(products.create, request)


async def create_price(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    product_id, product_data = given.text("product"), given.nested("product_data")
    if product_id is None:
        made = await create_product(stripe, product_data, None)
        product_id = str(made["id"])
    product_data.done()
    recurring = given.nested("recurring")
    interval: Any = recurring.text("interval")
    if interval not in {None, "month", "year"} or recurring.text("interval_count") not in {
        None,
        "1",
    }:
        raise invalid("recurring[interval]")
    meter_id = recurring.text("meter")
    if recurring.choice("usage_type", "licensed", "metered") == "metered" and meter_id is None:
        raise invalid("recurring[meter]")
    recurring.done()
    amount = given.whole("unit_amount")
    if amount is None or amount < 0:
        raise invalid("unit_amount")
    request = NewPrice(
        product_id=product_id,
        currency=given.required("currency").lower(),
        unit_amount=amount,
        interval=interval,
        meter_id=meter_id,
        nickname=given.text("nickname"),
        lookup_key=given.text("lookup_key"),
        active=given.flag("active") is not False,
        metadata=given.metadata(),
        idempotency_key=key,
    )
    given.done()
    return stripe.submit(prices.create, request)


def update_good(kind: str) -> Changer:
    """Change what may be changed of a product or a price."""

    def update(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
        texts = ("name", "description") if kind == "product" else ("nickname", "lookup_key")
        fields: dict[str, Any] = {name: given.text(name) for name in texts if given.has(name)}
        if given.has("active"):
            fields["active"] = given.flag("active")
        if given.has("metadata"):
            fields["metadata"] = given.metadata()
        given.done()
        operation = products.update if kind == "product" else prices.update
        return stripe.run(operation, object_id, fields)

    return update


def delete_product(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    stripe.run(products.delete, object_id)
    return {"id": object_id, "object": "product", "deleted": True}


AREA = Area(
    create={"prices": create_price, "products": create_product},
    update={"prices": update_good("price"), "products": update_good("product")},
    delete={"products": delete_product},
)
