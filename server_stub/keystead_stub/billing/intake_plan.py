"""Plan what one event changes: a customer's history and state, an account's customer. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from keystead_stub.billing.billing_history import BillingHistory, merge
from keystead_stub.billing.billing_state import BillingState, decide_state
from keystead_stub.billing.catalogue import Catalogue
from keystead_stub.billing.entitlements import ProductEntitlement
from keystead_stub.billing.event_facts import facts_of
from keystead_stub.billing.event_subject import Subject
from keystead_stub.billing.known_subscriptions import NO_PRICE, Products
from keystead_stub.billing.licensed_plans import entitlement_of, offer_of
from keystead_stub.store.account_ids import Account
from keystead_stub.stripe_types.events import StripeEvent


class CustomerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's history, with the state and the entitlement that are decided from it."""

    history: BillingHistory
    state: BillingState
    entitlement: ProductEntitlement | None


#: Finds what is known of the products that a history names.
FindProducts = Callable[[BillingHistory], Products]


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an event changes, to be written in one transaction.

    `link` is the account to link to the customer. `completed_checkout` is the checkout session or
    payment link whose device is to be bound. `event_ms` is when the event was created.
    """

    customer_id: str
    record: CustomerRecord
    link: Account | None
    completed_checkout: str | None
    event_ms: int


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
    """Merge the event into the customer's history, and decide what changes with it.

    An event that is not new is in the history already; of two events with one id the first counts.
    """
    merged = merge(history, facts_of(event)) if is_new else history
    return Intake(
        customer_id=customer_id,
        record=decide_record(customer_id, merged, catalogue, products),
        link=subject.account,
        completed_checkout=subject.checkout_id,
        event_ms=event.created_ms,
    )


def decide_record(
    customer_id: str, history: BillingHistory, catalogue: Catalogue, products: FindProducts
) -> CustomerRecord:
    """Decide state and entitlement by the present catalogue and the known products."""
    # At a connected account every price may sell a license: of the platform's it has none.
    offer = offer_of(catalogue) if history.account is None else NO_PRICE
    state = decide_state(customer_id, history, offer, products(history))
    return CustomerRecord(
        history=history, state=state, entitlement=entitlement_of(catalogue, state)
    )
