"""Retrieve, list, search and expand objects, as Stripe's API does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine.errors import missing
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.search import Page, Query, Test, matches, search_test
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError

#: The depth limit of expansions (https://docs.stripe.com/expand).
_DEEPEST = 4
#: Objects read from the database at a time, since most pages end long before the table does.
_CHUNK = 200


def retrieve(rows: Rows, kind: str, object_id: str, *, expand: Sequence[str] = ()) -> Json:
    """Return an object; the ids at the `expand` paths are replaced by their objects.

    Raises StripeError `resource_missing`.
    """
    table = stripe_tables.objects
    query = rows.select(table, table.c.document).where(
        table.c.id == object_id, table.c.kind == kind
    )
    text = rows.execute(query).scalar_one_or_none()
    if text is None:
        raise missing(kind, object_id)
    return expanded(rows, _decode(text), expand)


def _decode(text: str) -> Json:
    return msgspec.json.decode(text, type=dict[str, Any])


def list_objects(rows: Rows, query: Query, *, expand: Sequence[str] = ()) -> Page:
    """Return one page of a list, the newest first; `expand` is relative to each object."""
    table = stripe_tables.objects
    backwards = query.ending_before is not None
    condition = _condition(rows, query)
    cursor = query.ending_before or query.starting_after
    if cursor is not None:
        seq = _seq(rows, query.kind, cursor)
        # Cursors compare sequence numbers: several objects can have the same second of creation.
        condition &= table.c.seq > seq if backwards else table.c.seq < seq
    found = _some(
        rows,
        condition,
        lambda document: matches(document, query.where),
        # One more than the page holds, which tells whether there are more.
        limit=query.limit + 1,
        oldest_first=backwards,
    )
    data = found[: query.limit]
    # Read backwards from the cursor, but a page always shows the newest first.
    page = reversed(data) if backwards else data
    return Page(tuple(expanded(rows, one, expand) for one in page), len(found) > query.limit)


def search_objects(
    rows: Rows,
    kind: str,
    text: str,
    *,
    limit: int = 10,
    after: str | None = None,
    expand: Sequence[str] = (),
) -> Page:
    """Return one page of the results of a search in Stripe's query language, newest first.

    `after` is the id of the last object of the page before.
    """
    test = search_test(text)
    condition = _condition(rows, Query(kind=kind))
    if after is not None:
        condition &= stripe_tables.objects.c.seq < _seq(rows, kind, after)
    found = _some(rows, condition, test, limit=limit + 1, oldest_first=False)
    data = tuple(expanded(rows, one, expand) for one in found[:limit])
    return Page(data, len(found) > limit)


def _condition(rows: Rows, query: Query) -> sa.ColumnElement[bool]:
    table = stripe_tables.objects.c
    conditions = [table.kind == query.kind]
    if query.customer_id is not None:
        conditions.append(table.customer_id == query.customer_id)
    # Stripe's balance transactions do not name their payout, so it is kept in a column of its own.
    if query.payout_id is not None:
        funds = stripe_tables.funds
        paid_out = rows.select(funds, funds.c.id).where(funds.c.payout_id == query.payout_id)
        conditions.append(table.id.in_(paid_out))
    if query.created_from is not None:
        conditions.append(table.created_s >= query.created_from)
    if query.created_to is not None:
        conditions.append(table.created_s <= query.created_to)
    return sa.and_(*conditions)


def _seq(rows: Rows, kind: str, object_id: str) -> int:
    table = stripe_tables.objects
    query = rows.select(table, table.c.seq).where(table.c.id == object_id, table.c.kind == kind)
    found = rows.execute(query).scalar_one_or_none()
    if found is None:
        raise missing(kind, object_id)
    return int(found)


def _some(
    rows: Rows,
    condition: sa.ColumnElement[bool],
    test: Test,
    *,
    limit: int,
    oldest_first: bool,
) -> list[Json]:
    found: list[Json] = []
    for document in _walk(rows, condition, oldest_first=oldest_first):
        if test(document):
            found.append(document)
        if len(found) == limit:
            break
    return found


def _walk(rows: Rows, condition: sa.ColumnElement[bool], *, oldest_first: bool) -> Iterator[Json]:
    table = stripe_tables.objects
    order = table.c.seq.asc() if oldest_first else table.c.seq.desc()
    further = condition
    while True:
        query = rows.select(table, table.c.seq, table.c.document).where(further)
        found = rows.execute(query.order_by(order).limit(_CHUNK)).all()
        for row in found:
            # A deleted object can be retrieved, but is not listed.
            if not (document := _decode(row.document)).get("deleted"):
                yield document
        if len(found) < _CHUNK:
            return
        # Continues after the last row instead of by an offset, which would read the skipped rows
        # again.
        last = found[-1].seq
        further = condition & (table.c.seq > last if oldest_first else table.c.seq < last)


def expanded(rows: Rows, document: Json, paths: Sequence[str]) -> Json:
    """Replace the ids at the paths by their objects. Raises StripeError for an invalid path.

    `data` in a path goes through each object of a list.
    """
    for path in paths:
        names = path.split(".")
        # `data` only steps into a list, so Stripe does not count it as a level.
        if len([name for name in names if name != "data"]) > _DEEPEST:
            raise StripeError(
                f"You cannot expand more than {_DEEPEST} levels of a property.",
                code="invalid_request",
            )
        _expand(rows, document, names)
    return document


def _expand(rows: Rows, value: Any, names: list[str]) -> None:
    if isinstance(value, list):
        for one in value:
            _expand(rows, one, names)
        return
    if not names or value is None:
        return
    name, rest = names[0], names[1:]
    if not isinstance(value, dict) or name not in value:
        raise StripeError(f"This property cannot be expanded ({name}).", code="invalid_request")
    value[name] = _resolved(rows, value[name])
    _expand(rows, value[name], rest)


def _resolved(rows: Rows, value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return [_resolved(rows, one) for one in value]
    # Already an object: an earlier path expanded it, or it is nested by nature.
    if not isinstance(value, str):
        return value
    table = stripe_tables.objects
    found = rows.execute(rows.select(table, table.c.document).where(table.c.id == value)).scalar()
    if found is None:
        raise StripeError("This property cannot be expanded.", code="invalid_request")
    return _decode(found)


def active_entitlements(rows: Rows, customer_id: str) -> Document:
    """Return the ids of a customer's active entitlements by feature."""
    table = stripe_tables.objects
    query = rows.select(table, table.c.private).where(
        table.c.id == customer_id, table.c.kind == "customer"
    )
    text = rows.execute(query).scalar_one_or_none()
    if text is None:
        raise missing("customer", customer_id)
    held: Json = _decode(text).get("entitlements", {})
    return held
