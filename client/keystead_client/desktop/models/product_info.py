"""Who the program is for, as the profile says it to a person."""

from __future__ import annotations

import msgspec


class ProductInfo(msgspec.Struct, frozen=True):
    product_name: str
    support_email: str | None = None
