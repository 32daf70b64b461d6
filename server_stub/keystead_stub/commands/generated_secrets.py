"""Secrets that are not configured: every command generates the same ones for a database."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from keystead.errors import InvalidInput
from keystead_stub.app import open_migrated
from keystead_stub.ops import run_files
from keystead_stub.store.engine import file_path
from keystead_stub.store.shared_seed import get_shared_seed


def byte_source(database: str, *, backup_taken: bool = False) -> Callable[[int], bytes]:
    """Return the source of bytes for generated secrets of this database.

    The bytes are the same at each start, except for a database in memory. Raises InvalidInput
    (``invalid_database``) where the database's folder does not exist, and StorageFailed.
    """
    folder = folder_beside(database)
    if folder is not None:
        if not folder.parent.is_dir():
            # Checked here, or the error would be about a file that the user has never named.
            raise InvalidInput(
                f"There is no folder {folder.parent} for the database.", code="invalid_database"
            )
        return run_files.deterministic_bytes(run_files.load_seed(folder, secrets.token_bytes))
    if sa.make_url(database).get_backend_name() == "sqlite":
        return secrets.token_bytes
    # Several processes may serve one database, so they share the seed in it.
    store = open_migrated(database, backup_taken=backup_taken)
    try:
        seed = get_shared_seed(store, secrets.token_bytes, run_files.SEED_BYTES)
    finally:
        store.close()
    return run_files.deterministic_bytes(seed)


def folder_beside(database: str) -> Path | None:
    """The folder beside an SQLite file; null for other databases."""
    file = file_path(database)
    return file.with_suffix(".stub") if file else None
