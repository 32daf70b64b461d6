"""Take in a Stripe event: identify whom it concerns, plan what it changes, write that.

Deciding is pure (`event_subject`, `intake_plan`); this module reads and writes the store.
"""

from __future__ import annotations

import logging
from functools import partial

import sqlalchemy as sa

from keystead_stub.billing import customer_states
from keystead_stub.billing.billing_history import BillingHistory
from keystead_stub.billing.devices import DeviceClaim, bind
from keystead_stub.billing.entitlements import ProductEntitlement, entitlement_of_product
from keystead_stub.billing.event_subject import (
    NATIVE,
    Subject,
    identify,
    keeps_unclaimed,
    must_wait,
    payments_named,
)
from keystead_stub.billing.intake_plan import Intake, decide_record, plan_intake
from keystead_stub.billing.known_subscriptions import products_named
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import (
    accounts,
    customers,
    devices,
    locks,
    mirror,
    payment_links,
)
from keystead_stub.store.account_ids import Account
from keystead_stub.store.webhooks import unclaimed_events
from keystead_stub.stripe_types.events import StripeEvent, text

_log = logging.getLogger(__name__)


def take_in(
    services: Services,
    connection: sa.Connection,
    event: StripeEvent,
    now_ms: int,
    *,
    api: str = NATIVE,
) -> str | None:
    """Write everything that the event changes, and return the customer whom it concerns, if any.

    `api` is the billing API whose webhook it came to. Raises ProblemError (``unavailable``) for an
    event that must wait until its customer is known, so that Stripe delivers it again.
    """
    lookups = _StoreLookups(services, connection)
    subject = identify(event, lookups, api)
    if subject.customer_id is None and keeps_unclaimed(event):
        # Until now another process may have learned whose the payment is.
        unclaimed_events.lock(connection, payments_named(event))
        subject = identify(event, lookups, api)
    if subject.customer_id is None:
        if must_wait(event, lookups):
            raise ProblemError("The event's customer is not known yet.", code="unavailable")
        _keep_unclaimed(services, connection, event)
        return None
    return _take_in_of(services, connection, subject, event, now_ms)


def claim(
    services: Services, connection: sa.Connection, customer_id: str, event: StripeEvent, now_ms: int
) -> list[StripeEvent]:
    """Take in what came earlier about the event's payments, now that their customer is known.

    Returns those events.
    """
    payments = payments_named(event)
    if event.account is not None or not payments:
        return []
    unclaimed_events.lock(connection, payments)
    earlier = unclaimed_events.take(connection, payments)
    for one in earlier:
        _take_in_of(services, connection, Subject(customer_id=customer_id), one, now_ms)
    return earlier


def _keep_unclaimed(services: Services, connection: sa.Connection, event: StripeEvent) -> None:
    if not keeps_unclaimed(event):
        return
    unclaimed_events.insert(services.store, connection, event, payments_named(event))
    _log.info(
        "event of a payment without a customer",
        extra={"eventId": event.id, "eventType": event.type},
    )


def _take_in_of(
    services: Services, connection: sa.Connection, subject: Subject, event: StripeEvent, now_ms: int
) -> str | None:
    """Write what the event changes for the subject's customer, and return who that is."""
    customer_id = subject.customer_id
    if customer_id is None:
        return None
    locks.take_customer(connection, customer_id)
    history = customer_states.history_of(connection, customer_id)
    # What happens at one Stripe account is never about a customer of another one.
    if history.account != event.account and customers.find_state(connection, customer_id):
        return None
    plan = plan_intake(
        customer_id,
        subject,
        history,
        event,
        # Under the lock, so that no other process merges into the history that was just read.
        is_new=customers.insert_event(services.store, connection, customer_id, event),
        catalogue=services.catalogue,
        products=partial(_products, connection),
    )
    _carry_out(services, connection, plan, now_ms)
    return customer_id


