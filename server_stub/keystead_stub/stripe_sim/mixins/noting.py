"""Credit notes, as the account's transactions."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import idempotency
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.objects import merged
from keystead_stub.stripe_sim.resources.credit_notes import operations as crediting
from keystead_stub.stripe_sim.resources.credit_notes.requests import NewCreditNote
from keystead_stub.stripe_types.api import Document


class _Seen(Exception):
    """Carries a preview out of a transaction that is taken back."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document


class Noting(Account):
    """What of an invoice is credited."""

    def issue_credit_note(self, request: NewCreditNote) -> Document:
        with self.writing() as work:
            key = request.idempotency_key
            return idempotency.once(work, key, request, lambda: crediting.issue(work, request))

    def preview_credit_note(self, request: NewCreditNote) -> Document:
        """Issue it, look at it, and leave everything as it was."""
        try:
            with self.writing() as work:
                raise _Seen(crediting.issue(work, request))
        except _Seen as seen:
            return seen.document

    def describe_credit_note(self, note_id: str, fields: dict[str, Any]) -> Document:
        """Set the memo or metadata of a credit note; metadata is added to what there is."""
        with self.writing() as work:
            note = work.get(crediting.KIND, note_id)
            return crediting.describe(work, note_id, merged(note, fields))

    def void_credit_note(self, note_id: str) -> Document:
        with self.writing() as work:
            return crediting.void(work, note_id)
