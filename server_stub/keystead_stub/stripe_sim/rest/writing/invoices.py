"""Invoices and their items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.invoice_items import operations as invoice_items
from keystead_stub.stripe_sim.resources.invoice_items.requests import NewInvoiceItem
from keystead_stub.stripe_sim.resources.invoices import drafts, payment
from keystead_stub.stripe_sim.resources.invoices.requests import NewInvoice
from keystead_stub.stripe_sim.resources.payment_methods.attempts import card_error
from keystead_stub.stripe_sim.rest.parameters import Parameters, invalid
from keystead_stub.stripe_sim.rest.writing.area import Area, Changer, ms_of
from keystead_stub.stripe_sim.rest.writing.checkouts import inline_price
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.requests import InlinePrice

_COLLECTIONS = ("charge_automatically", "send_invoice")


async def create_item(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    pricing, quantity = given.nested("pricing"), given.whole("quantity")
    currency, description = given.text("currency"), given.text("description")
    request = NewInvoiceItem(
        customer_id=given.required("customer"),
        currency=currency.lower() if currency else None,
        amount=given.whole("amount"),
        price_id=pricing.text("price"),
        price=_item_price(given, currency, description),
        quantity=1 if quantity is None else quantity,
        description=description,
        metadata=given.metadata(),
        invoice_id=given.text("invoice"),
        idempotency_key=key,
    )
    pricing.done()
    given.done()
    return stripe.submit(invoice_items.create, request)


def _item_price(
    given: Parameters, currency: str | None, description: str | None
) -> InlinePrice | None:
    """Return the price of one of the item, where it is given beside it."""
    if given.has("price_data"):
        return inline_price(given.nested("price_data"))
    each = given.whole("unit_amount_decimal")
    if each is None:
        return None
    if currency is None:
        raise invalid("currency")
    return InlinePrice(
        currency=currency.lower(), unit_amount=each, name=description or "Invoice item"
    )


def update_item(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    fields: dict[str, Any] = {}
    if given.has("description"):
        fields["description"] = given.text("description")
    for name in ("amount", "quantity"):
        value = given.whole(name)
        if value is not None:
            fields[name] = value
    if given.has("metadata"):
        fields["metadata"] = given.metadata()
    given.done()
    return stripe.run(invoice_items.update, object_id, fields)


def delete_item(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    stripe.run(invoice_items.delete, object_id)
    return {"id": object_id, "object": "invoiceitem", "deleted": True}


async def create_invoice(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    collection: Any = given.choice("collection_method", *_COLLECTIONS)
    pending = given.choice("pending_invoice_items_behavior", "exclude", "include")
    currency = given.text("currency")
    request = NewInvoice(
        customer_id=given.required("customer"),
        collection_method=collection or "charge_automatically",
        days_until_due=given.whole("days_until_due"),
        due_date_ms=ms_of(given.whole("due_date")),
        currency=currency.lower() if currency else None,
        description=given.text("description"),
        footer=given.text("footer"),
        metadata=given.metadata(),
        auto_advance=given.flag("auto_advance") or False,
        takes_pending=pending == "include",
        method=given.text("default_payment_method"),
        idempotency_key=key,
    )
    given.done()
    return stripe.submit(drafts.create, request)


def update_invoice(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    texts = ("default_payment_method", "description", "footer")
    fields: dict[str, Any] = {name: given.text(name) for name in texts if given.has(name)}
    if given.has("collection_method"):
        fields["collection_method"] = given.choice("collection_method", *_COLLECTIONS)
    for name in ("days_until_due", "due_date"):
        if given.has(name):
            fields[name] = given.whole(name)
    if given.has("auto_advance"):
        fields["auto_advance"] = given.flag("auto_advance") or False
    if given.has("metadata"):
        fields["metadata"] = given.metadata()
    given.done()
    return stripe.run(drafts.update, object_id, fields)


def delete_draft(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    given.done()
    stripe.run(drafts.delete, object_id)
    return {"id": object_id, "object": "invoice", "deleted": True}


def finalize_invoice(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    advance = given.flag("auto_advance")
    given.done()
    return stripe.run(drafts.finalize, object_id, auto_advance=advance)


def pay_invoice(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    method = given.text("payment_method")
    given.flag("off_session")
    out_of_band = given.flag("paid_out_of_band")
    given.done()
    if out_of_band:
        return stripe.run(payment.pay_out_of_band, object_id)
    result = stripe.run(payment.pay, object_id, card=method)
    if result.status in {"declined", "requires_action"}:
        raise card_error(result.code or "generic_decline")
    return stripe.read(lookup.retrieve, "invoice", object_id)


def _step(step: Callable[[UnitOfWork, str], Document]) -> Changer:
    """A step that has no parameters."""

    def take(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
        given.done()
        return stripe.run(step, object_id)

    return take


AREA = Area(
    create={"invoiceitems": create_item, "invoices": create_invoice},
    update={"invoiceitems": update_item, "invoices": update_invoice},
    act={
        ("invoices", "finalize"): finalize_invoice,
        ("invoices", "mark_uncollectible"): _step(drafts.mark_uncollectible),
        ("invoices", "pay"): pay_invoice,
        ("invoices", "send"): _step(drafts.send),
        ("invoices", "void"): _step(drafts.void),
    },
    delete={"invoiceitems": delete_item, "invoices": delete_draft},
)
