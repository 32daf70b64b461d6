"""A list of ``dashclicks``, a page at a time."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import msgspec

T = TypeVar("T")

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True, rename="camel"):
    """The newest first. ``next_cursor`` asks for what comes after, and is null at the end."""

    data: tuple[T, ...]
    has_more: bool
    next_cursor: str | None


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """What was deleted, as Stripe itself answers."""

    id: str
    deleted: Literal[True] = True
