"""A revision that drops data needs a backup first; without one nothing changes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from keystead.errors import InvalidInput, StorageFailed
from keystead.instants import from_iso
from keystead_stub.store import backups
from keystead_stub.store.engine import Store, open_store
from keystead_stub.store.migrations import VERSIONS, known_revisions, migrate
from support.postgresql import postgresql

NOW_MS = from_iso("2026-11-21T09:05:00Z")
NEXT = "9000"
REVISION = f"""
from alembic import op

revision = "{NEXT}"
down_revision = "{known_revisions()[-1]}"
drops_data = True


def upgrade() -> None:
    op.drop_table("outbox")
"""
MAIL = sa.text(
    "INSERT INTO outbox (id, recipient, subject, body, created_at) VALUES (1, 'a', 'b', 'c', 1)"
)


def mails(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as raw:
        return list(raw.execute("SELECT recipient, subject, body FROM outbox"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stub.db"


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """All revisions, and one that drops a table."""
    folder = tmp_path / "100% versions"
    shutil.copytree(VERSIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / f"r{NEXT}_drop_outbox.py").write_text(REVISION)
    return folder


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{path}")
    migrate(opened, 1)
    with opened.write() as connection:
        connection.execute(MAIL)
    yield opened
    opened.close()


def test_a_sqlite_file_is_backed_up_before_data_is_dropped(
    store: Store, path: Path, versions: Path
) -> None:
    assert migrate(store, NOW_MS, versions=versions) == [NEXT]
    backup = path.with_name(f"stub.db.before-{NEXT}-20261121T090500Z")
    assert mails(backup) == [("a", "b", "c")]
    assert backup.stat().st_mode & 0o777 == 0o600
    with pytest.raises(sqlite3.OperationalError, match="outbox"):
        mails(path)
    assert migrate(store, NOW_MS + 1000, versions=versions) == []
    assert list(path.parent.glob("*before*")) == [backup]
    # The version of the program before this revision can open the copy.
    again = open_store(f"sqlite:///{backup}")
    assert migrate(again, NOW_MS) == []
    again.close()


def test_a_failed_backup_stops_the_migration(store: Store, path: Path, versions: Path) -> None:
    taken = backups.backup_path(path, version=NEXT, now_ms=NOW_MS)
    taken.write_text("another file")
    with pytest.raises(StorageFailed):
        migrate(store, NOW_MS, versions=versions)
    assert mails(path) == [("a", "b", "c")]
    assert migrate(store, NOW_MS) == []
    assert taken.read_text() == "another file"


def test_a_new_database_is_not_backed_up(path: Path, versions: Path) -> None:
    for url in ("sqlite://", f"sqlite:///{path}"):
        new = open_store(url)
        assert migrate(new, NOW_MS, versions=versions) == []
        new.close()
    assert list(path.parent.glob("*before*")) == []


def test_a_database_in_memory_is_not_backed_up(versions: Path) -> None:
    memory = open_store()
    migrate(memory, 1)
    assert migrate(memory, NOW_MS, versions=versions) == [NEXT]
    memory.close()


@pytest.mark.long
def test_dropping_data_on_postgresql_asks_for_a_pg_dump(versions: Path) -> None:
    with postgresql() as url:
        store = open_store(url)
        migrate(store, 1)
        with store.write() as connection:
            connection.execute(MAIL)
        with pytest.raises(InvalidInput) as refused:
            migrate(store, NOW_MS, versions=versions)
        assert refused.value.code == "backup_needed"
        assert f"pg_dump --format=custom --file=before-{NEXT}.dump" in (refused.value.remedy or "")
        with store.read() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM outbox")) == 1
        assert migrate(store, NOW_MS, versions=versions, backup_taken=True) == [NEXT]
        store.close()


def test_the_pg_dump_command_has_no_password() -> None:
    url = sa.make_url("postgresql+psycopg://ada:swordfish@db.example:5433/nyra?sslmode=require")
    line = backups.pg_dump_command(url, "0013")
    assert line == (
        "pg_dump --format=custom --file=before-0013.dump postgresql://ada@db.example:5433/nyra"
    )
