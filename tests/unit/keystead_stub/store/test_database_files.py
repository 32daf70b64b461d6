"""The files of a database: nobody else may read them, whatever the umask is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from keystead_stub.app import open_migrated
from keystead_stub.store import backups
from keystead_stub.store.database_files import backups_of
from keystead_stub.store.engine import to_url

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    umask = os.umask(0)
    yield
    os.umask(umask)


def modes(folder: Path) -> dict[str, int]:
    return {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()}


def test_all_files_of_a_new_database_are_private(tmp_path: Path) -> None:
    store = open_migrated(to_url(str(tmp_path / "stub.db")))
    with store.write():
        assert modes(tmp_path) == dict.fromkeys(("stub.db", "stub.db-wal", "stub.db-shm"), 0o600)
    store.close()


def test_files_of_an_earlier_version_become_private(tmp_path: Path) -> None:
    file = tmp_path / "stub.db"
    store = open_migrated(to_url(str(file)))
    now_ms = 1_800_000_000_000
    backups.take_backup(store.engine, version="0001", now_ms=now_ms, taken=False)
    neighbour = tmp_path / "stub.db.notes"
    neighbour.touch()
    for one in tmp_path.iterdir():
        one.chmod(0o644)
    again = open_migrated(to_url(str(file)))
    found = modes(tmp_path)
    assert found.pop(neighbour.name) == 0o644
    assert set(found.values()) == {0o600}
    assert [one.name for one in backups_of(file)] == ["stub.db.before-0001-20270115T080000Z"]
    assert found.keys() >= {"stub.db", "stub.db-wal", backups_of(file)[0].name}
    again.close()
    store.close()
