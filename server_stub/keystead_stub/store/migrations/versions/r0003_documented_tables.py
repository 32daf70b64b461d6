"""Give the three documented tables exactly their documented columns.

What the backend keeps beside them moves to its own tables: the keys and names of devices to
`devices`, a customer's address in lower case and time of creation to `billing_states`. The new
columns of `billing_customers` are filled from the events that were kept. All that is dropped is
when Stripe created a processed event; `billing_events` has it for the events of customers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
drops_data = True

_INTEGER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_KEPT = ("billing_customers", "processed_events", "device_activations", "billing_states")
_UNCHANGED = (
    *("customer_id", "subscription_id", "email", "status", "price_id"),
    *("current_period_end", "cancel_at_period_end"),
)
_OF_DEVICE = (
    *("device_id", "customer_id", "device_public_key"),
    *("name", "checkout_session_id", "removed_at"),
)
_BATCH = 500
_OF_EVENT = ("customer_id", "type", "payload", "created_at", "event_id")
_STATUSES = ("draft", "open", "uncollectible", "paid", "void")
_SUMMARY = "entitlements.active_entitlement_summary.updated"


def upgrade() -> None:
    connection = op.get_bind()
    for name in _KEPT:
        op.execute(f"CREATE TABLE before_0003_{name} AS SELECT * FROM {name}")  # noqa: S608
    # Tables that refer to others go first.
    for name in (
        *("device_activations", "billing_states", "billing_histories"),
        *("billing_customers", "processed_events"),
    ):
        op.drop_table(name)
    _create_documented()
    _create_own()
    _copy(connection)
    _lower_emails(connection)
    _fill_from_events(connection)
    for name in _KEPT:
        op.drop_table(f"before_0003_{name}")


def _create_documented() -> None:
    op.create_table(
        "billing_customers",
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("checkout_session_id", sa.Text),
        sa.Column("subscription_id", sa.Text),
        sa.Column("device_id", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("entitlement", sa.Text),
        sa.Column("price_id", sa.Text),
        sa.Column("current_period_end", _INTEGER),
        sa.Column("cancel_at_period_end", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("last_invoice_id", sa.Text),
        sa.Column("last_invoice_status", sa.Text),
        sa.Column("stripe_entitlements_json", sa.Text),
        sa.Column("updated_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("customer_id"),
        sqlite_strict=True,
    )
    op.create_index(
        "idx_billing_customers_checkout_device",
        "billing_customers",
        ["checkout_session_id", "device_id"],
    )
    op.create_index("idx_billing_customers_subscription", "billing_customers", ["subscription_id"])
    op.create_table(
        "processed_events",
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("processed_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "device_activations",
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("activated_at", sa.Text, nullable=False),
        sa.Column("last_checked_at", sa.Text, nullable=False),
        sa.Column("last_active", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "device_id"),
        sqlite_strict=True,
    )


def _create_own() -> None:
    op.create_table(
        "devices",
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("device_public_key", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("checkout_session_id", sa.Text),
        sa.Column("removed_at", _INTEGER),
        sa.PrimaryKeyConstraint("device_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["billing_customers.customer_id"]),
        sa.ForeignKeyConstraint(
            ["customer_id", "device_id"],
            ["device_activations.customer_id", "device_activations.device_id"],
        ),
        sqlite_strict=True,
    )
    op.create_index("devices_by_customer", "devices", ["customer_id"])
    op.create_table(
        "billing_states",
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("created_at", _INTEGER, nullable=False),
        sa.Column("updated_at", _INTEGER, nullable=False),
        sa.PrimaryKeyConstraint("customer_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["billing_customers.customer_id"]),
        sqlite_strict=True,
    )
    op.create_index("billing_states_by_email", "billing_states", ["email"])
    # A history that is missing is rebuilt from the events, with the new facts in them.
    op.create_table(
        "billing_histories",
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("history", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("customer_id"),
        sa.ForeignKeyConstraint(["customer_id"], ["billing_customers.customer_id"]),
        sqlite_strict=True,
    )


def _copy(connection: sa.Connection) -> None:
    """Copy each table in one statement, whatever its size."""

    def text(moment: Any) -> Any:
        """Return epoch milliseconds as RFC 3339 text in UTC, with three decimals."""
        if connection.dialect.name == "sqlite":
            whole = sa.func.strftime("%Y-%m-%dT%H:%M:%S", moment // 1000, "unixepoch")
            return whole.concat(sa.func.printf(".%03dZ", moment % 1000))
        stamp = sa.func.timezone("UTC", sa.func.to_timestamp(moment / 1000.0))
        return sa.func.to_char(stamp, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')

    customers, events, devices, states = (
        sa.Table(f"before_0003_{name}", sa.MetaData(), autoload_with=connection) for name in _KEPT
    )
    c, e, d = customers.c, events.c, devices.c
    checked = sa.func.coalesce(d.last_checked_at, d.activated_at)
    active = d.removed_at.is_(None) & d.last_checked_at.isnot(None) & c.entitlement_key.isnot(None)
    copied: dict[str, dict[str, Any]] = {
        "billing_customers": {
            **{name: c[name] for name in _UNCHANGED},
            "entitlement": c.entitlement_key,
            "updated_at": text(c.updated_at),
        },
        "processed_events": {
            "event_id": e.event_id,
            "type": e.type,
            "processed_at": text(e.processed_at),
        },
        "device_activations": {
            "customer_id": c.customer_id,
            "device_id": d.device_id,
            "activated_at": text(d.activated_at),
            "last_checked_at": text(checked),
            "last_active": sa.case((active, 1), else_=0),
        },
        "devices": {name: d[name] for name in _OF_DEVICE},
        "billing_states": {
            "customer_id": c.customer_id,
            "state": states.c.state,
            "email": sa.func.lower(c.email),
            "created_at": c.created_at,
            "updated_at": states.c.updated_at,
        },
    }
    for name, columns in copied.items():
        query = sa.select(*columns.values())
        if name == "device_activations":
            query = query.where(d.customer_id == c.customer_id)
        if name == "billing_states":
            query = query.where(states.c.customer_id == c.customer_id)
        target = sa.table(name, *map(sa.column, columns))
        connection.execute(sa.insert(target).from_select(list(columns), query))


def _lower_emails(connection: sa.Connection) -> None:
    """Write the addresses that the database can't convert: SQLite knows ASCII alone."""
    query = sa.text("SELECT customer_id, email FROM billing_customers WHERE email IS NOT NULL")
    update = sa.text("UPDATE billing_states SET email = :email WHERE customer_id = :customer")
    with connection.execute(query.execution_options(yield_per=_BATCH)) as rows:
        for page in rows.partitions():
            others = [
                {"customer": row.customer_id, "email": row.email.lower()}
                for row in page
                if not row.email.isascii()
            ]
            if others:
                connection.execute(update, others)


