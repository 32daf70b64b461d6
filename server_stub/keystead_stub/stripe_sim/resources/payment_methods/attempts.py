"""How an attempt to pay or to save a card ends while the person is present. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead_stub.stripe_sim.engine.errors import CardError
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import (
    Answer,
    error_code,
    sentence,
)
from keystead_stub.stripe_types.values import CheckoutSession, Invoice


class PaymentResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a payment on a hosted page.

    `saved` is a card saved with nothing to pay. `processing` is a bank debit whose outcome takes
    days. `requires_action` is 3-D Secure: ask the customer, then call again with
    `authenticate=True` or `False`. `declined` has Stripe's decline `code` and a `sentence` for
    the customer.
    """

    status: Literal["paid", "saved", "processing", "requires_action", "declined"]
    code: str | None = None
    sentence: str | None = None
    session: CheckoutSession | None = None
    invoice: Invoice | None = None


def outcome(answer: Answer, authenticate: bool | None) -> tuple[Answer, bool]:
    """Return how the attempt ends, and whether it ends because 3-D Secure failed."""
    if answer != "requires_action" or authenticate is None:
        return answer, False
    return ("paid", False) if authenticate else ("declined", True)


def declined(decline_code: str) -> PaymentResult:
    code = error_code(decline_code) if decline_code == "authentication_failed" else decline_code
    return PaymentResult(status="declined", code=code, sentence=sentence(decline_code))


def requires_action(
    *, session: CheckoutSession | None = None, invoice: Invoice | None = None
) -> PaymentResult:
    """Return the result that requires 3-D Secure."""
    code = "authentication_required"
    return PaymentResult(
        status="requires_action",
        code=code,
        sentence=sentence(code),
        session=session,
        invoice=invoice,
    )


def card_error(decline_code: str) -> CardError:
    """Return the API error of a declined card, for requests without a page."""
    return CardError(
        sentence(decline_code),
        code=error_code(decline_code),
        about={"decline_code": decline_code},
    )
