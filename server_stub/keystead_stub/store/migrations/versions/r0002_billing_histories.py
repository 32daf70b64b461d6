"""Keep each customer's merged history beside the events that it was merged from.

The table starts empty: a history that is missing is rebuilt from the events with the next one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
drops_data = False


def upgrade() -> None:
    op.create_table(
        "billing_histories",
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("history", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("customer_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["billing_customers.customer_id"]),
        sqlite_strict=True,
    )
