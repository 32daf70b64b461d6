"""Lists a page at a time: Stripe's (https://docs.stripe.com/api/pagination), and our own rows'."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from keystead.wire.dashclicks.page import Page
from keystead_stub.http.errors import ProblemError

T = TypeVar("T")


class _Row(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=_Row)


def asked_for(limit: int, cursor: str | None, **narrowed: Any) -> Any:
    """The parameters of a list call: the page, and what it is narrowed to where that is given."""
    wanted = {"limit": limit, "starting_after": cursor, **narrowed}
    return {name: value for name, value in wanted.items() if value is not None}


def page_of(listed: Any, shown: Callable[[Any], T]) -> Page[T]:
    """A list object of the SDK as a page; `shown` makes of one of its objects what is answered."""
    data = tuple(shown(one) for one in listed.data)
    more = bool(listed.has_more and listed.data)
    return Page(data=data, has_more=more, next_cursor=listed.data[-1].id if more else None)


def first_of(rows: Sequence[R] | None, limit: int) -> tuple[Sequence[R], str | None]:
    """A page of our own rows, of which one more was asked for, and the cursor of the next.

    Raises ProblemError (``not_found``) where there are none because there was no such cursor.
    """
    if rows is None:
        raise ProblemError("There is no such page.", code="not_found")
    shown = rows[:limit]
    return shown, shown[-1].id if len(rows) > limit else None
