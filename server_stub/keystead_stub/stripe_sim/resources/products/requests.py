"""Parameters of products: https://docs.stripe.com/api/products/create."""

from __future__ import annotations

import msgspec


class NewProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product to be made; without an `id` Stripe makes one."""

    name: str
    id: str | None = None
    description: str | None = None
    active: bool = True
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None
