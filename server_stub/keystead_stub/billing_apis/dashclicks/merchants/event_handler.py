"""Processing of each event of a merchant's account: mirror, balance, deletion, jobs."""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.billing import customer_states, event_intake
from keystead_stub.billing.account_metadata import account_of
from keystead_stub.billing_apis.dashclicks.balance import top_ups
from keystead_stub.billing_apis.dashclicks.merchants import API, customer_deletion, mirror
from keystead_stub.billing_apis.dashclicks.merchants.follow_up_jobs import jobs_of
from keystead_stub.billing_apis.dashclicks.merchants.provisioning import with_token
from keystead_stub.services import Services
from keystead_stub.store import jobs, merchants
from keystead_stub.store import mirror as store_mirror
from keystead_stub.stripe_types.events import StripeEvent, text, within

_OF_PRODUCTS = ("product.created", "product.updated")


def on_event(
    services: Services, connection: sa.Connection, event: StripeEvent, now_ms: int
) -> None:
    """Process the event in its transaction, once."""
    if event.account is None:
        _sold_by_platform(services, connection, event, now_ms)
        return
    # Mirrored before the merchant is looked up: a Stripe account that is connected later has its
    # objects then. What follows reads the mirror.
    mirror.take_in(services.store, connection, event.account, event)
    merchant = merchants.find_by_stripe_account(connection, event.account)
    if merchant is None:
        return
    account_id, object_id = merchant.account_id, text(event.object.get("id"))
    ledger = top_ups.Ledger(services.store, services.settings)
    top_ups.take_in(ledger, connection, account_id, event)
    if event.type in _OF_PRODUCTS and object_id is not None:
        _refresh_subscribers(services, connection, event.account, object_id, now_ms)
    if event.type == "customer.deleted" and object_id is not None:
        customer_deletion.forget(connection, account_id, object_id)
    _queue(services, connection, account_id, event, now_ms)


def _sold_by_platform(
    services: Services, connection: sa.Connection, event: StripeEvent, now_ms: int
) -> None:
    """Queue what follows from an account's purchase in the marketplace."""
    account = account_of(event, API)
    # A checkout names the account; its other events would queue the same again.
    if account is not None and account.api == API and event.type.startswith("checkout.session."):
        _queue(services, connection, account.account_id, event, now_ms)


def _queue(
    services: Services, connection: sa.Connection, account_id: str, event: StripeEvent, now_ms: int
) -> None:
    for job in jobs_of(account_id, event):
        payload = with_token(services.settings, job.payload, event)
        jobs.insert(services.store, connection, job.kind, job.key, payload=payload, now_ms=now_ms)


def _refresh_subscribers(
    services: Services, connection: sa.Connection, account: str, product_id: str, now_ms: int
) -> None:
    """Refresh the state of a product's subscribers.

    The event of a product may arrive after those of its subscriptions, which depend on it.
    """
    found = set()
    for record in store_mirror.list_objects(connection, account, "subscription"):
        items = within(record.document, "items", "data") or []
        if product_id in {text(within(item, "price", "product")) for item in items}:
            found.add(text(record.document.get("customer")))
    # Sorted, so that concurrent calls take the customers' locks in one order.
    for customer_id in sorted(one for one in found if one):
        # Nothing decides about a customer of whom billing has taken in no event.
        if customer_states.state_of(connection, customer_id) is not None:
            event_intake.refresh_state(services, connection, customer_id, now_ms)
