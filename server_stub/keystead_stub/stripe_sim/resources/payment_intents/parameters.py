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


def create(stripe: SimulatedStripe, params: Parameters, key: str | None) -> Document:
    amount = params.whole("amount")
    if amount is None:
        raise invalid_parameter("amount")
    capture: Any = params.choice("capture_method", "automatic", "automatic_async", "manual")
    usage: Any = params.choice("setup_future_usage", "off_session", "on_session")
    types = tuple(str(one) for one in params.list("payment_method_types"))
    if set(types) - set(METHOD_TYPES):
        raise invalid_parameter("payment_method_types")
    request = NewPaymentIntent(
        amount=amount,
        currency=params.required("currency").lower(),
        customer_id=params.text("customer"),
        description=params.text("description"),
        metadata=params.metadata(),
        method=params.text("payment_method"),
        confirm=params.flag("confirm") or False,
        off_session=params.flag("off_session") or False,
        # Stripe's default, unless the caller lists the payment methods.
        automatic_methods=_automatic(params, default=not types),
        method_types=types or METHOD_TYPES,
        # `automatic_async` only differs in how late Stripe reports fees.
        capture_method="manual" if capture == "manual" else "automatic",
        setup_future_usage=usage,
        receipt_email=params.text("receipt_email"),
        return_url=params.text("return_url"),
        idempotency_key=key,
    )
    params.done()
    return raise_if_declined(stripe.submit(payment_intents.create, request))


def _automatic(params: Parameters, *, default: bool) -> bool:
    automatic = params.nested("automatic_payment_methods")
    enabled = automatic.flag("enabled")
    automatic.choice("allow_redirects", "always", "never")
    automatic.done()
    return default if enabled is None else enabled


def confirm(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    request = Confirmation(
        method=params.text("payment_method"),
        off_session=params.flag("off_session") or False,
        return_url=params.text("return_url"),
        receipt_email=params.text("receipt_email"),
    )
    params.done()
    return raise_if_declined(stripe.run(confirmation.confirm, object_id, request))


def capture(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    amount = params.whole("amount_to_capture")
    params.done()
    return stripe.run(payment_intents.capture, object_id, amount=amount)


def cancel(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    reason = params.choice("cancellation_reason", *_CANCELLATION_REASONS)
    params.done()
    return stripe.run(payment_intents.cancel, object_id, reason=reason)


def update(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    fields = params.changes(
        "customer", "description", "payment_method", "receipt_email", "setup_future_usage"
    )
    if params.has("amount"):
        fields["amount"] = params.whole("amount")
    if params.has("currency"):
        fields["currency"] = params.required("currency").lower()
    params.done()
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
