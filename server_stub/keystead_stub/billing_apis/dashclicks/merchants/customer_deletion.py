"""Deletion of what is stored about a merchant's customer beside Stripe."""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.store import contacts, notes


def forget(connection: sa.Connection, account_id: str, customer_id: str) -> None:
    """Delete the customer's notes and their link to a contact."""
    contacts.unlink(connection, account_id, customer_id)
    notes.delete_by_customer(connection, account_id, customer_id)
