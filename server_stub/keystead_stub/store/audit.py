"""The audit log: every billing event of an account, as it was received."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.account_ids import Account
from keystead_stub.store.accounts import list_by_customer
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import billing_audit
from keystead_stub.stripe_types.events import StripeEvent


class AuditEntry(msgspec.Struct, frozen=True):
    """A row of `billing_audit` without its account; times in ms."""

    event_id: str
    type: str
    created_at: int
    received_at: int


def insert(
    store: Store, connection: sa.Connection, customer_id: str, event: StripeEvent, now_ms: int
) -> None:
    """Insert an entry for each account that the customer pays for."""
    for account in list_by_customer(connection, customer_id):
        connection.execute(
            store.insert_new(billing_audit).values(
                api=account.api,
                account_id=account.account_id,
                event_id=event.id,
                type=event.type,
                created_at=event.created_ms,
                received_at=now_ms,
            )
        )


def list_entries(connection: sa.Connection, account: Account) -> list[AuditEntry]:
    """The account's entries, the newest first."""
    query = (
        rows.select(billing_audit, AuditEntry)
        .where(billing_audit.c.api == account.api, billing_audit.c.account_id == account.account_id)
        .order_by(billing_audit.c.created_at.desc(), billing_audit.c.event_id.desc())
    )
    return rows.all_of(connection, query, AuditEntry)
