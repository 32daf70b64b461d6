"""The records `_accounts`: who owns whom, and what the operator allows an account."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from keystead.errors import InvalidInput
from keystead_stub.store.engine import Store
from keystead_stub.store.merchant_records import account_records
from keystead_stub.store.merchant_records.account_records import AccountRecord


class AccountChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the operator changes: the parent (null for none), and licenses for a price of 0."""

    parent_account_id: str | UnsetType | None = UNSET
    free_licenses: bool | UnsetType = UNSET


def record_of(store: Store, account_id: str) -> AccountRecord:
    """Return the account's record; the one of an unknown account allows nothing."""
    with store.read() as connection:
        found = account_records.find(connection, account_id)
    return found or AccountRecord(account_id=account_id, created_at=0)


def change(store: Store, account_id: str, changes: AccountChange, now_ms: int) -> AccountRecord:
    """Change the given fields, and return the record.

    Raises InvalidInput (``invalid_account``) for a parent that has a parent, and for one of an
    account that is a parent itself: there are two levels.
    """
    with store.write() as connection:
        found = account_records.find(connection, account_id)
        record = found or AccountRecord(account_id=account_id, created_at=now_ms)
        parent_id = changes.parent_account_id
        if parent_id is not UNSET:
            if parent_id is not None:
                parent = account_records.find(connection, parent_id)
                grandparent = parent.parent_account_id if parent else None
                children = account_records.list_children(connection, account_id)
                if parent_id == account_id or grandparent is not None or children:
                    raise InvalidInput(
                        "A parent account has no parent, and a sub-account no sub-accounts.",
                        code="invalid_account",
                    )
            record = msgspec.structs.replace(record, parent_account_id=parent_id)
        if changes.free_licenses is not UNSET:
            record = msgspec.structs.replace(record, gives_free_licenses=changes.free_licenses)
        account_records.save(store, connection, record)
    return record


def is_parent_of(store: Store, parent_id: str, account_id: str) -> bool:
    """Whether the account is a sub-account of that parent."""
    return record_of(store, account_id).parent_account_id == parent_id
