"""Invoices and subscriptions, as the account's transactions."""

from __future__ import annotations

from typing import Any, Literal

from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine import idempotency, records
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.objects import merged
from keystead_stub.stripe_sim.engine.unit_of_work import missing
from keystead_stub.stripe_sim.hosted_payments import PaymentResult
from keystead_stub.stripe_sim.resources.coupons.requests import NewChange, Preview
from keystead_stub.stripe_sim.resources.products.requests import NewSubscription
from keystead_stub.stripe_sim.resources.subscriptions import create, lifecycle, update
from keystead_stub.stripe_sim.resources.subscriptions import preview as previews
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.values import Card, Invoice, Subscription


class _Seen(Exception):
    """Carries a preview out of a transaction that is taken back."""

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self.preview = preview


class Billing(Account):
    """What happens to a customer once they have bought."""

    # Invoices

    def get_invoice(self, invoice_id: str) -> Invoice:
        with self.reading() as rows:
            return views.invoice(records.get(rows, "invoice", invoice_id)[0])

    def invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        with self.reading() as rows:
            found = records.objects(rows, "invoice", customer_id)
        return tuple(views.invoice(document) for document, _ in reversed(found))

    def pay_invoice(
        self, invoice_id: str, *, card: str | None = None, authenticate: bool | None = None
    ) -> PaymentResult:
        with self.writing() as work:
            return hosted_payments.pay_invoice(
                work, invoice_id, card=card, authenticate=authenticate
            )

    # Subscriptions

    def _seen(self, document: Document) -> Subscription:
        return views.subscription(document, self.rules.seed.price_ids)

    def subscription(self, customer_id: str) -> Subscription | None:
        with self.reading() as rows:
            found = records.objects(rows, "subscription", customer_id)
        newest = lifecycle.newest_living(document for document, _ in found)
        return None if newest is None else self._seen(newest)

    def subscribe(self, request: NewSubscription) -> Document:
        with self.writing() as work:
            return idempotency.once(
                work,
                request.idempotency_key,
                request,
                lambda: create.subscribe(work, request),
            )

    def describe_subscription(self, subscription_id: str, fields: dict[str, Any]) -> None:
        """Set what only describes a subscription; `metadata` is added to what there is."""
        with self.writing() as work:
            subscription = work.get("subscription", subscription_id)
            work.change(subscription, lifecycle.UPDATED, **merged(subscription, fields))

    def subscription_of_item(self, item_id: str) -> Document:
        """Return the subscription that has the item; raises StripeError where none has."""
        with self.reading() as rows:
            for document, _ in records.objects(rows, "subscription"):
                if any(one["id"] == item_id for one in document["items"]["data"]):
                    return document
        raise missing("subscription_item")

    def cancel(
        self,
        customer_id: str,
        *,
        at_period_end: bool = True,
        subscription_id: str | None = None,
        invoice_now: bool = False,
    ) -> Subscription:
        """Cancel, with the last usage billed at the period's end, or `invoice_now`."""
        with self.writing() as work:
            changed = customer_controls.cancel(
                work,
                customer_id,
                at_period_end=at_period_end,
                subscription_id=subscription_id,
                invoice_now=invoice_now,
            )
        return self._seen(changed)

    def resume(self, customer_id: str, *, subscription_id: str | None = None) -> Subscription:
        with self.writing() as work:
            changed = customer_controls.resume(work, customer_id, subscription_id=subscription_id)
        return self._seen(changed)

    def pause(
        self,
        customer_id: str,
        *,
        behavior: Literal["status", "collection"] = "status",
        subscription_id: str | None = None,
    ) -> Subscription:
        with self.writing() as work:
            changed = customer_controls.pause(
                work, customer_id, behavior=behavior, subscription_id=subscription_id
            )
        return self._seen(changed)

    def fail_next_payment(self, customer_id: str) -> None:
        with self.writing() as work:
            customer_controls.fail_next_payment(work, customer_id)

    def save_card(
        self, customer_id: str, card: str, *, authenticate: bool | None = None
    ) -> PaymentResult:
        with self.writing() as work:
            return hosted_payments.save_card(work, customer_id, card, authenticate=authenticate)

    def update_card(self, customer_id: str, card: str) -> Card:
        with self.writing() as work:
            return views.card(customer_controls.update_card(work, customer_id, card))

    def update_subscription(
        self, customer_id: str, change: NewChange, *, subscription_id: str | None = None
    ) -> Subscription:
        with self.writing() as work:
            subscription = customer_controls.subscription_of(work, customer_id, subscription_id)
            update.update_subscription(work, subscription, change)
        return self._seen(subscription)

    def preview_change(
        self, customer_id: str, change: NewChange, *, subscription_id: str | None = None
    ) -> Preview:
        """Make the change, look at it, and leave everything as it was."""
        try:
            with self.writing() as work:
                subscription = customer_controls.subscription_of(work, customer_id, subscription_id)
                outcome = update.update_subscription(work, subscription, change, collect=False)
                raise _Seen(previews.preview(work, outcome))
        except _Seen as seen:
            return seen.preview

    def delete_customer(self, customer_id: str) -> None:
        with self.writing() as work:
            customer_controls.delete_customer(work, customer_id)
