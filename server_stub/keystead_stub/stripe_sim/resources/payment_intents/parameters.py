"""Payment intents in the REST API: https://docs.stripe.com/api/payment_intents."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.errors import invalid_parameter, raise_if_declined
from keystead_stub.stripe_sim.resources.payment_intents import confirmation
from keystead_stub.stripe_sim.resources.payment_intents import operations as payment_intents
from keystead_stub.stripe_sim.resources.payment_intents.requests import (
    Confirmation,
    NewPaymentIntent,
)
from keystead_stub.stripe_sim.resources.payment_methods.shape import METHOD_TYPES
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.resource import Resource, StoredObjects
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document

_CANCELLATION_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")


def create(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    amount = given.whole("amount")
    if amount is None:
        raise invalid_parameter("amount")
    capture: Any = given.choice("capture_method", "automatic", "automatic_async", "manual")
    usage: Any = given.choice("setup_future_usage", "off_session", "on_session")
    types = tuple(str(one) for one in given.list("payment_method_types"))
    if set(types) - set(METHOD_TYPES):
        raise invalid_parameter("payment_method_types")
    request = NewPaymentIntent(
        amount=amount,
        currency=given.required("currency").lower(),
        customer_id=given.text("customer"),
        description=given.text("description"),
        metadata=given.metadata(),
        method=given.text("payment_method"),
        confirm=given.flag("confirm") or False,
        off_session=given.flag("off_session") or False,
        automatic_methods=_automatic(given, default=not types),
        method_types=types or METHOD_TYPES,
        capture_method="manual" if capture == "manual" else "automatic",
        setup_future_usage=usage,
        receipt_email=given.text("receipt_email"),
        return_url=given.text("return_url"),
        idempotency_key=key,
    )
    given.done()
    return raise_if_declined(stripe.submit(payment_intents.create, request))


def _automatic(given: Parameters, *, default: bool) -> bool:
    wish = given.nested("automatic_payment_methods")
    enabled = wish.flag("enabled")
    wish.choice("allow_redirects", "always", "never")
    wish.done()
    return default if enabled is None else enabled


def confirm(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    wish = Confirmation(
        method=given.text("payment_method"),
        off_session=given.flag("off_session") or False,
        return_url=given.text("return_url"),
        receipt_email=given.text("receipt_email"),
    )
    given.done()
    return raise_if_declined(stripe.run(confirmation.confirm, object_id, wish))


def capture(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    amount = given.whole("amount_to_capture")
    given.done()
    return stripe.run(payment_intents.capture, object_id, amount=amount)


def cancel(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    reason = given.choice("cancellation_reason", *_CANCELLATION_REASONS)
    given.done()
    return stripe.run(payment_intents.cancel, object_id, reason=reason)


def update(stripe: SimulatedStripe, object_id: str, given: Parameters) -> Document:
    fields = given.changes(
        "customer", "description", "payment_method", "receipt_email", "setup_future_usage"
    )
    if given.has("amount"):
        fields["amount"] = given.whole("amount")
    if given.has("currency"):
        fields["currency"] = given.required("currency").lower()
    given.done()
    return stripe.run(payment_intents.update, object_id, fields)


RESOURCES = (
    Resource(
        path="payment_intents",
        objects=StoredObjects("payment_intent", of_customer=True),
        create=create,
        update=update,
        actions={"cancel": cancel, "capture": capture, "confirm": confirm},
    ),
)
