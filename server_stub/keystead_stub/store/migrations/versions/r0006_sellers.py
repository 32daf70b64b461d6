"""Keep sellers apart: an audience for each merchant, and records of accounts.

Customers of merchants are marked as such in their states, and an account's purchases in its own
shop are kept apart from those that it pays the platform for.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
drops_data = False


def upgrade() -> None:
    _add_sellers()
    op.create_table(
        "_accounts",
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("parent_account_id", sa.Text),
        sa.Column("gives_free_licenses", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
        sqlite_strict=True,
    )
    op.create_index("accounts_by_parent", "_accounts", ["parent_account_id"])
    _mark_customers()


def _add_sellers() -> None:
    with op.batch_alter_table("merchants", table_kwargs={"sqlite_strict": True}) as table:
        table.add_column(sa.Column("seller_id", sa.Text))
    connection = op.get_bind()
    query = sa.text("SELECT account_id FROM merchants ORDER BY connected_at, account_id")
    taken: set[str] = set()
    for account_id in connection.scalars(query).all():
        seller = account_id.lower()
        # Of accounts that differ in case only, the first one keeps the audience.
        while seller in taken:
            seller += "#"
        taken.add(seller)
        connection.execute(
            sa.text("UPDATE merchants SET seller_id = :seller WHERE account_id = :account"),
            {"seller": seller, "account": account_id},
        )
    with op.batch_alter_table("merchants", table_kwargs={"sqlite_strict": True}) as table:
        table.alter_column("seller_id", existing_type=sa.Text(), nullable=False)
        table.create_unique_constraint("merchants_seller_id_key", ["seller_id"])


def _mark_customers() -> None:
    connection = op.get_bind()
    events = sa.text(
        "SELECT customer_id, payload FROM billing_events WHERE payload LIKE '%\"acct_%'"
    )
    accounts: dict[str, str] = {}
    for customer_id, payload in connection.execute(events):
        if account := json.loads(payload).get("account"):
            accounts[customer_id] = account
    for customer_id, account in accounts.items():
        own = {"customer": customer_id}
        state = connection.scalar(
            sa.text("SELECT state FROM billing_states WHERE customer_id = :customer"), own
        )
        if state is not None:
            marked = json.dumps(json.loads(state) | {"account": account})
            connection.execute(
                sa.text("UPDATE billing_states SET state = :state WHERE customer_id = :customer"),
                own | {"state": marked},
            )
        connection.execute(
            sa.text(
                "UPDATE accounts SET api = 'dashclicks-own'"
                " WHERE api = 'dashclicks' AND customer_id = :customer"
            ),
            own,
        )
