"""Idempotency keys of merchants' requests, kept for a day.

They work as Stripe's (https://docs.stripe.com/api/idempotent_requests), with one difference: a
refused request isn't kept, so its key can be used again. A request that a crash interrupted keeps
its key for the day: it is unknown how far it came, and it must not run twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import TypeVar

import msgspec

from keystead.instants import DAY_MS
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import requests
from keystead_stub.store.requests import RequestRow

HEADER = "Idempotency-Key"
#: Stripe's own limit.
MAX_LENGTH = 255

R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T", bound=msgspec.Struct)


async def idempotent(
    services: Services,
    merchant: Merchant,
    key: str | None,
    request: R,
    do: Callable[[Services, Merchant, R], Awaitable[T]],
    *,
    answers: type[T],
    product: str | None = None,
) -> T:
    """Return what `do` returns for this request, or returned when the key was first used.

    The `product` of the program that asks, if it names one, is part of the request.
    Raises ProblemError (``conflict``) if the key was used with another request, or the first one is
    still running; and what `do` raises.
    """
    if key is None:
        return await do(services, merchant, request)
    account_id = merchant.account.account_id
    now_ms = services.stripe_now_ms()
    own = RequestRow(
        account_id=account_id,
        key=key,
        fingerprint=_fingerprint(request, product),
        answer=None,
        created_at=now_ms,
    )
    with services.store.write() as connection:
        # In the claim's transaction, so that a key that has just expired can be claimed again.
        requests.delete_until(connection, now_ms - DAY_MS)
        known = requests.claim(services.store, connection, own)
    if known is not None:
        return _answered(own, known, answers)
    answer: T | None = None
    try:
        answer = await do(services, merchant, request)
    # `finally`, so that a cancelled request gives its key back, too.
    finally:
        with services.store.write() as connection:
            if answer is None:
                requests.delete(connection, account_id, key)
            else:
                document = msgspec.json.encode(answer).decode()
                requests.save_answer(connection, account_id, key, document)
    return answer


def _fingerprint(request: msgspec.Struct, product: str | None) -> str:
    # With the type's name, because requests of two routes may have the same JSON.
    text = type(request).__name__.encode() + msgspec.json.encode(request)
    return sha256(text + (product or "").encode()).hexdigest()


def _answered(own: RequestRow, known: RequestRow, answers: type[T]) -> T:
    if known.fingerprint != own.fingerprint:
        raise ProblemError("This idempotency key was used with another request.", code="conflict")
    if known.answer is None:
        raise ProblemError("A request with this idempotency key is still running.", code="conflict")
    return msgspec.json.decode(known.answer, type=answers)
