"""Credit notes and their lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from keystead_stub.stripe_sim.engine.objects import Json, listing
from keystead_stub.stripe_sim.resources.credit_notes.requests import NewCreditNote


class CreditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a credit note before it has an id: `amount` before its `discounts`."""

    amount: int
    description: str | None
    quantity: int
    unit_amount: int | None = None
    invoice_line_item: str | None = None
    discounts: Mapping[str, int] = {}

    @property
    def net(self) -> int:
        return self.amount - sum(self.discounts.values())


def credit_line(line: CreditLine, *, line_id: str) -> Json:
    taken = _discount_amounts(line.discounts)
    custom = line.invoice_line_item is None
    return {
        "id": line_id,
        "object": "credit_note_line_item",
        "amount": line.amount,
        "description": line.description,
        "discount_amount": sum(line.discounts.values()),
        "discount_amounts": taken,
        "invoice_line_item": line.invoice_line_item,
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [{**one, "type": "discount"} for one in taken],
        "quantity": line.quantity,
        "tax_rates": [],
        "taxes": [],
        "type": "custom_line_item" if custom else "invoice_line_item",
        "unit_amount": line.unit_amount,
        "unit_amount_decimal": None if line.unit_amount is None else str(line.unit_amount),
    }


def _discount_amounts(discounts: Mapping[str, int]) -> list[Json]:
    return [{"amount": amount, "discount": one} for one, amount in discounts.items()]


def credit_note(
    request: NewCreditNote,
    *,
    note_id: str,
    number: str,
    created: int,
    invoice: Json,
    lines: Sequence[CreditLine],
    documents: list[Json],
    paid: bool,
) -> Json:
    """Return a credit note that is issued now, of an invoice that is open or `paid`."""
    discounts: dict[str, int] = {}
    for line in lines:
        for one, amount in line.discounts.items():
            discounts[one] = discounts.get(one, 0) + amount
    subtotal, total = sum(line.amount for line in lines), sum(line.net for line in lines)
    return {
        "id": note_id,
        "object": "credit_note",
        "amount": total,
        "amount_shipping": 0,
        "created": created,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": sum(discounts.values()),
        "discount_amounts": _discount_amounts(discounts),
        "effective_at": created,
        "invoice": invoice["id"],
        "lines": listing(documents, f"/v1/credit_notes/{note_id}/lines"),
        "livemode": False,
        "memo": request.memo,
        "metadata": dict(request.metadata),
        "number": number,
        "out_of_band_amount": request.out_of_band_amount or None,
        # The simulation has no PDF of its own for a credit note.
        "pdf": invoice["invoice_pdf"],
        "post_payment_amount": total if paid else 0,
        "pre_payment_amount": 0 if paid else total,
        "pretax_credit_amounts": [
            {**one, "type": "discount"} for one in _discount_amounts(discounts)
        ],
        "reason": request.reason,
        "refunds": [],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_excluding_tax": total,
        "total_taxes": [],
        "type": "post_payment" if paid else "pre_payment",
        "voided_at": None,
    }
