"""The secrets that nobody set: over the same database every command makes the same ones."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from keystead_stub.app import open_migrated
from keystead_stub.ops import run_files
from keystead_stub.store.engine import file_path
from keystead_stub.store.shared_seed import get_shared_seed


def maker(database: str, *, backup_taken: bool = False) -> Callable[[int], bytes]:
    """What makes them, so many bytes at a time, over the database of this URL."""
    kept = folder_beside(database)
    if kept is not None:
        return run_files.deterministic_bytes(run_files.remembered(kept, secrets.token_bytes))
    if sa.make_url(database).get_backend_name() == "sqlite":
        return secrets.token_bytes
    store = open_migrated(database, backup_taken=backup_taken)
    try:
        seed = get_shared_seed(store, secrets.token_bytes, run_files.SEED_BYTES)
    finally:
        store.close()
    return run_files.deterministic_bytes(seed)


def folder_beside(database: str) -> Path | None:
    """The folder beside a database file, or None where there is no such file."""
    file = file_path(database)
    return file.with_suffix(".stub") if file else None
