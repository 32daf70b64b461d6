"""Money back and money out, as the account's transactions."""

from __future__ import annotations

from typing import Any

from keystead.instants import to_seconds
from keystead_stub.stripe_sim.engine import idempotency, records
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.objects import merged
from keystead_stub.stripe_sim.resources.balance_transactions import operations as funds
from keystead_stub.stripe_sim.resources.payment_intents.requests import NewRefund
from keystead_stub.stripe_sim.resources.refunds import operations as money_back
from keystead_stub.stripe_types.api import Document


class Banking(Account):
    """What banks do."""

    def refund(self, customer_id: str, *, amount: int | None = None) -> Document:
        with self.writing() as work:
            return money_back.refund(work, customer_id, amount=amount)

    def refund_payment(self, request: NewRefund) -> Document:
        """Give money back of a charge or a payment intent; return the refund."""
        with self.writing() as work:
            return idempotency.once(
                work,
                request.idempotency_key,
                request,
                lambda: money_back.refund_payment(work, request),
            )

    def describe(self, kind: str, object_id: str, fields: dict[str, Any]) -> Document:
        """Set what can be said of a charge or a refund; `metadata` is added to what there is."""
        with self.writing() as work:
            document = work.get(kind, object_id)
            work.change(document, f"{kind}.updated", **merged(document, fields))
            return document

    def answer_dispute(
        self, dispute_id: str, evidence: dict[str, Any], metadata: dict[str, str], *, submit: bool
    ) -> Document:
        with self.writing() as work:
            return money_back.answer_dispute(work, dispute_id, evidence, metadata, submit=submit)

    def give_in(self, dispute_id: str) -> Document:
        """Close a dispute as lost."""
        with self.writing() as work:
            document = work.get("dispute", dispute_id)
            money_back.decide(work, document, won=False)
            return document

    def dispute(self, customer_id: str, *, reason: str = "fraudulent") -> Document:
        with self.writing() as work:
            return money_back.dispute(work, customer_id, reason=reason)

    def close_dispute(self, customer_id: str, *, won: bool) -> Document:
        with self.writing() as work:
            return money_back.close_dispute(work, customer_id, won=won)

    def balance(self) -> Document:
        now_s = to_seconds(self.now_ms())
        with self.reading() as rows:
            return funds.balance(rows, now_s)

    def payouts(self) -> tuple[Document, ...]:
        with self.reading() as rows:
            found = records.objects(rows, "payout")
        return tuple(document for document, _ in reversed(found))

    def transactions_of_payout(self, payout_id: str) -> tuple[Document, ...]:
        """Return the balance transactions that a payout took to the bank, its own apart."""
        with self.reading() as rows:
            own = records.get(rows, "payout", payout_id)[0]["balance_transaction"]
            ids = [one for one in funds.paid_out_by(rows, payout_id) if one != own]
            return tuple(records.get(rows, "balance_transaction", one)[0] for one in ids)

    def fail_next_payout(self) -> None:
        with self.writing() as work:
            funds.fail_next_payout(work)
