"""Invoices in the REST API: https://docs.stripe.com/api/invoices."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.errors import invalid_parameter
from keystead_stub.stripe_sim.engine.search import Query
from keystead_stub.stripe_sim.resources.invoices import operations as invoices
from keystead_stub.stripe_sim.resources.invoices import payment, upcoming
from keystead_stub.stripe_sim.resources.invoices.requests import NewInvoice
from keystead_stub.stripe_sim.resources.payment_methods.attempts import card_error
from keystead_stub.stripe_sim.resources.subscription_items import parameters as item_parameters
from keystead_stub.stripe_sim.rest.list_pages import list_object
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects, action, deletion
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def _confirmation_secret(stripe: SimulatedStripe, invoice: Document) -> Document | None:
    # Only an open invoice can still be paid.
    if invoice["status"] != "open":
        return None
    found = stripe.read(
        lookup.list_objects, Query(kind="invoice_payment", where={"invoice": invoice["id"]})
    )
    intents = [one["payment"]["payment_intent"] for one in found.data]
    secret = (
        stripe.read(lookup.retrieve, "payment_intent", intents[0])["client_secret"]
        if intents
        else None
    )
    return {"client_secret": secret, "type": "payment_intent"} if secret else None


def _payments(stripe: SimulatedStripe, invoice: Document) -> Document:
    found = stripe.read(
        lookup.list_objects, Query(kind="invoice_payment", where={"invoice": invoice["id"]})
    )
    return list_object(found, "invoice_payments")


_COLLECTION_METHODS = ("charge_automatically", "send_invoice")


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    collection: Any = params.choice("collection_method", *_COLLECTION_METHODS)
    pending = params.choice("pending_invoice_items_behavior", "exclude", "include")
    currency = params.text("currency")
    request = NewInvoice(
        customer_id=params.required("customer"),
        collection_method=collection or "charge_automatically",
        days_until_due=params.whole("days_until_due"),
        due_date_ms=params.instant_ms("due_date"),
        currency=currency.lower() if currency else None,
        description=params.text("description"),
        footer=params.text("footer"),
        metadata=params.metadata(),
        auto_advance=params.flag("auto_advance") or False,
        takes_pending=pending == "include",
        method=params.text("default_payment_method"),
        idempotency_key=key,
    )
    params.done()
    return stripe.submit(invoices.create, request)


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    fields = params.changes("default_payment_method", "description", "footer")
    if params.has("collection_method"):
        fields["collection_method"] = params.choice("collection_method", *_COLLECTION_METHODS)
    for name in ("days_until_due", "due_date"):
        if params.has(name):
            fields[name] = params.whole(name)
    if params.has("auto_advance"):
        fields["auto_advance"] = params.flag("auto_advance") or False
    params.done()
    return stripe.run(invoices.update, object_id, fields)


def finalize(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    advance = params.flag("auto_advance")
    params.done()
    return stripe.run(invoices.finalize, object_id, auto_advance=advance)


def pay(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    method = params.text("payment_method")
    # Read and ignored: a payment through the API is always off session here.
    params.flag("off_session")
    out_of_band = params.flag("paid_out_of_band")
    params.done()
    if out_of_band:
        return stripe.run(payment.pay_out_of_band, object_id)
    result = stripe.run(payment.pay, object_id, card=method)
    if result.status in {"declined", "requires_action"}:
        # The API has no page for 3-D Secure, so a required action is an error too.
        raise card_error(result.code or "generic_decline")
    return stripe.read(lookup.retrieve, "invoice", object_id)


def create_preview(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    details = params.nested("subscription_details")
    items = tuple(map(item_parameters.read_item, details.each("items")))
    change = item_parameters.read_change(details, items)
    params.choice("preview_mode", "next")
    customer_id, subscription_id = params.text("customer"), params.text("subscription")
    if customer_id is None and subscription_id is None:
        raise invalid_parameter("customer")
    details.done()
    params.done()
    return stripe.preview(upcoming.create_preview, customer_id, subscription_id, change)


_FILTERS = {
    "status": "status",
    "subscription": "parent.subscription_details.subscription",
    "collection_method": "collection_method",
}
RESOURCES = (
    Resource(
        path="invoices",
        objects=StoredObjects("invoice", _FILTERS, of_customer=True),
        expandable={
            "invoice": {"confirmation_secret": _confirmation_secret, "payments": _payments}
        },
        create=create,
        update=update,
        actions={
            "finalize": finalize,
            "mark_uncollectible": action(invoices.mark_uncollectible),
            "pay": pay,
            "send": action(invoices.send),
            "void": action(invoices.void),
        },
        delete=deletion("invoice", invoices.delete),
    ),
    Resource(path="invoices/create_preview", create=create_preview),
    Resource(
        path="invoice_payments",
        objects=StoredObjects("invoice_payment", {"invoice": "invoice", "status": "status"}),
    ),
)
