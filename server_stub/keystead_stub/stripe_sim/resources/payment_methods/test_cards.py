"""Stripe's test payment methods and what each of them does. Pure.

Numbers, names and decline codes are Stripe's (https://docs.stripe.com/testing). Two things are
made reachable that a test account shows only slowly or not at all: 4000 0000 0000 0341 pays the
first invoice and fails on every renewal, and a bank debit is known after three minutes.
"""

from __future__ import annotations

from typing import Literal

import msgspec

#: How an attempt to pay ends: at once, only after the person confirmed it, later, or never.
Answer = Literal["paid", "requires_action", "processing", "declined"]


class TestCard(msgspec.Struct, frozen=True, kw_only=True):
    """One payment method of the test world.

    `at_checkout` is the answer while the person is there, `later` the answer to a charge without
    them; `decline_code` is Stripe's code wherever an answer is `declined`.
    """

    #: Not a test, whatever pytest thinks of the name.
    __test__ = False

    number: str
    names: tuple[str, ...]
    brand: str = "visa"
    at_checkout: Answer = "paid"
    later: Answer = "paid"
    decline_code: str = "generic_decline"

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def is_debit(self) -> bool:
        return self.brand == "sepa_debit"


CARDS = (
    TestCard(number="4242424242424242", names=("pm_card_visa",)),
    TestCard(number="5555555555554444", names=("pm_card_mastercard",), brand="mastercard"),
    TestCard(number="378282246310005", names=("pm_card_amex",), brand="amex"),
    TestCard(
        number="4000000000000002",
        names=("pm_card_visa_chargeDeclined", "pm_card_chargeDeclined"),
        at_checkout="declined",
        later="declined",
    ),
    TestCard(
        number="4000000000009995",
        names=("pm_card_visa_chargeDeclinedInsufficientFunds",),
        at_checkout="declined",
        later="declined",
        decline_code="insufficient_funds",
    ),
    TestCard(
        number="4000000000009987",
        names=("pm_card_visa_chargeDeclinedLostCard",),
        at_checkout="declined",
        later="declined",
        decline_code="lost_card",
    ),
    TestCard(
        number="4000000000009979",
        names=("pm_card_visa_chargeDeclinedStolenCard",),
        at_checkout="declined",
        later="declined",
        decline_code="stolen_card",
    ),
    TestCard(
        number="4000000000000069",
        names=("pm_card_chargeDeclinedExpiredCard",),
        at_checkout="declined",
        later="declined",
        decline_code="expired_card",
    ),
    TestCard(
        number="4000000000000127",
        names=("pm_card_chargeDeclinedIncorrectCvc",),
        at_checkout="declined",
        later="declined",
        decline_code="incorrect_cvc",
    ),
    TestCard(
        number="4000000000000119",
        names=("pm_card_chargeDeclinedProcessingError",),
        at_checkout="declined",
        later="declined",
        decline_code="processing_error",
    ),
    TestCard(
        number="4000002500003155",
        names=("pm_card_authenticationRequiredOnSetup",),
        at_checkout="requires_action",
        decline_code="authentication_required",
    ),
    TestCard(
        number="4000000000003220",
        names=("pm_card_threeDSecure2Required",),
        at_checkout="requires_action",
        later="requires_action",
        decline_code="authentication_required",
    ),
    TestCard(
        number="4000002760003184",
        names=("pm_card_authenticationRequired",),
        at_checkout="requires_action",
        later="requires_action",
        decline_code="authentication_required",
    ),
    TestCard(
        number="4000000000000341",
        names=("pm_card_chargeCustomerFail",),
        later="declined",
    ),
    TestCard(
        number="DE89370400440532013000",
        names=("sepa_debit",),
        brand="sepa_debit",
        at_checkout="processing",
    ),
    TestCard(
        number="DE62370400440532013001",
        names=("sepa_debit_fails",),
        brand="sepa_debit",
        at_checkout="processing",
        later="declined",
        decline_code="insufficient_funds",
    ),
)

#: Declines whose code in an error is the code itself; all others come as `card_declined`.
_OWN_CODES = frozenset({"expired_card", "incorrect_cvc", "processing_error", "incorrect_number"})

_SENTENCES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card’s security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a moment.",
    "incorrect_number": "Your card number is incorrect.",
    "no_card": "There is no card on file. Add one, and pay again.",
    "authentication_required": "Your bank asks you to confirm this payment.",
    "authentication_failed": "We could not confirm this payment with your bank. "
    "Choose another payment method and try again.",
}

_BY_NAME = {name: card for card in CARDS for name in (card.number, *card.names)}


def find_card(text: str) -> TestCard | None:
    """Return the test card with this number, with or without blanks, or with this name."""
    return _BY_NAME.get(text.strip()) or _BY_NAME.get(
        "".join(text.split()).replace("-", "").upper()
    )


def error_code(decline_code: str) -> str:
    """Return the error code that a decline comes under."""
    if decline_code.startswith("authentication"):
        return "authentication_required"
    return decline_code if decline_code in _OWN_CODES else "card_declined"


def sentence(decline_code: str) -> str:
    """Return the message for the customer."""
    return _SENTENCES.get(decline_code, _SENTENCES["generic_decline"])
