"""Parameters of customers: https://docs.stripe.com/api/customers/create."""

from __future__ import annotations

import msgspec


class NewCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a new customer."""

    email: str | None = None
    name: str | None = None
    description: str | None = None
    phone: str | None = None
    locale: str | None = None
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None
