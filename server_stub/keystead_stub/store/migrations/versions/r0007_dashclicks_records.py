"""Add the records of `dashclicks` by the names of its document, and the ledger's currency.

The views show what other tables hold. What an entry of a balance was before its conversion is what
it is now: until here nothing was converted.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
drops_data = False

_INSTANT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MIRRORED = {
    "billing.charges": "charge",
    "billing.customers": "customer",
    "billing.subscriptions": "subscription",
    "billing.disputes": "dispute",
    "billing.refunds": "refund",
    "billing.products": "product",
}
_OTHERS = {
    "billing.notes": "SELECT account_id, customer_id, id, note, author, created_at"
    " FROM customer_notes",
    "queues": "SELECT id, kind, key, payload, attempts, created_at, due_at, done_at, last_error"
    " FROM jobs WHERE substr(kind, 1, 11) = 'dashclicks.'",
    "onebalance": "SELECT account_id, currency, sum(amount) AS amount FROM balance_entries"
    " GROUP BY account_id, currency",
    "crm.contacts": "SELECT account_id, contact_id, customer_id, linked_at FROM contact_links",
    "support.conversations": "SELECT id, key, payload, created_at, done_at FROM jobs"
    " WHERE kind = 'dashclicks.conversation'",
}


def upgrade() -> None:
    _add_original_amounts()
    op.create_table(
        "onebalance-usage_logs",
        sa.Column("seq", _INSTANT, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "account_id", "description")),
        sa.Column("amount", _INSTANT, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("base_amount", _INSTANT, nullable=False),
        sa.Column("base_currency", sa.Text, nullable=False),
        sa.Column("rate", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("usage_logs_by_account", "onebalance-usage_logs", ["account_id", "seq"])
    op.create_table(
        "_store.products",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "name", "plan", "features")),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "_store.prices",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("product_id", sa.Text, nullable=False),
        sa.Column("amount", _INSTANT, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("interval", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    for name, kind in _MIRRORED.items():
        op.execute(
            f'CREATE VIEW "{name}" AS SELECT m.account_id, o.stripe_account_id,'  # noqa: S608
            " o.object_id AS id, o.created_at, o.deleted, o.document FROM mirrored_objects o"
            " LEFT JOIN merchants m ON m.stripe_account_id = o.stripe_account_id"
            f" WHERE o.kind = '{kind}'"
        )
    for name, query in _OTHERS.items():
        op.execute(f'CREATE VIEW "{name}" AS {query}')


def _add_original_amounts() -> None:
    with op.batch_alter_table("balance_entries", table_kwargs={"sqlite_strict": True}) as table:
        table.add_column(sa.Column("original_amount", _INSTANT))
        table.add_column(sa.Column("original_currency", sa.Text))
        table.add_column(sa.Column("rate", sa.Text))
    op.execute(
        "UPDATE balance_entries SET original_amount = amount, original_currency = currency,"
        " rate = '1'"
    )
    with op.batch_alter_table("balance_entries", table_kwargs={"sqlite_strict": True}) as table:
        table.alter_column("original_amount", existing_type=_INSTANT, nullable=False)
        table.alter_column("original_currency", existing_type=sa.Text(), nullable=False)
        table.alter_column("rate", existing_type=sa.Text(), nullable=False)
