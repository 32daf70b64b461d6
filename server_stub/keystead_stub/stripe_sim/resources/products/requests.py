"""Parameters of products: https://docs.stripe.com/api/products/create."""

from __future__ import annotations

import msgspec


class NewProduct(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a new product; without an `id` one is generated."""

    name: str
    id: str | None = None
    description: str | None = None
    active: bool = True
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None
