"""Subscriptions of `crow`: the terms are the organisation's, status and period are Stripe's.

The row follows Stripe's webhooks. Before the first of them it follows what Stripe answers, and what
was agreed on without Stripe runs by periods of its own.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from keystead.encoding import b64u_encode
from keystead.instants import DAY_MS
from keystead_stub.billing import customer_states
from keystead_stub.billing.known_subscriptions import subscriptions_of
from keystead_stub.billing_apis.crow.organizations import API
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import customers
from keystead_stub.store.account_ids import Account
from keystead_stub.store.accounts import list_by_customer
from keystead_stub.store.records import organizations
from keystead_stub.store.records.organizations import Status, SubscriptionRow
from keystead_stub.stripe_types.errors import StripeError

#: The row's status by Stripe's; any other is owed money.
_STATUSES: dict[str, Status] = {
    "active": "active",
    "trialing": "active",
    "canceled": "cancelled",
    "incomplete_expired": "cancelled",
}
_PERIOD_DAYS = {"monthly": 30, "annual": 365}


class Standing(msgspec.Struct, frozen=True):
    """What changes of a subscription without its organisation; instants in ms."""

    status: Status
    current_period_start: int | None
    current_period_end: int | None


async def record(services: Services, account: Account, **terms: Any) -> SubscriptionRow:
    """Record a subscription that was agreed on outside of a checkout.

    Raises ProblemError: ``conflict`` for a second one, ``not_found`` for another's customer,
    ``stripe_unavailable``.
    """
    row = new_row(services, account.account_id, services.stripe_now_ms(), terms)
    with services.store.read() as connection:
        if _is_anothers(connection, row):
            raise ProblemError("No such customer.", code="not_found")
    # Before the row is written: a refusal must leave nothing behind.
    row = _with_standing(row, await _standing(services, row))
    with services.store.write() as connection:
        if not organizations.insert_subscription(services.store, connection, row):
            raise ProblemError("This organisation already has a subscription.", code="conflict")
    return row


async def find(services: Services, account: Account) -> SubscriptionRow:
    """Return the organisation's subscription as it is now.

    Raises ProblemError (``not_found``, ``stripe_unavailable``).
    """
    with services.store.read() as connection:
        row = organizations.find_subscription(connection, account.account_id)
    if row is None:
        raise ProblemError("No such subscription.", code="not_found")
    standing = await _standing(services, row)
    if _with_standing(row, standing) == row:
        return row
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        # A webhook may have come since the row was read.
        standing = _by_webhooks(connection, row) or standing
        return _save(connection, row, standing, now_ms)


def new_row(
    services: Services, organization_id: str, now_ms: int, terms: dict[str, Any]
) -> SubscriptionRow:
    """Return a subscription that begins now."""
    return SubscriptionRow(
        id=f"osub_{b64u_encode(services.random(12))}",
        organization_id=organization_id,
        created_at=now_ms,
        updated_at=now_ms,
        **terms,
    )


def follow_webhooks(connection: sa.Connection, customer_id: str, now_ms: int) -> None:
    """Write what webhooks have reported to the subscriptions that the customer pays for."""
    for row in organizations.list_subscriptions(connection, customer_id):
        reported = _by_webhooks(connection, row)
        if reported is not None:
            _save(connection, row, reported, now_ms)


def _is_anothers(connection: sa.Connection, row: SubscriptionRow) -> bool:
    """Whether the row names a customer or subscription of another account.

    A customer whom no account pays as may belong to this one: webhooks link them later.
    """
    named = {row.stripe_customer_id}
    if row.stripe_subscription_id is not None:
        named.add(customers.find_by_object(connection, row.stripe_subscription_id))
    own = (API, row.organization_id)
    return any(
        payers and own not in payers
        for payers in (_payers(connection, customer_id) for customer_id in named if customer_id)
    )


def _payers(connection: sa.Connection, customer_id: str) -> set[tuple[str, str]]:
    return {(one.api, one.account_id) for one in list_by_customer(connection, customer_id)}


async def _standing(services: Services, row: SubscriptionRow) -> Standing:
    # Webhooks first, which cost no call and are what the licenses follow.
    with services.store.read() as connection:
        standing = _by_webhooks(connection, row)
        # Linked to another account only after this one had recorded it.
        of_another = _is_anothers(connection, row)
    if standing is None and not of_another:
        standing = await _at_stripe(services, row)
    return standing or _agreed(row, services.now_ms())


def _with_standing(row: SubscriptionRow, standing: Standing) -> SubscriptionRow:
    return msgspec.structs.replace(row, **msgspec.structs.asdict(standing))


def _save(
    connection: sa.Connection, row: SubscriptionRow, standing: Standing, now_ms: int
) -> SubscriptionRow:
    changed = _with_standing(row, standing)
    if changed == row:
        return row
    values = msgspec.structs.asdict(standing) | {"updated_at": now_ms}
    organizations.update_subscription(connection, row.organization_id, values)
    return msgspec.structs.replace(changed, updated_at=now_ms)


def _by_webhooks(connection: sa.Connection, row: SubscriptionRow) -> Standing | None:
    """Return what webhooks reported of the subscription, null before any of them came."""
    if row.stripe_customer_id is None or row.stripe_subscription_id is None:
        return None
    if _is_anothers(connection, row):
        return None
    history = customer_states.history_of(connection, row.stripe_customer_id)
    found = subscriptions_of(history).get(row.stripe_subscription_id)
    if found is None:
        return None
    return Standing(_status_of(found.status), found.period_start_ms, found.period_end_ms)


async def _at_stripe(services: Services, row: SubscriptionRow) -> Standing | None:
    if row.stripe_customer_id is None:
        return None
    try:
        found = await services.stripe.get_subscription(row.stripe_customer_id)
    except StripeError as error:
        if error.status < 500:
            return None
        raise ProblemError("Stripe is unavailable.", code="stripe_unavailable") from None
    if found is None:
        return None
    return Standing(
        _status_of(found.status), found.current_period_start_ms, found.current_period_end_ms
    )


def _agreed(row: SubscriptionRow, now_ms: int) -> Standing:
    """Return the running period, counted from the first day, of what Stripe knows nothing of."""
    span_ms = _PERIOD_DAYS[row.billing_period] * DAY_MS
    passed = max(0, now_ms - row.created_at) // span_ms
    begins_ms = row.created_at + passed * span_ms
    return Standing("active", begins_ms, begins_ms + span_ms)


def _status_of(stripe_status: str) -> Status:
    return _STATUSES.get(stripe_status, "past_due")
