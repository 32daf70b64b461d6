"""Count requests for rate limits where every process sees them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
drops_data = False

_INSTANT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rate_limits",
        sa.Column("window_at", _INSTANT, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("window_at", "purpose", "caller"),
        sqlite_strict=True,
    )
