"""Accounts of the billing APIs, and the customers at Stripe that pay for them."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.account_ids import Account
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import accounts


class AccountRow(msgspec.Struct, frozen=True):
    """A row of `accounts`; `customer_id` is null until Stripe has created the customer.

    `linked_at` (ms) is the time of the event that linked the customer.
    """

    api: str
    account_id: str
    customer_id: str | None
    linked_at: int | None
    created_at: int


_SELECT = rows.select(accounts, AccountRow)


def find(connection: sa.Connection, account: Account) -> AccountRow | None:
    return rows.first(connection, _SELECT.where(_is(account)), AccountRow)


def find_customer(connection: sa.Connection, account: Account) -> str | None:
    found: str | None = connection.scalar(sa.select(accounts.c.customer_id).where(_is(account)))
    return found


def find_customer_by_account_id(
    connection: sa.Connection, apis: list[str], account_id: str
) -> str | None:
    """The customer of the account with this id at the first of these billing APIs that has one."""
    query = sa.select(accounts.c.customer_id).where(
        accounts.c.api.in_(apis),
        accounts.c.account_id == account_id,
        accounts.c.customer_id.is_not(None),
    )
    found: str | None = connection.scalar(query.order_by(accounts.c.api).limit(1))
    return found


def list_by_customer(connection: sa.Connection, customer_id: str) -> list[AccountRow]:
    """The accounts that this customer pays for."""
    query = _SELECT.where(accounts.c.customer_id == customer_id)
    query = query.order_by(accounts.c.api, accounts.c.account_id)
    return rows.all_of(connection, query, AccountRow)


def list_by_api(connection: sa.Connection, api: str) -> list[AccountRow]:
    query = _SELECT.where(accounts.c.api == api).order_by(accounts.c.account_id)
    return rows.all_of(connection, query, AccountRow)


def ensure_account(store: Store, connection: sa.Connection, account: Account, now_ms: int) -> None:
    """Insert the account without a customer; an existing row is left as it is."""
    connection.execute(
        store.insert_new(accounts).values(
            api=account.api, account_id=account.account_id, created_at=now_ms
        )
    )


def link(
    store: Store, connection: sa.Connection, account: Account, customer_id: str, event_ms: int
) -> None:
    """Link the account to the customer that an event of this time names.

    The latest event wins. Of two events with the same time the greater customer id wins, so the
    result does not depend on the order in which events arrive.
    """
    ensure_account(store, connection, account, event_ms)
    linked, customer = accounts.c.linked_at, accounts.c.customer_id
    is_older = (
        linked.is_(None) | (linked < event_ms) | ((linked == event_ms) & (customer < customer_id))
    )
    connection.execute(
        sa.update(accounts)
        .where(_is(account), is_older)
        .values(customer_id=customer_id, linked_at=event_ms)
    )


def _is(account: Account) -> sa.ColumnElement[bool]:
    return (accounts.c.api == account.api) & (accounts.c.account_id == account.account_id)
