"""Identify whom an event concerns: customer, account, and the checkout it completes. Pure.

The look-ups in the store are passed in; each question is asked once for an event.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from keystead_stub.billing.account_metadata import account_of
from keystead_stub.store.account_ids import Account, own_shop
from keystead_stub.stripe_types.events import StripeEvent, customer_of, text, within
from keystead_stub.stripe_types.object_shapes import payments_of_invoice, subscription_of_invoice

#: The billing API whose callers are devices and have no accounts.
NATIVE = "nyra"

_COMPLETED = "checkout.session.completed"
_INVOICE_PAID = ("invoice.paid", "invoice.payment_succeeded")
#: Where an object names another one, or itself.
_REFERENCES = ("charge", "payment_intent", "invoice", "subscription", "id")
#: Begins the id of a customer whom Stripe has not named yet.
_STAND_IN = "account:"
#: Events without a customer of their own, about an object whose customer may not be known yet.
#: Other events without a customer need no customer at all.
_NEEDS_CUSTOMER = ("charge.dispute.", "charge.refund.", "refund.", "invoice_payment.")
_OF_PAYMENTS = ("charge.", "payment_intent.", "refund.")
#: Where an object names a charge or payment intent; `latest_charge` is an intent's.
_PAYMENTS = ("charge", "payment_intent", "latest_charge")


class Lookups(Protocol):
    """What is known before the event."""

    def customer_of_object(self, object_id: str) -> str | None:
        """The customer of an object that an earlier event was about."""

    def customer_of_account(self, account: Account) -> str | None:
        """The customer at Stripe who pays for the account."""

    def account_of_merchant(self, stripe_account_id: str) -> Account | None:
        """The account that sells on this connected Stripe account."""

    def link_of_invoice(self, invoice_id: str) -> str | None:
        """The payment link that the invoice was made for."""

    def is_guests(self, stripe_account_id: str | None, payment_id: str) -> bool:
        """Whether a charge or payment intent, null for the platform's own, has no customer."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whom and what an event concerns; null where it concerns none.

    `account` is the account that the event names and may speak for. `checkout_id` is the checkout
    session or payment link that it completes.
    """

    customer_id: str | None
    account: Account | None = None
    checkout_id: str | None = None


def identify(event: StripeEvent, lookups: Lookups, api: str) -> Subject:
    """Find whom the event concerns; `api` is the billing API whose webhook it came to.

    An event without a customer belongs to the customer of an object that it refers to: a dispute
    names the charge or payment, an invoice's payment the invoice, an invoice its subscription.
    Else it belongs to the customer of the account that its metadata names or, until Stripe names
    one, to a stand-in for that customer.
    """
    account = _account(event, lookups, api)
    customer_id = customer_of(event) or _customer_of_references(event, lookups)
    if customer_id is None and account is not None:
        customer_id = lookups.customer_of_account(account) or _stand_in(account)
    return Subject(
        customer_id=customer_id, account=account, checkout_id=_completed_checkout(event, lookups)
    )


def must_wait(event: StripeEvent, lookups: Lookups) -> bool:
    """Whether an event without a known customer has to be delivered again later."""
    if not event.type.startswith(_NEEDS_CUSTOMER):
        return False
    return not any(lookups.is_guests(event.account, one) for one in payments_named(event))


def payments_named(event: StripeEvent) -> frozenset[str]:
    """The charges and payment intents that an event of any kind is about."""
    body = event.object
    named = [text(body.get(name)) for name in _PAYMENTS]
    named += [text(within(body, "payment", name)) for name in _PAYMENTS]
    if body.get("object") in {"charge", "payment_intent"}:
        named.append(text(body.get("id")))
    return frozenset((*filter(None, named), *payments_of_invoice(body)))


def keeps_unclaimed(event: StripeEvent) -> bool:
    """Whether an event of nobody is kept, in case that its payment is a customer's after all."""
    return event.account is None and event.type.startswith(_OF_PAYMENTS)


def _account(event: StripeEvent, lookups: Lookups, api: str) -> Account | None:
    """The account that the event's metadata names, where the sender may speak for it.

    Metadata is whatever the owner of a Stripe account writes: a merchant speaks for no account
    but their own, and for that one only as a buyer in its own shop.
    """
    account = account_of(event, api)
    if account is None or event.account is None:
        return account
    return own_shop(account) if lookups.account_of_merchant(event.account) == account else None


def _customer_of_references(event: StripeEvent, lookups: Lookups) -> str | None:
    named = (text(event.object.get(name)) for name in _REFERENCES)
    for object_id in (*named, subscription_of_invoice(event.object)):
        if object_id is not None and (found := lookups.customer_of_object(object_id)):
            return found
    return None


def _stand_in(account: Account) -> str:
    return f"{_STAND_IN}{account.api}:{account.account_id}"


def stripe_customer_of(customer_id: str) -> str | None:
    """Return the id of the customer at Stripe, null for a stand-in."""
    return None if customer_id.startswith(_STAND_IN) else customer_id


def _completed_checkout(event: StripeEvent, lookups: Lookups) -> str | None:
    object_id = text(event.object.get("id"))
    if object_id is None or event.type == _COMPLETED:
        return object_id
    return lookups.link_of_invoice(object_id) if event.type in _INVOICE_PAID else None
