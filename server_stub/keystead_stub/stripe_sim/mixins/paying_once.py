"""Payments and refunds of one's own, as the account's transactions."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import idempotency, records
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.hosted_payments import PaymentResult
from keystead_stub.stripe_sim.resources.payment_intents import confirmation
from keystead_stub.stripe_sim.resources.payment_intents import operations as intents
from keystead_stub.stripe_sim.resources.payment_intents.requests import (
    Confirmation,
    NewPayment,
    PaymentRefused,
)
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import (
    error_code,
    find_card,
    sentence,
)
from keystead_stub.stripe_types.api import Document


class PayingOnce(Account):
    """Payment intents. What a bank declines stays told on the intent, and is raised as well."""

    def create_payment(self, request: NewPayment) -> Document:
        """Make a payment intent; raises PaymentRefused where it is confirmed and declined."""
        with self.writing() as work:
            key = request.idempotency_key
            intent = idempotency.once(work, key, request, lambda: intents.create(work, request))
        _raise_if_declined(intent)
        return intent

    def confirm_payment(self, intent_id: str, wish: Confirmation) -> Document:
        """Try to take the money; raises PaymentRefused where it is declined."""
        with self.writing() as work:
            intent = work.get(intents.KIND, intent_id)
            confirmation.confirm(work, intent, wish)
        _raise_if_declined(intent)
        return intent

    def pay_intent(
        self, intent_id: str, *, card: str | None = None, authenticate: bool | None = None
    ) -> PaymentResult:
        """Pay an intent as a person at a page would, or answer their bank's question."""
        if card is not None and find_card(card) is None:
            return _declined("incorrect_number")
        with self.writing() as work:
            intent = work.get(intents.KIND, intent_id)
            confirmation.confirm(work, intent, Confirmation(method=card), authenticate=authenticate)
        if intent["status"] == "requires_action":
            code = "authentication_required"
            return PaymentResult(status="requires_action", code=code, sentence=sentence(code))
        if error := intent["last_payment_error"]:
            return _declined(error["decline_code"])
        return PaymentResult(status="processing" if intent["status"] == "processing" else "paid")

    def return_url_of_payment(self, intent_id: str) -> str | None:
        """Return where a person goes on to after they have paid an intent, if that was said."""
        with self.reading() as connection:
            found: str | None = records.get(connection, intents.KIND, intent_id)[1].get(
                "return_url"
            )
        return found

    def capture_payment(self, intent_id: str, *, amount: int | None = None) -> Document:
        with self.writing() as work:
            intent = work.get(intents.KIND, intent_id)
            intents.capture(work, intent, amount)
        return intent

    def cancel_payment(self, intent_id: str, *, reason: str | None = None) -> Document:
        with self.writing() as work:
            intent = work.get(intents.KIND, intent_id)
            intents.cancel(work, intent, reason)
        return intent

    def update_payment(self, intent_id: str, fields: dict[str, Any]) -> Document:
        """Set fields of an intent; `metadata` is added to what there is."""
        with self.writing() as work:
            intent = work.get(intents.KIND, intent_id)
            intents.update(work, intent, fields)
        return intent


def _raise_if_declined(intent: Json) -> None:
    error: Json | None = intent["last_payment_error"]
    if error is not None and intent["status"] == "requires_payment_method":
        about = {**error, "payment_intent": intent}
        raise PaymentRefused(error["message"], code=error["code"], about=about)


def _declined(decline_code: str) -> PaymentResult:
    code = error_code(decline_code) if decline_code == "authentication_failed" else decline_code
    return PaymentResult(status="declined", code=code, sentence=sentence(decline_code))
