"""Keep the events of payments whose customer is not known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
drops_data = False


def upgrade() -> None:
    op.create_table(
        "unclaimed_events",
        sa.Column("payment_id", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("shows_payment", sa.Integer, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("payment_id", "event_id"),
        sqlite_strict=True,
    )
