"""Changes of subscription items: https://docs.stripe.com/api/subscription_items."""

from __future__ import annotations

import msgspec


class ItemChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of one item; without an `id`, a new item with a price is added."""

    id: str | None = None
    price_id: str | None = None
    quantity: int | None = None
    deleted: bool = False
    metadata: dict[str, str] | None = None
