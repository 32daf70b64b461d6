"""What the window shows and compares of the profile."""

from __future__ import annotations

import msgspec


class ProductInfo(msgspec.Struct, frozen=True):
    product_name: str
    support_email: str | None = None
    profile_digest: str | None = None
