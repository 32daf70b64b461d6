"""Invoice items in the REST API: https://docs.stripe.com/api/invoiceitems."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.resources.invoice_items import operations as invoice_items
from keystead_stub.stripe_sim.resources.invoice_items.requests import NewInvoiceItem
from keystead_stub.stripe_sim.resources.prices.parameters import inline_price
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects, deletion
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.requests import InlinePrice


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    pricing, quantity = params.nested("pricing"), params.whole("quantity")
    currency, description = params.text("currency"), params.text("description")
    request = NewInvoiceItem(
        customer_id=params.required("customer"),
        currency=currency.lower() if currency else None,
        amount=params.whole("amount"),
        price_id=pricing.text("price"),
        price=_price_data(params, currency, description),
        quantity=1 if quantity is None else quantity,
        description=description,
        metadata=params.metadata(),
        invoice_id=params.text("invoice"),
        idempotency_key=key,
    )
    pricing.done()
    params.done()
    return stripe.submit(invoice_items.create, request)


def _price_data(
    params: Parameters, currency: str | None, description: str | None
) -> InlinePrice | None:
    """Return the inline price of the item, or null if there is none."""
    if params.has("price_data"):
        return inline_price(params.nested("price_data"))
    each = params.whole("unit_amount_decimal")
    if each is None:
        return None
    if currency is None:
        raise invalid_parameter("currency")
    return InlinePrice(
        currency=currency.lower(), unit_amount=each, name=description or "Invoice item"
    )


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    fields = params.changes("description")
    for name in ("amount", "quantity"):
        value = params.whole(name)
        if value is not None:
            fields[name] = value
    params.done()
    return stripe.run(invoice_items.update, object_id, fields)


RESOURCES = (
    Resource(
        path="invoiceitems",
        objects=StoredObjects("invoiceitem", {"invoice": "invoice"}, of_customer=True),
        create=create,
        update=update,
        delete=deletion("invoiceitem", invoice_items.delete),
    ),
)
