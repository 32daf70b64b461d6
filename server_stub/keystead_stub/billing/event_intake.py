"""Taking in what Stripe says: keep the event, fold the customer's set, write the outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from keystead.instants import to_seconds
from keystead.wire.mission_control import PLAN_OF_NAME
from keystead_stub.billing.account_metadata import account_of
from keystead_stub.billing.billing_history import products_of
from keystead_stub.billing.billing_state import BillingState, fold
from keystead_stub.billing.catalogue import Plan
from keystead_stub.billing.devices import Claim, bind
from keystead_stub.billing.entitlements import Entitles, sold_as
from keystead_stub.billing.licensing import Terms
from keystead_stub.billing_apis.dashclicks.merchants import API as MERCHANTS
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import (
    accounts,
    customers,
    devices,
    locks,
    merchants,
    mirror,
    payment_links,
)
from keystead_stub.store.accounts import Account
from keystead_stub.stripe_types.events import (
    SEEN,
    StripeEvent,
    customer_of,
    subscription_of_invoice,
    text,
)
from keystead_stub.stripe_types.values import CheckoutSession

#: The billing API whose callers are devices and have no accounts.
NATIVE = "nyra"

_COMPLETED = "checkout.session.completed"
_INVOICE_PAID = "invoice.paid"
_INVOICED = (_INVOICE_PAID, "invoice.payment_succeeded")
#: Where an object names another one, or itself.
_NAMING = ("charge", "payment_intent", "invoice", "subscription", "id")


def owner(connection: sa.Connection, event: StripeEvent, api: str = NATIVE) -> str | None:
    """The customer of an event; who is not named is found by the objects that the event is about.

    A dispute names the charge or payment that it disputes, an invoice's payment the invoice, an
    invoice its subscription; and what was heard of before is known by its own id. Else it is the
    customer of the account that its metadata names at this billing API, or until Stripe names one
    a stand-in for it.
    """
    customer_id = customer_of(event)
    named = (text(event.object.get(name)) for name in _NAMING)
    for object_id in (*named, subscription_of_invoice(event.object)):
        if customer_id is None and object_id is not None:
            customer_id = customers.owner_of_object(connection, object_id)
    account = account_of(event, api)
    if customer_id is None and account is not None and _may_name(connection, event, account):
        return accounts.customer_of(connection, account) or _stand_in(account)
    return customer_id


def _stand_in(account: Account) -> str:
    return f"account:{account.api}:{account.account_id}"


def take_in(
    services: Services,
    connection: sa.Connection,
    customer_id: str,
    event: StripeEvent,
    now_ms: int,
    *,
    api: str = NATIVE,
) -> BillingState:
    """Add the event to the customer's set and bring everything that depends on it up to date.

    `api` is the billing API whose webhook the event came to.
    """
    locks.of_customer(connection, customer_id)
    customers.keep_event(services.store, connection, customer_id, event)
    account = account_of(event, api)
    if account is not None and _may_name(connection, event, account):
        accounts.link(services.store, connection, account, customer_id, event.created_ms)
    state = refold(services, connection, customer_id, now_ms)
    if session_id := _settled_by(connection, event):
        _settle_checkout(
            services.terms,
            connection,
            customer_id,
            session_id=session_id,
            event=event,
            now_ms=now_ms,
        )
    return state


def refold(
    services: Services, connection: sa.Connection, customer_id: str, now_ms: int
) -> BillingState:
    """Write the state that all that is known comes to; whoever calls has locked the customer."""
    kept = customers.events_of(connection, customer_id)
    products = _products(connection, kept)
    state = fold(customer_id, kept, services.catalogue.price_ids, products)
    sold = offer(services, state)
    key = sold.key if sold else None
    customers.save_state(connection, state, entitlement_key=key, now_ms=now_ms)
    return state


def _products(connection: sa.Connection, kept: Iterable[StripeEvent]) -> dict[str, Entitles]:
    """What the mirror knows of the products that a merchant's customer has subscribed to."""
    named: dict[str, set[str]] = {}
    for event in kept:
        if event.account is not None:
            named.setdefault(event.account, set()).update(products_of(event))
    found = (
        (product_id, sold_as(document))
        for account, ids in named.items()
        for product_id, document in mirror.documents(connection, account, "product", ids).items()
    )
    return {product_id: entitled for product_id, entitled in found if entitled}


def _settled_by(connection: sa.Connection, event: StripeEvent) -> str | None:
    """The checkout, or the payment link, that the event says is paid."""
    object_id = text(event.object.get("id"))
    if object_id is None or event.type == _COMPLETED:
        return object_id
    link = payment_links.by_invoice(connection, object_id) if event.type in _INVOICED else None
    return link.id if link else None


def _may_name(connection: sa.Connection, event: StripeEvent, account: Account) -> bool:
    """Whether the event's word on this account counts.

    Metadata is whatever the owner of a Stripe account writes: a merchant speaks for nobody but
    themselves.
    """
    if event.account is None:
        return True
    merchant = merchants.by_stripe_account(connection, event.account)
    return merchant is not None and account == Account(MERCHANTS, merchant.account_id)


def _settle_checkout(
    terms: Terms,
    connection: sa.Connection,
    customer_id: str,
    *,
    session_id: str,
    event: StripeEvent,
    now_ms: int,
) -> None:
    """The device that this was started for is now the customer's, if there is room for it."""
    row = devices.checkout(connection, session_id)
    if row is None or row.completed_at is not None:
        return
    devices.complete_checkout(connection, row.session_id, customer_id, event.created_ms)
    claim = Claim(
        device_id=row.device_id,
        device_public_key=row.device_public_key,
        name=row.name,
        checkout_session_id=row.session_id,
    )
    try:
        bind(connection, terms, customer_id, claim, now_ms)
    except ProblemError:
        # Nobody is there to be told; the device meets the limit when it asks.
        return


def invoice_seen(document: Mapping[str, Any], now_ms: int, account: str | None) -> StripeEvent:
    """A paid invoice that Stripe shows before its webhook came, as the event it stands for."""
    return StripeEvent(
        id=f"seen:{document['id']}",
        type=_INVOICE_PAID,
        created_ms=to_seconds(now_ms) * 1000,
        object=dict(document),
        account=account,
    )


def observed(session: CheckoutSession, now_ms: int, account: str | None) -> StripeEvent:
    """A completed session that Stripe shows before its webhook came, as the event it stands for.

    `account` is the merchant's Stripe account that it is at, null for the platform's.
    The webhook itself, when it comes, is the same word with an earlier time.
    """
    return StripeEvent(
        id=SEEN + session.id,
        type=_COMPLETED,
        created_ms=to_seconds(now_ms) * 1000,
        object=dict(session.document),
        account=account,
    )


def offer(services: Services, state: BillingState) -> Entitles | None:
    """What the state's price entitles to: by the catalogue, else by what our own checkout wrote.

    Null is a price that stands for no license, whoever sells it.
    """
    plan = plan_of(services, state)
    return Entitles(plan.entitlement_key, plan.features) if plan else state.entitles


def plan_of(services: Services, state: BillingState) -> Plan | None:
    """The plan of the state's price, else the one that another program's metadata names."""
    if found := services.catalogue.find_price(state.price_id or ""):
        return found[0]
    if state.plan is None or state.entitles is not None:
        return None
    return services.catalogue.plan_called(PLAN_OF_NAME.get(state.plan, state.plan))
