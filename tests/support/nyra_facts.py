"""The facts of the description that `nyra` was asked for by, to be compared with what is served.

Names, columns, keys and rules are as described; the sentences here are ours.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

#: A column: name, type, whether it must not be null, default, place in the key.
Column = tuple[str, str, bool, str | None, int]
TABLES: dict[str, tuple[Column, ...]] = {
    "billing_customers": (
        ("customer_id", "TEXT", True, None, 1),
        ("checkout_session_id", "TEXT", False, None, 0),
        ("subscription_id", "TEXT", False, None, 0),
        ("device_id", "TEXT", False, None, 0),
        ("email", "TEXT", False, None, 0),
        ("status", "TEXT", False, None, 0),
        ("entitlement", "TEXT", False, None, 0),
        ("price_id", "TEXT", False, None, 0),
        ("current_period_end", "INTEGER", False, None, 0),
        ("cancel_at_period_end", "INTEGER", True, "0", 0),
        ("last_invoice_id", "TEXT", False, None, 0),
        ("last_invoice_status", "TEXT", False, None, 0),
        ("stripe_entitlements_json", "TEXT", False, None, 0),
        ("updated_at", "TEXT", True, None, 0),
    ),
    "processed_events": (
        ("event_id", "TEXT", True, None, 1),
        ("type", "TEXT", True, None, 0),
        ("processed_at", "TEXT", True, None, 0),
    ),
    "device_activations": (
        ("customer_id", "TEXT", True, None, 1),
        ("device_id", "TEXT", True, None, 2),
        ("activated_at", "TEXT", True, None, 0),
        ("last_checked_at", "TEXT", True, None, 0),
        ("last_active", "INTEGER", True, "0", 0),
    ),
}
INDEXES = {
    "idx_billing_customers_checkout_device": (
        "billing_customers",
        ("checkout_session_id", "device_id"),
    ),
    "idx_billing_customers_subscription": ("billing_customers", ("subscription_id",)),
}
#: PostgreSQL's INTEGER has 32 bits, which milliseconds don't fit in.
POSTGRESQL_TYPES = {("billing_customers", "current_period_end"): "BIGINT"}

#: The manifest's keys in their order, and those of its storage.
MANIFEST_KEYS = (
    *("service", "scope", "runtime", "storage", "routes"),
    *("requiredSecrets", "requiredVars", "checks", "liveBlockers"),
)
STORAGE_KEYS = ("type", "binding", "databaseName", "migrationsDir", "tables")
SERVICE = "nyra-billing-api"
DATABASE_NAME = "nyra_billing"
ROUTES = (
    "GET /health",
    "POST /api/billing/checkout",
    "POST /api/billing/portal",
    "POST /api/billing/webhook",
    "GET /api/license/status",
)
REQUIRED_SECRETS = (
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "NYRA_STRIPE_PRICE_PRO_MONTHLY",
    "NYRA_BILLING_SUCCESS_URL",
    "NYRA_BILLING_CANCEL_URL",
    "NYRA_BILLING_RETURN_URL",
    "NYRA_LICENSE_API_TOKEN",
    "NYRA_LICENSE_SIGNING_SECRET",
)
REQUIRED_VARS = ("ALLOWED_ORIGIN", "STRIPE_API_VERSION")
STRIPE_API_VERSION = "2026-02-25.clover"
#: Blockers that are ours word for word; the others are Cloudflare's and have a counterpart.
LIVE_BLOCKERS = (
    "Stripe product/price after final monthly price",
    "Customer Portal configuration",
    "Stripe webhook endpoint and signing secret",
    "Support inbox roundtrip",
    "Attorney/accountant review",
)


def sqlite_tables(path: Path) -> dict[str, tuple[Column, ...]]:
    """The documented tables of an SQLite file; all have to be strict."""
    with closing(sqlite3.connect(path)) as connection:
        strict = {row[1] for row in connection.execute("PRAGMA table_list") if row[5]}
        assert set(TABLES) <= strict
        return {
            table: tuple(
                (name, kind, bool(required), default, key)
                for _, name, kind, required, default, key in connection.execute(
                    f"PRAGMA table_info({table})"
                )
            )
            for table in TABLES
        }


def sqlite_indexes(path: Path) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The indexes of the documented tables, without those of their keys; none is unique."""
    found = {}
    with closing(sqlite3.connect(path)) as connection:
        for table in TABLES:
            for _, name, unique, origin, partial in connection.execute(
                f"PRAGMA index_list({table})"
            ):
                columns = connection.execute(f"PRAGMA index_info({name})").fetchall()
                if origin != "pk":
                    assert (unique, partial) == (0, 0)
                    found[name] = (table, tuple(row[2] for row in columns))
    return found


def postgresql_tables(connection: sa.Connection) -> dict[str, tuple[Column, ...]]:
    """The documented tables of a PostgreSQL database, with its types where they differ."""
    inspector = sa.inspect(connection)

    def column(table: str, described: Any) -> Column:
        key = inspector.get_pk_constraint(table)["constrained_columns"]
        name = described["name"]
        place = key.index(name) + 1 if name in key else 0
        kind = str(described["type"])
        return (name, kind, not described["nullable"], described["default"], place)

    return {
        table: tuple(column(table, one) for one in inspector.get_columns(table)) for table in TABLES
    }


def on_postgresql() -> dict[str, tuple[Column, ...]]:
    """The tables as PostgreSQL has them."""

    def column(table: str, documented: Column) -> Column:
        name, kind, *_ = documented
        return (name, POSTGRESQL_TYPES.get((table, name), kind), *documented[2:])

    return {
        table: tuple(column(table, one) for one in columns) for table, columns in TABLES.items()
    }


def postgresql_indexes(connection: sa.Connection) -> dict[str, tuple[str, tuple[Any, ...]]]:
    return {
        str(one["name"]): (table, tuple(one["column_names"]))
        for table in TABLES
        for one in sa.inspect(connection).get_indexes(table)
    }


def sqlite_rows(path: Path, query: str, *values: str) -> list[dict[str, Any]]:
    """The rows of a query over an SQLite file, by column."""
    with closing(sqlite3.connect(path)) as connection:
        cursor = connection.execute(query, values)
        return [
            dict(zip((one[0] for one in cursor.description), row, strict=True)) for row in cursor
        ]
