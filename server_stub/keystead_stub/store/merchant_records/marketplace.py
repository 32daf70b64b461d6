"""The platform's catalogue as rows: `_store.products` and `_store.prices`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from keystead_stub.store import rows
from keystead_stub.store.engine import Store
from keystead_stub.store.tables import store_prices, store_products


class ProductRow(msgspec.Struct, frozen=True, kw_only=True):
    """A product of the marketplace; `features` are separated by commas."""

    id: str
    name: str
    plan: str
    features: str


class PriceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A price of a product: `amount` in the currency's smallest unit, per `interval` or `once`."""

    id: str
    product_id: str
    amount: int
    currency: str
    interval: str


def publish(store: Store, products: Sequence[ProductRow], prices: Sequence[PriceRow]) -> None:
    """Replace the catalogue by this one."""
    with store.write() as connection:
        for table in (store_prices, store_products):
            connection.execute(sa.delete(table))
        for product in products:
            rows.insert_new(store, connection, store_products, product)
        for price in prices:
            rows.insert_new(store, connection, store_prices, price)
