"""The tables of simulated Stripe. They hold its whole state, so that several processes can share it.

`stripe_sim.engine.rows` is the only access to tables with an `account_id`, so that no account sees
another one's rows.

| table | a row is | columns |
| --- | --- | --- |
| `stripe_account` | the state of the whole (`id` 1) | `revision` (every write raises it, and so takes the lock), `offset_ms` and `floor_ms` of the clock |
| `stripe_keys` | a connected account's secret key | `key_hash` SHA-256, `account_id` |
| `stripe_objects` | an object as the API gives it | `seq` order of creation, `account_id`, `id`, `kind` (Stripe's `object`), `customer_id`, `created_s`, `document` JSON, `private` JSON that Stripe never shows |
| `stripe_funds` | a balance transaction, to be summed | `account_id`, `id`, `currency`, `net`, `available_s`, `payout_id` of the payout that took it to the bank |
| `stripe_requests` | an idempotency key that was used | `account_id`, `key`, `fingerprint` of the request, `answer` JSON, `created_s` |
| `stripe_timers` | something that will happen | `id`, `account_id`, `due_ms`, `kind`, `object_id` |
| `stripe_events` | an event, never changed | `seq`, `account_id`, `id`, `type`, `created_ms`, `object_id`, `customer_id`, `document` JSON |
| `stripe_endpoints` | a webhook endpoint | `id`, `account_id`, `url`, `secrets` JSON list, `enabled_events` JSON list |
| `stripe_pending` | a delivery still owed | (`event_id`, `endpoint_id`), `event_seq`, `due_ms`, `attempts` made, `tries` since it was last asked for, `since_ms` when that was |
| `stripe_deliveries` | one attempt that was made | `seq`, `event_id`, `endpoint_id`, `url`, `attempt`, `at_ms`, `status`, `duration_ms`, `error`, `next_attempt_ms` |
"""  # noqa: E501 a table's row cannot be broken

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from keystead_stub.store.columns import BIG_INTEGER

metadata = MetaData()


def _account_id(*, key: bool = False) -> Column[str]:
    return Column("account_id", String(48), primary_key=key, nullable=False)


account = Table(
    "stripe_account",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("offset_ms", BigInteger, nullable=False),
    Column("floor_ms", BigInteger, nullable=False),
)

keys = Table(
    "stripe_keys",
    metadata,
    Column("key_hash", String(64), primary_key=True),
    Column("account_id", String(48), nullable=False, unique=True),
)

objects = Table(
    "stripe_objects",
    metadata,
    Column("seq", BIG_INTEGER, primary_key=True, autoincrement=True),
    _account_id(),
    Column("id", String(80), nullable=False),
    Column("kind", String(48), nullable=False),
    Column("customer_id", String(32), nullable=True),
    Column("document", Text, nullable=False),
    Column("private", Text, nullable=False),
    Column("created_s", BigInteger, nullable=True),
    Index("stripe_objects_by_customer", "customer_id", "kind", "seq"),
    Index("stripe_objects_by_created", "kind", "created_s"),
    Index("stripe_objects_by_kind", "account_id", "kind", "seq"),
    # With the id first, because an object is also looked up by its id alone.
    UniqueConstraint("id", "account_id"),
)

funds = Table(
    "stripe_funds",
    metadata,
    _account_id(key=True),
    Column("id", String(80), primary_key=True),
    Column("currency", String(8), nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("available_s", BigInteger, nullable=False),
    Column("payout_id", String(80), nullable=True),
    Index("stripe_funds_by_payout", "account_id", "payout_id", "available_s"),
)

requests = Table(
    "stripe_requests",
    metadata,
    _account_id(key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("created_s", BigInteger, nullable=False),
)

timers = Table(
    "stripe_timers",
    metadata,
    Column("id", BIG_INTEGER, primary_key=True, autoincrement=True),
    _account_id(),
    Column("due_ms", BigInteger, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("object_id", String(80), nullable=False),
    Index("stripe_timers_by_due", "due_ms", "id"),
    Index("stripe_timers_by_object", "object_id"),
)

events = Table(
    "stripe_events",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _account_id(),
    Column("id", String(48), nullable=False, unique=True),
    Column("type", String(64), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("object_id", String(80), nullable=True),
    Column("customer_id", String(32), nullable=True),
    Column("document", Text, nullable=False),
    Index("stripe_events_by_customer", "customer_id", "seq"),
    Index("stripe_events_by_account", "account_id", "seq"),
    Index("stripe_events_by_type", "type", "seq"),
)

endpoints = Table(
    "stripe_endpoints",
    metadata,
    Column("id", String(48), primary_key=True),
    _account_id(),
    Column("url", String(2048), nullable=False),
    Column("secrets", Text, nullable=False),
    Column("enabled_events", Text, nullable=False),
    UniqueConstraint("url", "account_id"),
)

pending = Table(
    "stripe_pending",
    metadata,
    Column("event_id", String(48), primary_key=True),
    Column("endpoint_id", String(48), primary_key=True),
    Column("event_seq", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Index("stripe_pending_by_due", "due_ms", "event_seq"),
)

deliveries = Table(
    "stripe_deliveries",
    metadata,
    Column("seq", BIG_INTEGER, primary_key=True, autoincrement=True),
    Column("event_id", String(48), nullable=False),
    Column("endpoint_id", String(48), nullable=False),
    Column("url", String(2048), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("status", Integer, nullable=True),
    Column("duration_ms", Integer, nullable=False),
    Column("error", String(200), nullable=True),
    Column("next_attempt_ms", BigInteger, nullable=True),
    Index("stripe_deliveries_by_event", "event_id", "seq"),
)

#: Tables with an `account_id`.
OWNED = (objects, funds, requests, timers, events, endpoints)
#: Emptied by a reset. Endpoints stay, or the platform would receive no more events.
FORGETTABLE = (account, keys, objects, funds, requests, timers, events, pending, deliveries)
