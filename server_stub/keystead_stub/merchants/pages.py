"""Stripe's lists, a page at a time (https://docs.stripe.com/api/pagination)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from keystead.wire.dashclicks.page import Page

T = TypeVar("T")


def asked_for(limit: int, cursor: str | None, **narrowed: Any) -> Any:
    """The parameters of a list call: the page, and what it is narrowed to where that is given."""
    wanted = {"limit": limit, "starting_after": cursor, **narrowed}
    return {name: value for name, value in wanted.items() if value is not None}


def page_of(listed: Any, shown: Callable[[Any], T]) -> Page[T]:
    """A list object of the SDK as a page; `shown` makes of one of its objects what is answered."""
    data = tuple(shown(one) for one in listed.data)
    more = bool(listed.has_more and listed.data)
    return Page(data=data, has_more=more, next_cursor=listed.data[-1].id if more else None)
