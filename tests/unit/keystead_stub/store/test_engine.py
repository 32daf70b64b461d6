"""The database: the documented tables, and atomic transactions."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from keystead_stub.store import migrations
from keystead_stub.store.documented_tables import processed_events
from keystead_stub.store.engine import Store, open_store
from keystead_stub.store.tables import devices
from support import nyra_facts


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stub.db"


@pytest.fixture
def store(path: Path) -> Store:
    opened = open_store(f"sqlite:///{path}")
    migrations.migrate(opened, 1)
    return opened


def test_the_documented_tables_are_as_described(store: Store, path: Path) -> None:
    store.close()
    assert nyra_facts.sqlite_tables(path) == nyra_facts.TABLES
    assert nyra_facts.sqlite_indexes(path) == nyra_facts.INDEXES


def test_migrating_again_changes_nothing(store: Store) -> None:
    assert migrations.migrate(store, 2) == []
    store.close()


def test_a_failed_transaction_is_rolled_back(store: Store) -> None:
    row = processed_events.insert().values(event_id="evt_1", type="x", processed_at=1)

    def twice() -> None:
        with store.write() as connection:
            connection.execute(row)
            connection.execute(row)

    with pytest.raises(sa.exc.IntegrityError):
        twice()
    with store.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(processed_events)) == 0
    store.close()


def test_a_value_of_the_wrong_type_is_refused(store: Store) -> None:
    wrong = sa.text("INSERT INTO used_proofs VALUES ('jkt', 'jti', 'soon')")
    with pytest.raises(sa.exc.IntegrityError), store.write() as connection:
        connection.execute(wrong)
    store.close()


def test_a_device_of_an_unknown_customer_is_refused(store: Store) -> None:
    row = devices.insert().values(device_id="d", customer_id="cus_none", device_public_key="k")
    with pytest.raises(sa.exc.IntegrityError), store.write() as connection:
        connection.execute(row)
    store.close()


def test_a_database_file_keeps_its_rows_when_reopened(store: Store, path: Path) -> None:
    with store.write() as connection:
        connection.execute(
            processed_events.insert().values(event_id="evt_1", type="x", processed_at=1)
        )
    store.close()
    again = open_store(f"sqlite:///{path}")
    assert migrations.migrate(again, 2) == []
    assert again.ok()
    with again.read() as connection:
        assert connection.scalar(sa.select(processed_events.c.event_id)) == "evt_1"
        assert connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"
    again.close()


def test_transactions_are_not_nested() -> None:
    memory = open_store()
    with pytest.raises(sqlite3.OperationalError), memory.write(), memory.read():
        raise AssertionError("never reached")
    memory.close()
