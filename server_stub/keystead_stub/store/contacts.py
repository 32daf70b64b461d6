"""Links between a merchant's customers and the CRM's contacts, one to one."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from keystead_stub.store import locks
from keystead_stub.store.tables import contact_links

_links = contact_links.c


def find_contacts(
    connection: sa.Connection, account_id: str, customer_ids: Sequence[str]
) -> dict[str, str]:
    """The contacts of these customers, by customer id."""
    query = sa.select(_links.customer_id, _links.contact_id).where(
        _links.account_id == account_id, _links.customer_id.in_(customer_ids)
    )
    return {row.customer_id: row.contact_id for row in connection.execute(query)}


def find_customer(connection: sa.Connection, account_id: str, contact_id: str) -> str | None:
    """The merchant's customer with this contact."""
    query = sa.select(_links.customer_id).where(
        _links.account_id == account_id, _links.contact_id == contact_id
    )
    found: str | None = connection.scalar(query)
    return found


def link(
    connection: sa.Connection, account_id: str, customer_id: str, contact_id: str, now_ms: int
) -> bool:
    """Link the customer to the contact; False if another customer has the contact."""
    # Customer and contact are both unique, so one lock covers all links of the merchant.
    locks.take(connection, f"contacts:{account_id}")
    holder = find_customer(connection, account_id, contact_id)
    if holder is None:
        # A customer has one contact: the new link replaces the old one.
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
    own = (_links.account_id == account_id) & (_links.customer_id == customer_id)
    connection.execute(sa.delete(contact_links).where(own))
