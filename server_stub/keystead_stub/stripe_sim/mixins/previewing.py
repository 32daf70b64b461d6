"""Invoices looked at before there are any, as transactions that are taken back."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.resources.coupons.requests import NewChange
from keystead_stub.stripe_sim.resources.invoices import upcoming
from keystead_stub.stripe_types.api import Document


class _Seen(Exception):
    """Carries a preview out of a transaction that is taken back."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document


class Previewing(Account):
    """What somebody will be asked for."""

    def preview_invoice(
        self,
        customer_id: str | None,
        subscription_id: str | None = None,
        change: NewChange | None = None,
    ) -> Document:
        """Return the next invoice of a subscription, or what a change makes of it.

        Without a subscription it is the customer's, or with items a new one of theirs.
        """
        wanted = change or NewChange()
        try:
            with self.writing() as work:
                raise _Seen(upcoming.preview(work, customer_id, subscription_id, wanted))
        except _Seen as seen:
            return seen.document
