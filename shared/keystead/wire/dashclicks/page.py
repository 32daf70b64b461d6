"""Pagination of the lists of ``dashclicks``."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import msgspec

T = TypeVar("T")

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True, rename="camel"):
    """A page of a list, newest first. ``next_cursor`` requests the next page; null at the end."""

    data: tuple[T, ...]
    has_more: bool
    next_cursor: str | None


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """The id of a deleted object, in the shape of Stripe's response."""

    id: str
    deleted: Literal[True] = True