def rebuild_state(
    services: Services, connection: sa.Connection, customer_id: str, now_ms: int
) -> None:
    """Repair the customer's history and state from all events that were kept."""
    locks.take_customer(connection, customer_id)
    history = customer_states.rebuilt_history_of(connection, customer_id)
    _save_record(services, connection, customer_id, history, now_ms)


def refresh_state(
    services: Services, connection: sa.Connection, customer_id: str, now_ms: int
) -> None:
    """Decide the customer's state again, after something else than an event has changed."""
    locks.take_customer(connection, customer_id)
    history = customer_states.history_of(connection, customer_id)
    _save_record(services, connection, customer_id, history, now_ms)


def _save_record(
    services: Services,
    connection: sa.Connection,
    customer_id: str,
    history: BillingHistory,
    now_ms: int,
) -> None:
    products = partial(_products, connection)
    record = decide_record(customer_id, history, services.catalogue, products)
    customer_states.save(connection, record, now_ms)


def _carry_out(services: Services, connection: sa.Connection, plan: Intake, now_ms: int) -> None:
    if plan.link is not None:
        accounts.link(services.store, connection, plan.link, plan.customer_id, plan.event_ms)
    customer_states.save(connection, plan.record, now_ms)
    if plan.completed_checkout is not None:
        _complete_checkout(services, connection, plan, plan.completed_checkout, now_ms)


def _complete_checkout(
    services: Services, connection: sa.Connection, plan: Intake, session_id: str, now_ms: int
) -> None:
    """Give the device that started the checkout to the customer, if there is room for it."""
    row = devices.find_checkout(connection, session_id)
    # Stripe sends two events for a paid link's invoice; the first one completes it.
    if row is None or row.completed_at is not None:
        return
    if row.merchant != _merchant(services, connection, plan.record.history.account):
        return
    devices.complete_checkout(connection, row.session_id, plan.customer_id, plan.event_ms)
    claim = DeviceClaim(
        device_id=row.device_id,
        device_public_key=row.device_public_key,
        name=row.name,
        checkout_session_id=row.session_id,
    )
    try:
        bind(connection, services.terms, plan.customer_id, claim, now_ms)
    except ProblemError:
        # A webhook has no one to report the limit to; the device meets it at its next status call.
        return


def _merchant(services: Services, connection: sa.Connection, account: str | None) -> str | None:
    """The account that sells on this Stripe account, null for the platform."""
    found = services.merchants.account_of(connection, account) if account else None
    return found.account_id if found else None


def _products(connection: sa.Connection, history: BillingHistory) -> dict[str, ProductEntitlement]:
    """What the mirror knows of the products that a merchant's customer has subscribed to."""
    found = (
        (product_id, entitlement_of_product(document))
        for account, ids in products_named(history).items()
        for product_id, document in mirror.find_documents(
            connection, account, "product", ids
        ).items()
    )
    return {product_id: entitled for product_id, entitled in found if entitled}


class _StoreLookups:
    """What the store knows before the event; see `event_subject.Lookups`."""

    def __init__(self, services: Services, connection: sa.Connection) -> None:
        self._services = services
        self._connection = connection

    def customer_of_object(self, object_id: str) -> str | None:
        return customers.find_by_object(self._connection, object_id)

    def customer_of_account(self, account: Account) -> str | None:
        return accounts.find_customer(self._connection, account)

    def account_of_merchant(self, stripe_account_id: str) -> Account | None:
        return self._services.merchants.account_of(self._connection, stripe_account_id)

    def link_of_invoice(self, invoice_id: str) -> str | None:
        link = payment_links.find_by_invoice(self._connection, invoice_id)
        return link.id if link else None

    def is_guests(self, stripe_account_id: str | None, payment_id: str) -> bool:
        if stripe_account_id is None:
            return unclaimed_events.has_payment(self._connection, payment_id)
        charge = mirror.find(self._connection, stripe_account_id, "charge", payment_id)
        return charge is not None and text(charge.document.get("customer")) is None
