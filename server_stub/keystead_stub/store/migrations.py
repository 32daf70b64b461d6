"""Numbered steps from an empty database to the present one; each is taken once.

A step is SQL in which `{instant}` is a 64-bit integer, `{serial}` a growing primary key and
`{strict}` what makes SQLite check types. A step that is in anybody's database is never changed:
what changes it is the next step. Before a step that drops data, a backup is taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from keystead_stub.store import backups, locks, merchant_steps, stripe_tables
from keystead_stub.store.engine import Store
from keystead_stub.stripe_sim.engine.rows import ACCOUNT_ID

Change = str | Callable[[sa.Connection], None]


@dataclass(frozen=True, slots=True)
class Dropping:
    """A step in Python after which something is gone; of one in SQL its words tell."""

    change: Callable[[sa.Connection], None]


Step = Change | Dropping

_DROPS = re.compile(r"\b(?:DROP\s+(?!INDEX)|DELETE\s+FROM|TRUNCATE)", re.IGNORECASE)

VERSIONS = """
CREATE TABLE IF NOT EXISTS schema_versions (
    version {instant} NOT NULL PRIMARY KEY,
    applied_at {instant} NOT NULL
){strict}
"""

_DOCUMENTED = """
CREATE TABLE billing_customers (
    customer_id TEXT NOT NULL PRIMARY KEY,
    email TEXT,
    subscription_id TEXT,
    status TEXT NOT NULL,
    price_id TEXT,
    current_period_end {instant},
    cancel_at_period_end INTEGER NOT NULL DEFAULT 0,
    entitlement_key TEXT,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
){strict};
CREATE INDEX billing_customers_by_subscription ON billing_customers (subscription_id);
CREATE INDEX billing_customers_by_email ON billing_customers (email);
CREATE TABLE processed_events (
    event_id TEXT NOT NULL PRIMARY KEY,
    type TEXT NOT NULL,
    created_at {instant} NOT NULL,
    processed_at {instant} NOT NULL
){strict};
CREATE TABLE device_activations (
    device_id TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES billing_customers (customer_id),
    device_public_key TEXT NOT NULL,
    name TEXT,
    checkout_session_id TEXT,
    activated_at {instant} NOT NULL,
    last_checked_at {instant},
    removed_at {instant}
){strict};
CREATE INDEX device_activations_by_customer ON device_activations (customer_id);
CREATE INDEX device_activations_by_checkout ON device_activations (checkout_session_id)
"""

_BILLING = """
CREATE TABLE billing_events (
    event_id TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    type TEXT NOT NULL,
    object_id TEXT,
    created_at {instant} NOT NULL,
    payload TEXT NOT NULL
){strict};
CREATE INDEX billing_events_by_customer ON billing_events (customer_id);
CREATE INDEX billing_events_by_object ON billing_events (object_id);
CREATE TABLE billing_states (
    customer_id TEXT NOT NULL PRIMARY KEY REFERENCES billing_customers (customer_id),
    state TEXT NOT NULL,
    updated_at {instant} NOT NULL
){strict};
CREATE TABLE checkout_devices (
    session_id TEXT NOT NULL PRIMARY KEY,
    device_id TEXT NOT NULL,
    device_public_key TEXT NOT NULL,
    name TEXT,
    customer_id TEXT,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    completed_at {instant}
){strict};
CREATE INDEX checkout_devices_by_device ON checkout_devices (device_id)
"""

_DEVICES = """
CREATE TABLE restore_requests (
    activation_id TEXT NOT NULL PRIMARY KEY,
    secret_hash TEXT NOT NULL,
    customer_id TEXT,
    device_id TEXT NOT NULL,
    device_public_key TEXT NOT NULL,
    name TEXT,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    confirmed_at {instant}
){strict};
CREATE UNIQUE INDEX restore_requests_by_secret ON restore_requests (secret_hash);
CREATE TABLE outbox (
    id {serial},
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    link TEXT,
    created_at {instant} NOT NULL
){strict};
CREATE TABLE device_exchanges (
    id {serial},
    customer_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    removed_at {instant} NOT NULL
){strict};
CREATE INDEX device_exchanges_by_customer ON device_exchanges (customer_id, removed_at);
CREATE TABLE used_proofs (
    jkt TEXT NOT NULL,
    jti TEXT NOT NULL,
    expires_at {instant} NOT NULL,
    PRIMARY KEY (jkt, jti)
){strict};
CREATE INDEX used_proofs_by_expiry ON used_proofs (expires_at)
"""

_RETURN = "ALTER TABLE checkout_devices ADD COLUMN return_url TEXT"

_OFFLINE = "ALTER TABLE restore_requests ADD COLUMN offline_request TEXT"


def _money_and_creation(connection: sa.Connection) -> None:
    """Give simulated Stripe its funds, and each object the instant of its creation."""
    table = stripe_tables.objects
    known = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    if "created_s" not in known:
        connection.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN created_s BIGINT"))
        for row in connection.execute(sa.select(table.c.seq, table.c.document)).all():
            created_s = json.loads(row.document).get("created")
            changed = sa.update(table).where(table.c.seq == row.seq)
            connection.execute(changed.values(created_s=created_s))
        by_created = next(i for i in table.indexes if i.name == "stripe_objects_by_created")
        by_created.create(connection)
    stripe_tables.metadata.create_all(connection)


_ACCOUNTS = """
CREATE TABLE accounts (
    api TEXT NOT NULL,
    account_id TEXT NOT NULL,
    customer_id TEXT,
    linked_at {instant},
    created_at {instant} NOT NULL,
    PRIMARY KEY (api, account_id)
){strict};
CREATE INDEX accounts_by_customer ON accounts (customer_id);
CREATE TABLE sign_in_grants (
    secret_hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    api TEXT NOT NULL,
    account_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    redirect_uri TEXT,
    challenge TEXT,
    family TEXT NOT NULL,
    expires_at {instant} NOT NULL,
    used_at {instant}
){strict};
CREATE INDEX sign_in_grants_by_family ON sign_in_grants (family);
CREATE TABLE billing_audit (
    api TEXT NOT NULL,
    account_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    created_at {instant} NOT NULL,
    received_at {instant} NOT NULL,
    PRIMARY KEY (api, account_id, event_id)
){strict}
"""

_CROW = """
CREATE TABLE jobs (
    id {serial},
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at {instant} NOT NULL,
    due_at {instant},
    done_at {instant},
    last_error TEXT
){strict};
CREATE UNIQUE INDEX jobs_by_key ON jobs (kind, key);
CREATE INDEX jobs_by_due ON jobs (due_at);
CREATE TABLE billing_builders (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    modules TEXT NOT NULL,
    pay_as_you_go INTEGER NOT NULL,
    billing_period TEXT NOT NULL,
    stripe_customer_id TEXT,
    stripe_subscription_id TEXT,
    status TEXT NOT NULL,
    onboarding_id TEXT,
    created_at {instant} NOT NULL
){strict};
CREATE INDEX billing_builders_by_organization ON billing_builders (organization_id);
CREATE TABLE organization_subscriptions (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL UNIQUE,
    modules TEXT NOT NULL,
    pay_as_you_go INTEGER NOT NULL,
    billing_period TEXT NOT NULL,
    stripe_customer_id TEXT,
    stripe_subscription_id TEXT,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
){strict};
CREATE TABLE notifications (
    id {serial},
    body TEXT NOT NULL,
    received_at {instant} NOT NULL
){strict}
"""

_MADE = """
CREATE TABLE made_seed (
    id INTEGER NOT NULL PRIMARY KEY,
    seed TEXT NOT NULL
){strict}
"""

_SWITCHES = """
CREATE TABLE switches (
    name TEXT NOT NULL PRIMARY KEY,
    is_on INTEGER NOT NULL,
    changed_at {instant} NOT NULL
){strict}
"""


def _accounts_at_stripe(connection: sa.Connection) -> None:
    """Let each row of simulated Stripe belong to an account; those that are there, to our own.

    Ids become an account's own, which SQLite can change in a new table only. All rows are kept.
    """
    there = set(sa.inspect(connection).get_table_names())
    for table in stripe_tables.OWNED:
        if table.name not in there:
            continue
        present = sa.Table(table.name, sa.MetaData(), autoload_with=connection)
        if "account_id" not in present.c:
            _rebuild(connection, present, table)
    stripe_tables.metadata.create_all(connection)


def _rebuild(connection: sa.Connection, present: sa.Table, table: sa.Table) -> None:
    for index in present.indexes:
        index.drop(connection)
    connection.execute(sa.text(f"ALTER TABLE {table.name} RENAME TO {table.name}_kept"))
    kept = sa.Table(f"{table.name}_kept", sa.MetaData(), autoload_with=connection)
    table.create(connection)
    rows = sa.select(sa.literal(ACCOUNT_ID), *kept.c)
    connection.execute(table.insert().from_select(["account_id", *kept.c.keys()], rows))
    kept.drop(connection)
    numbered = table.autoincrement_column
    if numbered is not None and connection.dialect.name == "postgresql":
        highest = sa.select(sa.func.max(numbered)).scalar_subquery()
        serial = sa.func.pg_get_serial_sequence(table.name, numbered.name)
        connection.execute(sa.select(sa.func.setval(serial, highest)))


STEPS: tuple[Step, ...] = (
    _DOCUMENTED,
    _BILLING,
    _DEVICES,
    stripe_tables.metadata.create_all,
    _RETURN,
    _money_and_creation,
    _ACCOUNTS,
    _CROW,
    stripe_tables.metadata.create_all,
    _OFFLINE,
    _MADE,
    _SWITCHES,
    merchant_steps.MERCHANTS,
    merchant_steps.MIRROR,
    merchant_steps.PEOPLE,
    _accounts_at_stripe,
    merchant_steps.SOLD_BY,
    merchant_steps.BALANCES,
    merchant_steps.LINKS,
    merchant_steps.REQUESTS,
)

_WORDS = {
    "sqlite": {"instant": "INTEGER", "serial": "INTEGER PRIMARY KEY", "strict": " STRICT"},
    "postgresql": {"instant": "BIGINT", "serial": "BIGSERIAL PRIMARY KEY", "strict": ""},
}


_LOCK = "migrations"


def drops_data(step: Step) -> bool:
    """Whether something that was stored is gone after this step."""
    return isinstance(step, Dropping) or (isinstance(step, str) and bool(_DROPS.search(step)))


def migrate(
    store: Store, now_ms: int, *, steps: Sequence[Step] = STEPS, backup_taken: bool = False
) -> int:
    """Bring the database to the present version, and return how many steps that took.

    Each step is one transaction with its own version row, so a crash leaves whole steps only.
    Raises StorageFailed or InvalidInput (``backup_needed``) where there can be no backup before a
    step that drops data; the database is as it was before that step. A database that begins here
    has nothing to lose.
    """
    words = _WORDS[store.engine.dialect.name]
    with store.write() as connection:
        locks.take(connection, _LOCK)
        connection.execute(sa.text(VERSIONS.format(**words)))
        begins = _present(connection) == 0
    taken = 0
    for version, step in enumerate(steps, start=1):
        with store.write() as connection:
            locks.take(connection, _LOCK)
            if _present(connection) >= version:
                continue
            if drops_data(step) and not begins:
                backups.take(store.engine, version=version, now_ms=now_ms, taken=backup_taken)
            _take(connection, step, words)
            connection.execute(
                sa.text("INSERT INTO schema_versions VALUES (:version, :now)"),
                {"version": version, "now": now_ms},
            )
            taken += 1
    return taken


def _take(connection: sa.Connection, step: Step, words: dict[str, str]) -> None:
    change = step.change if isinstance(step, Dropping) else step
    if callable(change):
        change(connection)
        return
    for statement in change.format(**words).split(";"):
        connection.execute(sa.text(statement))


def _present(connection: sa.Connection) -> int:
    return int(connection.scalar(sa.text("SELECT coalesce(max(version), 0) FROM schema_versions")))
