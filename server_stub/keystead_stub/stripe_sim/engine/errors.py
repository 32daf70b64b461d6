"""Errors in the words of Stripe's API: https://docs.stripe.com/api/errors.

Messages, codes and parameters are Stripe's own as far as it has them, because developers search
for them. `illegal_transition` is the simulation's: Stripe has no single code for a wrong state.
"""

from __future__ import annotations

from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError

#: The longest part of a caller's own text that a message repeats.
_MAX_QUOTED = 100
#: Names of object kinds in Stripe's messages that differ from the `object` field.
_NAMES = {
    "billing.meter": "meter",
    "billing_portal.session": "billing portal session",
    "payment_method": "PaymentMethod",
    "promotion_code": "promotion code",
}


class CardError(StripeError):
    """A payment that the bank declined; `about` holds the error's other members.

    They are `decline_code`, and the `payment_intent` or `setup_intent` that was confirmed.
    """

    def __init__(self, sentence: str, *, code: str, about: Document) -> None:
        # Stripe answers a declined payment with 402 (https://docs.stripe.com/api/errors).
        super().__init__(sentence, code=code, status=402)
        self.about = about


def missing(kind: str, object_id: str) -> StripeError:
    """Return the error for an id that no object of this kind has."""
    message = f"No such {_NAMES.get(kind, kind)}: '{object_id[:_MAX_QUOTED]}'"
    return StripeError(message, code="resource_missing", status=404)


def invalid_request(
    message: str, code: str = "invalid_request", *, status: int = 400, param: str | None = None
) -> StripeError:
    return StripeError(message, code=code, status=status, param=param)


def invalid_state(message: str) -> StripeError:
    """Return the error for an object whose state does not allow the request."""
    return StripeError(message, code="illegal_transition", status=409)


def unknown_parameter(name: str) -> StripeError:
    message = f"Received unknown parameter: {name[:_MAX_QUOTED]}"
    return StripeError(message, code="parameter_unknown", param=name[:_MAX_QUOTED])


def missing_parameter(name: str) -> StripeError:
    return StripeError(f"Missing required param: {name}.", code="parameter_missing", param=name)


def invalid_parameter(name: str, message: str | None = None) -> StripeError:
    """Return the error for a parameter whose value has the wrong form or is not allowed."""
    return StripeError(message or f"Invalid {name}.", code="parameter_invalid", param=name)


def raise_if_declined(intent: Document) -> Document:
    """Return a payment or setup intent; raise CardError where its last attempt was declined.

    To be called outside of the transaction: the failed attempt stays on the intent.
    """
    kind = intent["object"]
    error = intent["last_payment_error" if kind == "payment_intent" else "last_setup_error"]
    # An intent that is retried keeps its last error, so the error alone does not mean that this
    # attempt failed.
    if error is not None and intent["status"] == "requires_payment_method":
        about = {**error, kind: intent}
        raise CardError(error["message"], code=error["code"], about=about)
    return intent
