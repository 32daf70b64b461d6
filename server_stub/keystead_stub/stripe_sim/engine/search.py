"""Queries for objects: the filters of Stripe's lists, and its search query language. Pure.

https://docs.stripe.com/api/pagination, https://docs.stripe.com/search#search-query-language.
Instants in seconds, as in the objects.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError

Test = Callable[[Document], bool]

#: The shortest text that a substring search (`~`) takes.
SHORTEST_PART = 3

_CLAUSE = re.compile(
    r"""(?P<no>-)?
        (?P<field>[a-z_.]+)(?:\[["'](?P<key>[^"'\]]+)["']\])?
        \s*(?P<sign>>=|<=|:|~|>|<)\s*
        (?:"(?P<text>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<bare>-?[\w.]+))""",
    re.VERBOSE | re.DOTALL,
)
_JOINT = re.compile(r"\s+(?:(AND|OR)\s+)?", re.IGNORECASE)
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which objects of a kind to list: by customer, creation time and values of fields.

    `payout_id` selects the balance transactions of a payout. `where` names fields by their path
    (`recurring.interval`). A page has up to `limit` objects, the newest first, and begins after or
    ends before an object of the list.
    """

    kind: str
    customer_id: str | None = None
    payout_id: str | None = None
    created_from: int | None = None
    created_to: int | None = None
    where: Mapping[str, Any] = {}
    limit: int = 10
    starting_after: str | None = None
    ending_before: str | None = None


class Page(msgspec.Struct, frozen=True):
    """One page of objects; `has_more` says whether others follow."""

    data: tuple[Document, ...]
    has_more: bool


def value_at(document: Document, path: str) -> Any:
    """Return the value at a path of names, null if the path ends early."""
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def matches(document: Document, where: Mapping[str, Any]) -> bool:
    """Whether each named field of the object has the value that goes with it."""
    return all(value_at(document, path) == value for path, value in where.items())


def search_test(text: str) -> Test:
    """Return the test that a search query describes.

    Clauses are joined by AND or by OR, not by both. Raises StripeError for anything else.
    """
    tests: list[Test] = []
    joints: set[str] = set()
    position = 0
    text = text.strip()
    while found := _CLAUSE.match(text, position):
        tests.append(_clause(found))
        joint = _JOINT.match(text, found.end())
        if joint is None:
            position = found.end()
            break
        joints.add((joint[1] or "AND").upper())
        position = joint.end()
    # Stripe does not combine AND and OR in one query:
    # https://docs.stripe.com/search.
    if not tests or position != len(text) or len(joints) > 1:
        raise StripeError(
            f"We were unable to parse your search query: `{text}`", code="invalid_request"
        )
    combine = any if joints == {"OR"} else all
    return lambda document: combine(test(document) for test in tests)


def _clause(found: re.Match[str]) -> Test:
    path = found["field"] if found["key"] is None else f"{found['field']}.{found['key']}"
    sign, negated = found["sign"], found["no"] is not None
    quoted = found["single"] if found["text"] is None else found["text"]
    wanted = found["bare"] if quoted is None else re.sub(r"(?s)\\(.)", r"\1", quoted)
    if sign == "~" and len(wanted) < SHORTEST_PART:
        raise StripeError(
            "Substring search requires at least three characters.", code="invalid_request"
        )

    def test(document: Document) -> bool:
        value = value_at(document, path)
        # Only the bare word means "has no value": a quoted "null" is a text like any other.
        held = value is None if found["bare"] == "null" else _compared(value, sign, wanted)
        return held != negated

    return test


def _compared(value: Any, sign: str, wanted: str) -> bool:
    if value is None:
        return False
    if sign in _ORDERS:
        try:
            return _ORDERS[sign](float(value), float(wanted))
        # A field that is no number matches no comparison, as a missing field matches nothing.
        except (TypeError, ValueError):
            return False
    if isinstance(value, bool):
        return str(value).lower() == wanted.lower()
    # Stripe's search ignores case, unlike the filters of its lists.
    text = str(value).casefold()
    return wanted.casefold() in text if sign == "~" else text == wanted.casefold()
