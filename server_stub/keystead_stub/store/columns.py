"""Kinds of columns, and the metadata of the backend's own tables."""

from __future__ import annotations

import sqlalchemy as sa

from keystead.instants import from_iso, iso

metadata = sa.MetaData()

#: 64 bits. SQLite's strict tables know this type by the name INTEGER alone, and only a column of
#: that name numbers its rows.
BIG_INTEGER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class Flag(sa.TypeDecorator[bool]):
    """A truth value as 0 or 1, because SQLite's strict tables know no BOOLEAN."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> bool | None:
        return None if value is None else bool(value)


class InstantText(sa.TypeDecorator[int]):
    """Epoch milliseconds, stored as RFC 3339 text in UTC, which sorts by time."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else iso(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else from_iso(value)


def table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *parts, sqlite_strict=True)


def text(name: str, *, key: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=key, nullable=null)


def instant(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, BIG_INTEGER, nullable=null)


def instant_text(name: str) -> sa.Column[int]:
    return sa.Column(name, InstantText, nullable=False)


def flag(name: str, *, default: bool | None = None) -> sa.Column[bool]:
    written = None if default is None else sa.text(str(int(default)))
    return sa.Column(name, Flag, nullable=False, server_default=written)


def serial(name: str) -> sa.Column[int]:
    return sa.Column(name, BIG_INTEGER, primary_key=True)
