"""The database: the documented tables, and atomic transactions."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from keystead_stub.store import migrations, tables
from keystead_stub.store.engine import Store, open_store

DOCUMENTED = {"billing_customers", "processed_events", "device_activations"}
COLUMNS = {
    "billing_customers": (
        "customer_id email subscription_id status price_id current_period_end "
        "cancel_at_period_end entitlement_key created_at updated_at"
    ),
    "processed_events": "event_id type created_at processed_at",
    "device_activations": (
        "device_id customer_id device_public_key name checkout_session_id activated_at "
        "last_checked_at removed_at"
    ),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stub.db"


@pytest.fixture
def store(path: Path) -> Store:
    opened = open_store(f"sqlite:///{path}")
    migrations.migrate(opened, 1)
    return opened


def test_the_documented_tables_are_strict_and_have_their_columns(store: Store, path: Path) -> None:
    store.close()
    with sqlite3.connect(path) as raw:
        strict = {row[1] for row in raw.execute("PRAGMA table_list") if row[5]}
        for table, columns in COLUMNS.items():
            found = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
            assert found == columns.split()
            keys = [row[1] for row in raw.execute(f"PRAGMA table_info({table})") if row[5]]
            assert keys == columns.split()[:1]
        (reference,) = raw.execute("PRAGMA foreign_key_list(device_activations)")
    raw.close()
    assert strict >= DOCUMENTED
    assert reference[2:5] == ("billing_customers", "customer_id", "customer_id")


def test_migrating_again_changes_nothing(store: Store) -> None:
    assert migrations.migrate(store, 2) == []
    store.close()


def test_a_failed_transaction_is_rolled_back(store: Store) -> None:
    row = tables.processed_events.insert().values(
        event_id="evt_1", type="x", created_at=1, processed_at=1
    )

    def twice() -> None:
        with store.write() as connection:
            connection.execute(row)
            connection.execute(row)

    with pytest.raises(sa.exc.IntegrityError):
        twice()
    with store.read() as connection:
        assert (
            connection.scalar(sa.select(sa.func.count()).select_from(tables.processed_events)) == 0
        )
    store.close()


def test_a_value_of_the_wrong_type_is_refused(store: Store) -> None:
    wrong = sa.text("INSERT INTO processed_events VALUES ('evt', 'x', 'soon', 1)")
    with pytest.raises(sa.exc.IntegrityError), store.write() as connection:
        connection.execute(wrong)
    store.close()


def test_a_device_of_an_unknown_customer_is_refused(store: Store) -> None:
    row = tables.device_activations.insert().values(
        device_id="d", customer_id="cus_none", device_public_key="k", activated_at=1
    )
    with pytest.raises(sa.exc.IntegrityError), store.write() as connection:
        connection.execute(row)
    store.close()


def test_a_database_file_keeps_its_rows_when_reopened(store: Store, path: Path) -> None:
    with store.write() as connection:
        connection.execute(
            tables.processed_events.insert().values(
                event_id="evt_1", type="x", created_at=1, processed_at=1
            )
        )
    store.close()
    again = open_store(f"sqlite:///{path}")
    assert migrations.migrate(again, 2) == []
    assert again.ok()
    with again.read() as connection:
        assert connection.scalar(sa.select(tables.processed_events.c.event_id)) == "evt_1"
        assert connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"
    again.close()


def test_transactions_are_not_nested() -> None:
    memory = open_store()
    with pytest.raises(sqlite3.OperationalError), memory.write(), memory.read():
        raise AssertionError("never reached")
    memory.close()
