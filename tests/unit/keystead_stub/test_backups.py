"""A migration that drops data leaves a whole copy of what was, or changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from keystead.errors import InvalidInput, StorageFailed
from keystead.instants import from_iso
from keystead_stub.store import backups, migrations
from keystead_stub.store.engine import Store, open_store
from keystead_stub.store.migrations import STEPS, Dropping, Step, drops_data, migrate
from support.postgresql import postgresql

NOW_MS = from_iso("2026-11-21T09:05:00Z")
DROP = "DROP TABLE outbox"
VERSION = len(STEPS) + 1
MAIL = sa.text(
    "INSERT INTO outbox (id, recipient, subject, body, created_at) VALUES (1, 'a', 'b', 'c', 1)"
)


def drop(connection: sa.Connection) -> None:
    connection.execute(sa.text(DROP))


def mails(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as raw:
        return list(raw.execute("SELECT recipient, subject, body FROM outbox"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stub.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{path}")
    migrate(opened, 1)
    with opened.write() as connection:
        connection.execute(MAIL)
    yield opened
    opened.close()


@pytest.mark.parametrize("step", [DROP, Dropping(drop)], ids=["sql", "python"])
def test_a_file_is_copied_beside_itself_first(store: Store, path: Path, step: Step) -> None:
    assert migrate(store, NOW_MS, steps=(*STEPS, step)) == 1
    backup = path.with_name(f"stub.db.before-{VERSION}-20261121T090500Z")
    assert mails(backup) == [("a", "b", "c")]
    assert backup.stat().st_mode & 0o777 == 0o600
    with pytest.raises(sqlite3.OperationalError, match="outbox"):
        mails(path)
    assert migrate(store, NOW_MS + 1000, steps=(*STEPS, step)) == 0
    assert list(path.parent.glob("*before*")) == [backup]
    # The copy is a database to go back to.
    again = open_store(f"sqlite:///{backup}")
    assert migrate(again, NOW_MS) == 0
    again.close()


def test_without_a_copy_nothing_is_dropped(store: Store, path: Path) -> None:
    backups.name_of(path, version=VERSION, now_ms=NOW_MS).write_text("somebody's")
    with pytest.raises(StorageFailed):
        migrate(store, NOW_MS, steps=(*STEPS, DROP))
    assert mails(path) == [("a", "b", "c")]
    assert migrate(store, NOW_MS) == 0
    assert backups.name_of(path, version=VERSION, now_ms=NOW_MS).read_text() == "somebody's"


def test_what_begins_here_has_nothing_to_lose(path: Path) -> None:
    for url in ("sqlite://", f"sqlite:///{path}"):
        fresh = open_store(url)
        assert migrate(fresh, NOW_MS, steps=(*STEPS, DROP)) == VERSION
        fresh.close()
    assert list(path.parent.glob("*before*")) == []


def test_a_database_in_memory_has_nothing_to_keep() -> None:
    memory = open_store()
    migrate(memory, 1)
    assert migrate(memory, NOW_MS, steps=(*STEPS, DROP)) == 1
    memory.close()


@pytest.mark.parametrize(
    ("step", "drops"),
    [
        ("ALTER TABLE a DROP COLUMN b", True),
        ("CREATE TABLE a (b TEXT);\nDelete  From c", True),
        ("TRUNCATE a", True),
        (DROP.lower(), True),
        (Dropping(drop), True),
        ("DROP INDEX a", False),
        ("ALTER TABLE a ADD COLUMN dropped_at TEXT", False),
    ],
)
def test_what_drops_is_known_by_its_words(step: Step, drops: bool) -> None:
    assert drops_data(step) is drops


def test_no_step_of_ours_has_dropped_anything_yet() -> None:
    assert not any(map(drops_data, migrations.STEPS))


@pytest.mark.long
def test_a_servers_database_is_its_operators_to_dump() -> None:
    with postgresql() as url:
        store = open_store(url)
        migrate(store, 1)
        with store.write() as connection:
            connection.execute(MAIL)
        with pytest.raises(InvalidInput) as refused:
            migrate(store, NOW_MS, steps=(*STEPS, DROP))
        assert refused.value.code == "backup_needed"
        assert f"pg_dump --format=custom --file=before-{VERSION}.dump" in (
            refused.value.remedy or ""
        )
        with store.read() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM outbox")) == 1
        assert migrate(store, NOW_MS, steps=(*STEPS, DROP), backup_taken=True) == 1
        store.close()


def test_the_line_to_run_has_no_password() -> None:
    url = sa.make_url("postgresql+psycopg://ada:swordfish@db.example:5433/nyra?sslmode=require")
    line = backups.dump_line(url, 13)
    assert line == (
        "pg_dump --format=custom --file=before-13.dump postgresql://ada@db.example:5433/nyra"
    )
