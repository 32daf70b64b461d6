"""Errors of the simulated API."""

from __future__ import annotations

from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError


def invalid_state(message: str) -> StripeError:
    """Return the error for an object whose state does not allow the request."""
    return StripeError(message, code="illegal_transition", status=409)


def invalid_request(
    sentence: str, code: str = "invalid_request", *, status: int = 400
) -> StripeError:
    return StripeError(sentence, code=code, status=status)


def raise_if_declined(intent: Document) -> Document:
    """Return a payment or setup intent; raise PaymentRefused where its last attempt was declined.

    To be called outside of the transaction: the failed attempt stays on the intent.
    """
    kind = intent["object"]
    error = intent["last_payment_error" if kind == "payment_intent" else "last_setup_error"]
    if error is not None and intent["status"] == "requires_payment_method":
        about = {**error, kind: intent}
        raise CardError(error["message"], code=error["code"], about=about)
    return intent


class CardError(StripeError):
    """A bank said no; `about` is what Stripe's error tells beside its code (`payment_intent`…)."""

    def __init__(self, sentence: str, *, code: str, about: Document) -> None:
        super().__init__(sentence, code=code, status=402)
        self.about = about
