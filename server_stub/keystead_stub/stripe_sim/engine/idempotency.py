"""Idempotency keys: a repeated request returns the first result, for 24 hours.

https://docs.stripe.com/api/idempotent_requests
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Protocol, TypeVar

import msgspec

from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_types.errors import StripeError

_KEPT_S = 86_400


class IdempotentRequest(Protocol):
    """A request that creates an object; its JSON distinguishes it from others of the same key."""

    @property
    def idempotency_key(self) -> str | None: ...


Request = TypeVar("Request", bound=IdempotentRequest)


def once(
    work: UnitOfWork, request: Request, operation: Callable[[UnitOfWork, Request], Json]
) -> Json:
    """Return the operation's result for this request, or the stored result of its key.

    Raises StripeError `idempotency_error` if the key was used for another request.
    """
    key = request.idempotency_key
    if key is None:
        return operation(work, request)
    work.idempotency_key = key
    # The type is part of it: two kinds of request can have the same fields.
    fingerprint = sha256(type(request).__name__.encode() + msgspec.json.encode(request)).hexdigest()
    table = stripe_tables.requests
    rows = work.rows
    # Expired keys are deleted by the next request with a key, which saves a timer for each.
    rows.execute(rows.delete(table).where(table.c.created_s <= work.now_s - _KEPT_S))
    known = rows.execute(rows.select(table).where(table.c.key == key)).first()
    if known is None:
        answer = operation(work, request)
        # Stored in the same transaction as the result. A request that fails stores nothing, so it
        # can be repeated with its key.
        row = {
            "key": key,
            "fingerprint": fingerprint,
            "answer": msgspec.json.encode(answer).decode(),
            "created_s": work.now_s,
        }
        rows.add(table, row)
        return answer
    if known.fingerprint != fingerprint:
        raise StripeError(
            "Keys for idempotent requests can only be used with the same parameters they were"
            " first used with.",
            code="idempotency_error",
        )
    return msgspec.json.decode(known.answer, type=Json)
