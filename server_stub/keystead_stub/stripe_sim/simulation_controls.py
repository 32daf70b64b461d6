"""The world around simulated Stripe; a real Stripe has its own.

What a person does on a hosted page, what a bank answers, what happens later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, Self

from keystead_stub.stripe_sim.engine.webhook_values import Endpoint, Event
from keystead_stub.stripe_sim.hosted_payments import PaymentResult
from keystead_stub.stripe_sim.resources.accounts.shape import OpenedAccount
from keystead_stub.stripe_sim.resources.coupons.requests import (
    CheckoutTerms,
    Discounted,
    NewChange,
    NewCoupon,
    NewPromotionCode,
    Preview,
    PromotionCode,
)
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.values import (
    Card,
    CheckoutSession,
    Customer,
    Invoice,
    PortalSession,
    Subscription,
)


class StripeControls(Protocol):
    """See the module.

    Plain synchronous calls, each one transaction of its own: never call one while holding a
    transaction on the same database. Each raises `StripeError` and then has changed nothing.
    Webhooks of what happened are delivered by the courier, not by these calls.
    """

    @property
    def account_id(self) -> str:
        """Return which account this acts in."""
        ...

    def open_account(self, name: str) -> OpenedAccount:
        """Connect a new account to the platform, stocked with what connected accounts sell."""
        ...

    def holding(self, kind: str, object_id: str) -> Self:
        """Return the same acting in the account that has an object or event of this id.

        What several have is this account's own, if it has it; what nobody has is nobody's here.
        """
        ...

    def get_checkout(self, session_id: str) -> CheckoutSession: ...

    def complete_checkout(
        self,
        session_id: str,
        *,
        card: str | None = "4242424242424242",
        email: str | None = None,
        authenticate: bool | None = None,
    ) -> PaymentResult:
        """Pay as the person on the hosted page would.

        `card` is a test card's number with or without blanks, a `pm_card_…` name, or
        `sepa_debit`. `authenticate` is the person's answer to 3-D Secure, null before it is
        asked for. No card is for sessions that need none.
        """
        ...

    def checkout_terms(self, session_id: str) -> CheckoutTerms: ...

    def apply_promotion_code(self, session_id: str, code: str) -> CheckoutSession:
        """Apply a code as typed on the hosted page.

        Raises StripeRefused (`resource_missing`, `coupon_expired`, `invalid_request`); the page
        shows its message.
        """
        ...

    def remove_promotion_code(self, session_id: str) -> CheckoutSession: ...

    def expire_checkout(self, session_id: str) -> CheckoutSession: ...

    def get_portal(self, session_id: str) -> PortalSession:
        """Return a live portal session; `resource_missing` once it has expired."""
        ...

    def get_invoice(self, invoice_id: str) -> Invoice: ...

    def invoices(self, customer_id: str) -> tuple[Invoice, ...]: ...

    def pay_invoice(
        self, invoice_id: str, *, card: str | None = None, authenticate: bool | None = None
    ) -> PaymentResult:
        """Pay an open invoice, with a new card or with the one on file."""
        ...

    def pay_intent(
        self, intent_id: str, *, card: str | None = None, authenticate: bool | None = None
    ) -> PaymentResult:
        """Pay a payment intent that no checkout and no invoice asks for."""
        ...

    def return_url_of_payment(self, intent_id: str) -> str | None: ...

    def cancel(self, customer_id: str, *, at_period_end: bool = True) -> Subscription: ...

    def resume(self, customer_id: str) -> Subscription:
        """Take back a cancellation at period end, or end a pause."""
        ...

    def pause(
        self, customer_id: str, *, behavior: Literal["status", "collection"] = "status"
    ) -> Subscription:
        """Pause: `status` makes it `paused`; `collection` only stops taking money."""
        ...

    def refund(self, customer_id: str, *, amount: int | None = None) -> Document:
        """Refund the newest paid charge (whole unless `amount`); return the charge."""
        ...

    def dispute(self, customer_id: str, *, reason: str = "fraudulent") -> Document:
        """Let the bank take back the newest paid charge; return the dispute."""
        ...

    def create_coupon(self, request: NewCoupon) -> Document: ...

    def create_promotion_code(self, request: NewPromotionCode) -> Document: ...

    def delete_coupon(self, coupon_id: str) -> None:
        """Let a coupon be redeemed no more; discounts that it gave go on."""
        ...

    def promotion_codes(self) -> tuple[PromotionCode, ...]: ...

    def discount(self, customer_id: str, code: str) -> Document:
        """Give the subscription a code's discount from its next invoice on; return that."""
        ...

    def remove_discount(self, customer_id: str) -> None: ...

    def discounts_of_customer(self, customer_id: str) -> tuple[Discounted, ...]:
        """Return the discounts of the customer's subscription; `amount` is 0."""
        ...

    def discounts_of_invoice(self, invoice_id: str) -> tuple[Discounted, ...]: ...

    def close_dispute(self, customer_id: str, *, won: bool) -> Document:
        """Let the bank decide the newest open dispute; return the dispute."""
        ...

    def balance(self) -> Document:
        """Return the account's balance, available and pending, as Stripe's object."""
        ...

    def payouts(self) -> tuple[Document, ...]:
        """Return the payouts, newest first."""
        ...

    def transactions_of_payout(self, payout_id: str) -> tuple[Document, ...]:
        """Return the balance transactions that a payout took to the bank, its own apart."""
        ...

    def fail_next_payout(self) -> None:
        """Let the bank send the next payout back."""
        ...

    def fail_next_payment(self, customer_id: str) -> None:
        """Let the next renewal (and its retries, until the card is changed) be declined."""
        ...

    def save_card(
        self, customer_id: str, card: str, *, authenticate: bool | None = None
    ) -> PaymentResult:
        """Save a card on the portal's page as a person would; the bank may ask them first."""
        ...

    def update_card(self, customer_id: str, card: str) -> Card: ...

    def update_subscription(self, customer_id: str, change: NewChange) -> Subscription:
        """Change seats, price or billing day at once, prorated to the second."""
        ...

    def preview_change(self, customer_id: str, change: NewChange) -> Preview:
        """Return what a change would do, without asking the card."""
        ...

    def delete_customer(self, customer_id: str) -> None: ...

    def get_customer(self, customer_id: str) -> Customer: ...

    def customers(self) -> tuple[Customer, ...]: ...

    def subscription(self, customer_id: str) -> Subscription | None: ...

    def events(
        self, *, customer_id: str | None = None, limit: int = 100, all_accounts: bool = False
    ) -> tuple[Event, ...]:
        """Return the newest events first."""
        ...

    def event(self, event_id: str) -> Event: ...

    def redeliver(self, event_id: str) -> Event:
        """Make an event due again now, at each endpoint."""
        ...

    def trigger(self, event_type: str, *, customer_id: str | None = None) -> Event:
        """Make an example event of this type, by really doing what causes it where possible."""
        ...

    def register_endpoint(
        self, url: str, secrets: Sequence[str], enabled_events: Sequence[str] = ("*",)
    ) -> Endpoint:
        """Register the URL, or give the one with this URL these secrets."""
        ...

    def reset(self) -> None:
        """Forget everything but the endpoints and the catalogue; the clock goes to real time."""
        ...
