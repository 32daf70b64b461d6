"""Parameters of invoice items: https://docs.stripe.com/api/invoiceitems/create."""

from __future__ import annotations

import msgspec

from keystead_stub.stripe_types.requests import InlinePrice


class NewInvoiceItem(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a new item: an `amount`, or `quantity` of a one-time or inline price.

    It is pending until the customer's next invoice, unless it names a draft.
    """

    customer_id: str
    currency: str | None = None
    amount: int | None = None
    price_id: str | None = None
    price: InlinePrice | None = None
    quantity: int = 1
    description: str | None = None
    metadata: dict[str, str] = {}
    invoice_id: str | None = None
    idempotency_key: str | None = None
