"""Payment methods and setup intents, as the account's transactions."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import idempotency, records
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.hosted_payments import PaymentResult
from keystead_stub.stripe_sim.resources.payment_intents.requests import NewSetup, PaymentRefused
from keystead_stub.stripe_sim.resources.payment_methods import operations as methods
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import error_code, sentence
from keystead_stub.stripe_sim.resources.setup_intents import operations as setting_up
from keystead_stub.stripe_sim.resources.setup_intents.operations import Wish
from keystead_stub.stripe_types.api import Document


class Saving(Account):
    """How customers will pay. What a bank declines stays told, and is raised as well."""

    def create_method(self, card: str, *, email: str | None = None) -> Document:
        """Make a payment method of a test card, nobody's yet; raises StripeError for others."""
        with self.writing() as work:
            return methods.keep(work, methods.card_named(card), customer_id=None, email=email)

    def attach_method(self, method: str, customer_id: str) -> Document:
        """Let a customer have a payment method, by its id or a test card's name."""
        with self.writing() as work:
            return setting_up.attach(work, method, customer_id)

    def detach_method(self, method_id: str) -> Document:
        with self.writing() as work:
            return setting_up.detach(work, method_id)

    def create_setup(self, request: NewSetup) -> Document:
        """Make a setup intent; raises PaymentRefused where it is confirmed and declined."""
        with self.writing() as work:
            key = request.idempotency_key
            intent = idempotency.once(work, key, request, lambda: setting_up.create(work, request))
        _raise_if_declined(intent)
        return intent

    def confirm_setup(
        self, intent_id: str, *, method: str | None = None, return_url: str | None = None
    ) -> Document:
        """Set the method up; raises PaymentRefused where the bank declines it."""
        with self.writing() as work:
            intent = work.get(setting_up.KIND, intent_id)
            setting_up.confirm(work, intent, Wish(method=method, return_url=return_url))
        _raise_if_declined(intent)
        return intent

    def answer_setup(self, intent_id: str, *, authenticate: bool) -> PaymentResult:
        """Answer the bank's question about a setup intent, as its person."""
        with self.writing() as work:
            intent = work.get(setting_up.KIND, intent_id)
            setting_up.confirm(work, intent, Wish(authenticate=authenticate))
        if intent["status"] == "succeeded":
            return PaymentResult(status="saved")
        code = intent["last_setup_error"]["decline_code"]
        return PaymentResult(status="declined", code=error_code(code), sentence=sentence(code))

    def cancel_setup(self, intent_id: str, *, reason: str | None = None) -> Document:
        with self.writing() as work:
            intent = work.get(setting_up.KIND, intent_id)
            setting_up.cancel(work, intent, reason)
        return intent

    def return_url_of_setup(self, intent_id: str) -> str | None:
        """Return where a person goes on to from the bank's question, if that was said."""
        with self.reading() as rows:
            private = records.get(rows, setting_up.KIND, intent_id)[1]
        found: str | None = private.get("return_url")
        return found


def _raise_if_declined(intent: Json) -> None:
    error: Json | None = intent["last_setup_error"]
    if error is not None and intent["status"] == "requires_payment_method":
        raise PaymentRefused(
            error["message"], code=error["code"], about={**error, "setup_intent": intent}
        )
