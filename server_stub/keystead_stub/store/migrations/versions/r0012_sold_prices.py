"""Keep every price that was on sale with its plan, and the product whose database this is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
drops_data = False


def upgrade() -> None:
    op.create_table(
        "sold_prices",
        sa.Column("price_id", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("price_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "served_product",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("product_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
