"""Pages of lists: Stripe's (https://docs.stripe.com/api/pagination), and of our own rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from keystead.wire.dashclicks.page import Page
from keystead_stub.http.errors import ProblemError

T = TypeVar("T")


class _Row(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=_Row)


class PageRequest(msgspec.Struct, frozen=True):
    """One page of a list: at most `limit` objects after the one whose id is `cursor`."""

    limit: int
    cursor: str | None

    def params(self, **filters: Any) -> Any:
        """Return the parameters of Stripe's list call, without filters that are null."""
        given = {"limit": self.limit, "starting_after": self.cursor, **filters}
        return {name: value for name, value in given.items() if value is not None}


def page_of(listed: Any, shown: Callable[[Any], T]) -> Page[T]:
    """Return a list object of the SDK as a page; `shown` converts one of its objects."""
    # The last object's id is the cursor, so a page without objects has no next one.
    more = listed.has_more and listed.data
    return page_from(map(shown, listed.data), listed.data[-1].id if more else None)


def first_of(rows: Sequence[R] | None, limit: int) -> tuple[Sequence[R], str | None]:
    """Return the page of our own rows, of which one more was read, and the cursor of the next.

    Raises ProblemError (``not_found``) where there are none because there was no such cursor.
    """
    if rows is None:
        raise ProblemError("No such cursor.", code="not_found")
    shown = rows[:limit]
    return shown, shown[-1].id if len(rows) > limit else None


def page_from(data: Iterable[T], next_cursor: str | None) -> Page[T]:
    """Return a page, which has more where there is a next cursor."""
    return Page(data=tuple(data), has_more=next_cursor is not None, next_cursor=next_cursor)
