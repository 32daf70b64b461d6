"""What an account sells and to whom, as it is asked to be made."""

from __future__ import annotations

import msgspec

from keystead_stub.stripe_.interface import Interval


class NewCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer to be made."""

    email: str | None = None
    name: str | None = None
    description: str | None = None
    phone: str | None = None
    locale: str | None = None
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None


class NewProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product to be made; without an `id` Stripe makes one."""

    name: str
    id: str | None = None
    description: str | None = None
    active: bool = True
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None


class NewPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price to be made: recurring where it has an `interval`, else for one time."""

    product_id: str
    currency: str
    unit_amount: int
    interval: Interval | None = None
    nickname: str | None = None
    lookup_key: str | None = None
    active: bool = True
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None
