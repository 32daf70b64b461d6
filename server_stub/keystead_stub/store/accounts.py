"""Who pays: accounts of the billing APIs, and the customers that they are at Stripe."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store.account_ids import Account
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import accounts


class AccountRow(msgspec.Struct, frozen=True):
    """A row of `accounts`; `customer_id` is null until Stripe knows them.

    `linked_at` is the instant (ms) of the word that made it this customer.
    """

    api: str
    account_id: str
    customer_id: str | None
    linked_at: int | None
    created_at: int


_COLUMNS = [accounts.c[name] for name in AccountRow.__struct_fields__]


def find(connection: sa.Connection, wanted: Account) -> AccountRow | None:
    row = connection.execute(sa.select(*_COLUMNS).where(_is(wanted))).first()
    return AccountRow(*row) if row is not None else None


def find_customer(connection: sa.Connection, wanted: Account) -> str | None:
    """The account's customer at Stripe, once there is one."""
    found: str | None = connection.scalar(sa.select(accounts.c.customer_id).where(_is(wanted)))
    return found


def find_customer_by_account_id(
    connection: sa.Connection, apis: list[str], account_id: str
) -> str | None:
    """The customer of the account of that name at one of these billing APIs."""
    query = sa.select(accounts.c.customer_id).where(
        accounts.c.api.in_(apis),
        accounts.c.account_id == account_id,
        accounts.c.customer_id.is_not(None),
    )
    found: str | None = connection.scalar(query.order_by(accounts.c.api).limit(1))
    return found


def list_by_customer(connection: sa.Connection, customer_id: str) -> list[AccountRow]:
    """The accounts that this customer pays for."""
    query = sa.select(*_COLUMNS).where(accounts.c.customer_id == customer_id)
    query = query.order_by(accounts.c.api, accounts.c.account_id)
    return [AccountRow(*row) for row in connection.execute(query)]


def list_by_api(connection: sa.Connection, api: str) -> list[AccountRow]:
    query = sa.select(*_COLUMNS).where(accounts.c.api == api).order_by(accounts.c.account_id)
    return [AccountRow(*row) for row in connection.execute(query)]


def ensure_account(store: Store, connection: sa.Connection, wanted: Account, now_ms: int) -> None:
    """Note that there is such an account; who it is at Stripe stays as it is."""
    connection.execute(
        store.insert_new(accounts).values(
            api=wanted.api, account_id=wanted.account_id, created_at=now_ms
        )
    )


def link(
    store: Store, connection: sa.Connection, wanted: Account, customer_id: str, said_ms: int
) -> None:
    """The account is this customer, by a word of that instant; the latest word stands.

    Of two words of one instant the customer that sorts last stands, in whatever order they come.
    """
    ensure_account(store, connection, wanted, said_ms)
    linked, customer = accounts.c.linked_at, accounts.c.customer_id
    later = linked.is_(None) | (linked < said_ms) | ((linked == said_ms) & (customer < customer_id))
    connection.execute(
        sa.update(accounts)
        .where(_is(wanted), later)
        .values(customer_id=customer_id, linked_at=said_ms)
    )


def _is(wanted: Account) -> sa.ColumnElement[bool]:
    return (accounts.c.api == wanted.api) & (accounts.c.account_id == wanted.account_id)
