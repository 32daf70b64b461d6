"""What we keep of a merchant's customer beside Stripe goes when the customer does."""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.store import contacts, notes


def forget(connection: sa.Connection, account_id: str, customer_id: str) -> None:
    """Delete what was noted of the customer, and free the contact that they were."""
    contacts.unlink(connection, account_id, customer_id)
    notes.delete_by_customer(connection, account_id, customer_id)