def _fill_from_events(connection: sa.Connection) -> None:
    """Fill in the checkout, the last invoice and the entitlements that the events have told of."""
    update = sa.text(
        "UPDATE billing_customers SET checkout_session_id = :session, device_id = :device,"
        " last_invoice_id = :invoice, last_invoice_status = :status,"
        " stripe_entitlements_json = :entitlements WHERE customer_id = :customer"
    )
    batch = []
    for values in _told(connection):
        batch.append(values)
        if len(batch) == _BATCH:
            connection.execute(update, batch)
            batch = []
    if batch:
        connection.execute(update, batch)


def _told(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    events = sa.table("billing_events", *map(sa.column, _OF_EVENT))
    customers = sa.table(
        "billing_customers", sa.column("customer_id"), sa.column("subscription_id")
    )
    e = events.c
    told = e.type.startswith("invoice.") | e.type.startswith("checkout.session.")
    query = (
        sa.select(e.customer_id, e.type, e.payload, customers.c.subscription_id)
        .where(e.customer_id == customers.c.customer_id, told | (e.type == _SUMMARY))
        .order_by(e.customer_id, e.created_at, e.event_id)
    )
    with connection.execute(query.execution_options(yield_per=_BATCH)) as rows:
        for customer_id, of_customer in groupby(rows, key=lambda row: row.customer_id):
            yield _facts(of_customer) | {"customer": customer_id}


def _facts(rows: Iterator[Any]) -> dict[str, Any]:
    checkouts: list[tuple[bool, int, Any, Any]] = []
    invoices: list[tuple[Any, ...]] = []
    entitlements = None
    for row in rows:
        body = json.loads(row.payload)["object"]
        if row.type == _SUMMARY:
            listed = (body.get("entitlements") or {}).get("data") or []
            entitlements = json.dumps(listed, separators=(",", ":"), ensure_ascii=False)
        elif row.type.startswith("checkout.session."):
            if row.type != "checkout.session.expired" and body.get("id"):
                own = body.get("subscription") == row.subscription_id
                device = (body.get("metadata") or {}).get("deviceId")
                checkouts.append((own, len(checkouts), body["id"], device))
        elif body.get("id") and body.get("status"):
            status = body["status"]
            progress = _STATUSES.index(status) if status in _STATUSES else 0
            invoices.append((body.get("created") or 0, body["id"], progress, status))
    # The checkout of the customer's subscription, else the last one.
    session, device = max(checkouts, default=(False, 0, None, None), key=lambda one: one[:2])[2:]
    _, invoice, _, status = max(invoices, default=(0, None, 0, None))
    return {
        "session": session,
        "device": device,
        "invoice": invoice,
        "status": status,
        "entitlements": entitlements,
    }
