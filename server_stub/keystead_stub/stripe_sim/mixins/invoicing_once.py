"""Invoices of one's own, as the account's transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keystead_stub.stripe_sim import hosted_payments
from keystead_stub.stripe_sim.engine import idempotency
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.invoice_items import operations as billable
from keystead_stub.stripe_sim.resources.invoices import drafts
from keystead_stub.stripe_sim.resources.payment_intents.requests import NewInvoice, NewInvoiceItem
from keystead_stub.stripe_types.api import Document


class InvoicingOnce(Account):
    """Invoice items and drafts, and what becomes of them."""

    def create_invoice_item(self, request: NewInvoiceItem) -> Document:
        with self.writing() as work:
            key = request.idempotency_key
            return idempotency.once(work, key, request, lambda: billable.create(work, request))

    def update_invoice_item(self, item_id: str, fields: dict[str, Any]) -> Document:
        """Set fields of an item that is not billed yet; `metadata` is added to what there is."""
        with self.writing() as work:
            return billable.update(work, item_id, fields)

    def delete_invoice_item(self, item_id: str) -> None:
        with self.writing() as work:
            billable.delete(work, item_id)

    def create_invoice(self, request: NewInvoice) -> Document:
        with self.writing() as work:
            key = request.idempotency_key
            return idempotency.once(work, key, request, lambda: drafts.create(work, request))

    def update_invoice(self, invoice_id: str, fields: dict[str, Any]) -> Document:
        """Set fields of an invoice; `metadata` is added to what there is."""
        with self.writing() as work:
            return drafts.update(work, invoice_id, fields)

    def delete_draft(self, invoice_id: str) -> None:
        with self.writing() as work:
            drafts.delete(work, invoice_id)

    def finalize_invoice(self, invoice_id: str, *, auto_advance: bool | None = None) -> Document:
        with self.writing() as work:
            if auto_advance is not None:
                drafts.update(work, invoice_id, {"auto_advance": auto_advance})
            return drafts.finalize(work, invoice_id)

    def pay_out_of_band(self, invoice_id: str) -> Document:
        """Let an invoice be paid outside of Stripe."""
        return self._done(hosted_payments.pay_out_of_band, invoice_id)

    def send_invoice(self, invoice_id: str) -> Document:
        return self._done(drafts.send, invoice_id)

    def void_invoice(self, invoice_id: str) -> Document:
        return self._done(drafts.void, invoice_id)

    def mark_uncollectible(self, invoice_id: str) -> Document:
        return self._done(drafts.mark_uncollectible, invoice_id)

    def _done(self, step: Callable[[UnitOfWork, str], Json], invoice_id: str) -> Document:
        with self.writing() as work:
            return step(work, invoice_id)
