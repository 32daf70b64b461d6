"""What one event changes: a customer's history and state, an account's customer. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from keystead_stub.billing.billing_history import BillingHistory, merge
from keystead_stub.billing.billing_state import BillingState, decide_state
from keystead_stub.billing.catalogue import Catalogue
from keystead_stub.billing.entitlements import ProductEntitlement
from keystead_stub.billing.event_facts import facts_of
from keystead_stub.billing.event_subject import Subject
from keystead_stub.billing.known_subscriptions import Products
from keystead_stub.billing.licensed_plans import entitlement_of
from keystead_stub.store.account_ids import Account
from keystead_stub.stripe_types.events import StripeEvent


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's history with what it comes to now."""

    history: BillingHistory
    state: BillingState
    entitlement: ProductEntitlement | None


#: Finds what is known of the products that a history names.
FindProducts = Callable[[BillingHistory], Products]


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What an event writes, all of it in one transaction.

    `links` becomes the customer's account by a word of `said_ms`; `completes` is the checkout
    session or payment link whose device is now the customer's.
    """

    customer_id: str
    standing: Standing
    links: Account | None
    completes: str | None
    said_ms: int


def plan_intake(
    customer_id: str,
    subject: Subject,
    history: BillingHistory,
    event: StripeEvent,
    *,
    is_new: bool,
    catalogue: Catalogue,
    products: FindProducts,
) -> Intake:
    """Move the customer's history on by the event, and decide what follows from it.

    An event that is not new is in the history already; the first event of an id stands.
    """
    moved_on = merge(history, facts_of(event)) if is_new else history
    return Intake(
        customer_id=customer_id,
        standing=standing_of(customer_id, moved_on, catalogue, products),
        links=subject.account,
        completes=subject.checkout_id,
        said_ms=event.created_ms,
    )


def standing_of(
    customer_id: str, history: BillingHistory, catalogue: Catalogue, products: FindProducts
) -> Standing:
    """Decide what the history comes to, with what is for sale and known now."""
    state = decide_state(customer_id, history, catalogue.price_ids, products(history))
    return Standing(history=history, state=state, entitlement=entitlement_of(catalogue, state))
