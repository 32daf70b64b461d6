"""Parameters of credit notes. Amounts are integers in the currency's smallest unit."""

from __future__ import annotations

from typing import Literal

import msgspec

CreditReason = Literal["duplicate", "fraudulent", "order_change", "product_unsatisfactory"]


class NewCreditLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line: a part of an invoice line item, or a custom line item.

    Of an invoice line item `amount` (before discounts) or `quantity` is credited; without either,
    all of it. A custom line is `quantity` times `unit_amount`.
    """

    invoice_line_item: str | None = None
    amount: int | None = None
    quantity: int | None = None
    unit_amount: int | None = None
    description: str | None = None


class NewCreditNote(msgspec.Struct, frozen=True, kw_only=True):
    """A credit note of an invoice: for its `lines`, or for one `amount`.

    Of an open invoice it reduces the amount due. Of a paid one the money is returned: to the
    customer's balance (`credit_amount`), by a refund, or out of band, together the whole amount.
    """

    invoice_id: str
    amount: int | None = None
    lines: tuple[NewCreditLine, ...] = ()
    credit_amount: int = 0
    refund_amount: int = 0
    out_of_band_amount: int = 0
    reason: CreditReason | None = None
    memo: str | None = None
    metadata: dict[str, str] = {}
    idempotency_key: str | None = None
