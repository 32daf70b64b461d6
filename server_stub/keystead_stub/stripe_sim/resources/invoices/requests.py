"""Parameters of invoices: https://docs.stripe.com/api/invoices/create."""

from __future__ import annotations

from typing import Literal

import msgspec

CollectionMethod = Literal["charge_automatically", "send_invoice"]


class NewInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a new draft; `takes_pending` adds the customer's pending invoice items.

    A sent invoice is due in `days_until_due` days; otherwise the card on file is charged.
    """

    customer_id: str
    collection_method: CollectionMethod = "charge_automatically"
    days_until_due: int | None = None
    due_date_ms: int | None = None
    currency: str | None = None
    description: str | None = None
    footer: str | None = None
    metadata: dict[str, str] = {}
    auto_advance: bool = False
    takes_pending: bool = False
    method: str | None = None
    idempotency_key: str | None = None
