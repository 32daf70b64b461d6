"""Which of the CRM's contacts a merchant's customer is: one customer a contact, and one contact."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from keystead_stub.store import locks
from keystead_stub.store.tables import contact_links


def find_contacts(
    connection: sa.Connection, account_id: str, customer_ids: Sequence[str]
) -> dict[str, str]:
    """The contacts of these customers, by customer."""
    table = contact_links.c
    query = sa.select(table.customer_id, table.contact_id).where(
        table.account_id == account_id, table.customer_id.in_(customer_ids)
    )
    return {row.customer_id: row.contact_id for row in connection.execute(query)}


def find_customer(connection: sa.Connection, account_id: str, contact_id: str) -> str | None:
    """The merchant's customer who is this contact."""
    table = contact_links.c
    query = sa.select(table.customer_id).where(
        table.account_id == account_id, table.contact_id == contact_id
    )
    found: str | None = connection.scalar(query)
    return found


def link(
    connection: sa.Connection, account_id: str, customer_id: str, contact_id: str, now_ms: int
) -> bool:
    """From now on the customer is that contact; False where another customer is."""
    locks.take(connection, f"contacts:{account_id}")
    holder = find_customer(connection, account_id, contact_id)
    if holder is None:
        unlink(connection, account_id, customer_id)
        row = {
            "account_id": account_id,
            "customer_id": customer_id,
            "contact_id": contact_id,
            "linked_at": now_ms,
        }
        connection.execute(sa.insert(contact_links).values(row))
    return holder in {None, customer_id}


def unlink(connection: sa.Connection, account_id: str, customer_id: str) -> None:
    """The customer is no contact any more."""
    table = contact_links.c
    its = (table.account_id == account_id) & (table.customer_id == customer_id)
    connection.execute(sa.delete(contact_links).where(its))
