"""The prices that were ever sold, each with its plan, and the product that they are of.

A subscriber keeps paying by a price that is no longer on sale: without its row nothing would say
what it gives.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.catalogue.product_tables import served_product, sold_prices
from keystead_stub.store.engine import Store


class SoldPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price; `plan` is its plan as JSON, with no other price."""

    price_id: str
    plan: str


def list_all(connection: sa.Connection) -> list[SoldPrice]:
    query = rows.select(sold_prices, SoldPrice).order_by(sold_prices.c.price_id)
    return rows.all_of(connection, query, SoldPrice)


def save(store: Store, connection: sa.Connection, row: SoldPrice) -> None:
    """Write the price, in place of an earlier version of its plan."""
    if not rows.insert_new(store, connection, sold_prices, row):
        connection.execute(
            sa.update(sold_prices)
            .where(sold_prices.c.price_id == row.price_id)
            .values(plan=row.plan)
        )


def product_of(connection: sa.Connection) -> str | None:
    """The id of the product that this database is of; null before the first start."""
    return connection.scalar(sa.select(served_product.c.product_id))


def claim(store: Store, connection: sa.Connection, product_id: str) -> str:
    """Make it the database of this product unless it is one's already; return whose it is."""
    row = {"id": 1, "product_id": product_id}
    connection.execute(store.insert_new(served_product).values(row))
    # Read back, because another process may have inserted its product first.
    return product_of(connection) or product_id
