"""The tables of what is sold."""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.store.columns import table, text

# Every price that was ever on sale, with its plan.
sold_prices = table(
    "sold_prices",
    text("price_id", key=True),
    text("plan"),
)
# The product whose database this is.
served_product = table(
    "served_product",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    text("product_id"),
)
