"""Steps that change tables with rows in them: each row is there afterwards, and works."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
import sqlalchemy as sa

from keystead_stub.billing.catalogue import default_catalogue
from keystead_stub.store import migrations, stripe_tables
from keystead_stub.store.engine import Store, open_store
from keystead_stub.stripe_seed import seed_from
from keystead_stub.stripe_sim.engine.rows import ACCOUNT_ID
from keystead_stub.stripe_sim.engine.rules import Rules
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from support.postgresql import postgresql

#: Simulated Stripe's tables as they were when there was one account.
ONE_ACCOUNT = """
CREATE TABLE stripe_objects (
    seq {serial}, id VARCHAR(80) NOT NULL UNIQUE, kind VARCHAR(48) NOT NULL,
    customer_id VARCHAR(32), document TEXT NOT NULL, private TEXT NOT NULL, created_s BIGINT
);
CREATE INDEX stripe_objects_by_created ON stripe_objects (kind, created_s);
CREATE INDEX stripe_objects_by_kind ON stripe_objects (kind, seq);
CREATE INDEX stripe_objects_by_customer ON stripe_objects (customer_id, kind, seq);
CREATE TABLE stripe_funds (
    id VARCHAR(80) NOT NULL PRIMARY KEY, currency VARCHAR(8) NOT NULL, net BIGINT NOT NULL,
    available_s BIGINT NOT NULL, payout_id VARCHAR(80)
);
CREATE INDEX stripe_funds_by_payout ON stripe_funds (payout_id, available_s);
CREATE TABLE stripe_requests (
    key VARCHAR(255) NOT NULL PRIMARY KEY, fingerprint VARCHAR(64) NOT NULL,
    answer TEXT NOT NULL, created_s BIGINT NOT NULL
);
CREATE TABLE stripe_timers (
    id {serial}, due_ms BIGINT NOT NULL, kind VARCHAR(24) NOT NULL,
    object_id VARCHAR(80) NOT NULL
);
CREATE INDEX stripe_timers_by_due ON stripe_timers (due_ms, id);
CREATE INDEX stripe_timers_by_object ON stripe_timers (object_id);
CREATE TABLE stripe_events (
    seq BIGINT NOT NULL PRIMARY KEY, id VARCHAR(48) NOT NULL UNIQUE, type VARCHAR(64) NOT NULL,
    created_ms BIGINT NOT NULL, object_id VARCHAR(80), customer_id VARCHAR(32),
    document TEXT NOT NULL
);
CREATE INDEX stripe_events_by_customer ON stripe_events (customer_id, seq);
CREATE INDEX stripe_events_by_type ON stripe_events (type, seq);
CREATE TABLE stripe_endpoints (
    id VARCHAR(48) NOT NULL PRIMARY KEY, url VARCHAR(2048) NOT NULL UNIQUE,
    secrets TEXT NOT NULL, enabled_events TEXT NOT NULL
)
"""
SERIAL = {"sqlite": "INTEGER PRIMARY KEY", "postgresql": "BIGSERIAL PRIMARY KEY"}
CUSTOMER = '{"id":"cus_kept","object":"customer","email":"a@example.com"}'
ROWS = {
    "stripe_objects": (
        *(7, "cus_kept", "customer", "cus_kept", CUSTOMER, '{"created":1700000000}'),
        1700000000,
    ),
    "stripe_funds": ("txn_kept", "eur", 1175, 1, None),
    "stripe_requests": ("key", "print", "{}", 1),
    "stripe_timers": (3, 4102444800000, "expire", "cs_kept"),
    "stripe_events": (4096, "evt_kept", "x", 1, None, None, "{}"),
    "stripe_endpoints": ("we_kept", "http://127.0.0.1/", "[]", "[]"),
}


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)],
)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "sqlite":
        opened = open_store()
        yield opened
        opened.close()
        return
    with postgresql() as url:
        opened = open_store(url)
        yield opened
        opened.close()


def test_what_was_there_before_accounts_is_the_platforms(store: Store) -> None:
    before = migrations.STEPS.index(migrations._accounts_at_stripe)
    migrations.migrate(store, 1, steps=migrations.STEPS[:before])
    with store.write() as connection:
        for table in stripe_tables.OWNED:
            connection.execute(sa.text(f"DROP TABLE {table.name}"))
        for statement in ONE_ACCOUNT.split(";"):
            words = statement.format(serial=SERIAL[store.engine.dialect.name])
            connection.execute(sa.text(words))
        for name, row in ROWS.items():
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            connection.execute(table.insert().values(row))
    assert migrations.migrate(store, 2) == len(migrations.STEPS) - before

    with store.read() as connection:
        for table in stripe_tables.OWNED:
            (row,) = connection.execute(sa.select(table)).all()
            assert row.account_id == ACCOUNT_ID
        columns = stripe_tables.objects.c
        kept = connection.execute(sa.select(columns.seq, columns.id, columns.created_s)).one()
    assert kept == (7, "cus_kept", 1700000000)

    rules = Rules(
        seed=seed_from(default_catalogue(), connected_api="dashclicks"),
        base_url="http://127.0.0.1:1",
    )
    stripe = SimulatedStripe(store, rules, real_ms=lambda: 1000, random=Random(1))
    assert [one.id for one in stripe.customers()] == ["cus_kept"]
    assert stripe.balance()["available"][0]["amount"] == 1175
    made = stripe.open_account("Acme")
    assert stripe.within(made.id).customers() == ()
