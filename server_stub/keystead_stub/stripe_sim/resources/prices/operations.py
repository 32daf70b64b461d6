"""Operations on prices: https://docs.stripe.com/api/prices."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import amounts, errors
from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.prices import shape as price_shape
from keystead_stub.stripe_sim.resources.prices.requests import NewPrice
from keystead_stub.stripe_sim.resources.products import shape
from keystead_stub.stripe_sim.resources.products.requests import NewProduct
from keystead_stub.stripe_types.requests import InlinePrice


def create(work: UnitOfWork, request: NewPrice) -> Json:
    """Create a price; raises StripeError for a product or a meter that does not exist."""
    work.get("product", request.product_id)
    if request.meter_id is not None:
        work.get("billing.meter", request.meter_id)
        # Usage is billed at the end of a period, and a one-time price has none.
        if request.interval is None:
            raise invalid_request("Prices with a meter must be recurring.")
    price = price_shape.price(request, price_id=work.ids.new("price_1"), created=work.now_s)
    work.add(price)
    work.emit("price.created", price)
    return price


def update(work: UnitOfWork, price_id: str, fields: dict[str, Any]) -> Json:
    """Set fields of the price, never its amount; `metadata` is merged."""
    price = work.get("price", price_id)
    work.change(price, "price.updated", **merged(price, fields))
    return price


#: The highest quantity of a price that is not seeded.
MAX_QUANTITY = 999_999


def check_sellable(work: UnitOfWork, price: Json, quantity: int, *, once: bool = False) -> None:
    """Raise StripeError unless the price is of the right type and sold in this quantity."""
    if (price["recurring"] is None) != once:
        raise errors.invalid_request(
            "The price must be of type one_time."
            if once
            else "The price must be of type recurring."
        )
    # Seeded prices are the vendor's plans, with seat limits of their own.
    seeded = work.rules.seed.product_of_price(price["id"])
    lowest, highest = (seeded.min_quantity, seeded.max_quantity) if seeded else (1, MAX_QUANTITY)
    if not lowest <= quantity <= highest:
        raise errors.invalid_request(f"The quantity must be {lowest} to {highest}.")


def create_inline(work: UnitOfWork, wanted: InlinePrice, *, credit: bool = False) -> Json:
    """Create an inactive price for one use; only `credit` may be negative."""
    product_id = wanted.product_id
    if (product_id is None) == (wanted.name is None):
        raise errors.invalid_request(
            "You must specify exactly one of these parameters: product, product_data."
        )
    least = -amounts.MOST_MONEY if credit else 0
    if not least <= wanted.unit_amount <= amounts.MOST_MONEY:
        raise errors.invalid_request(
            f"Invalid unit_amount: must be between {least} and {amounts.MOST_MONEY}."
        )
    if product_id is None:
        product_id = _create_inline_product(work, wanted)["id"]
    request = NewPrice(
        product_id=work.get("product", product_id)["id"],
        currency=wanted.currency,
        unit_amount=wanted.unit_amount,
        interval=wanted.interval,
        # Stripe creates inline prices inactive, so that they can't be used a second time.
        active=False,
    )
    price = price_shape.price(request, price_id=work.ids.new("price_1"), created=work.now_s)
    work.add(price)
    work.emit("price.created", price)
    return price


def _create_inline_product(work: UnitOfWork, wanted: InlinePrice) -> Json:
    request = NewProduct(name=wanted.name or "", description=wanted.description, active=False)
    product = shape.product(request, product_id=work.ids.new("prod_"), created=work.now_s)
    work.add(product)
    work.emit("product.created", product)
    return product
