"""Disputes from their opening to the bank's decision: https://docs.stripe.com/disputes."""

from __future__ import annotations

from collections.abc import Mapping

from keystead_stub.stripe_sim.engine.calendar import DAY_S
from keystead_stub.stripe_sim.engine.errors import invalid_state, unknown_parameter
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.balance_transactions import (
    operations as balance_transactions,
)
from keystead_stub.stripe_sim.resources.disputes import shape as dispute_shape

#: How many days a merchant has to respond. Card networks allow 7 to 21.
_EVIDENCE_DAYS = 14


_INQUIRIES = frozenset({"warning_needs_response", "warning_under_review"})
_OPEN = frozenset({"needs_response", "under_review"}) | _INQUIRIES


#: Statuses in which evidence can be given, and what they become once it is submitted.
_AWAITING_EVIDENCE = {
    "needs_response": "under_review",
    "warning_needs_response": "warning_under_review",
}


#: Stripe's test evidence that wins or loses a dispute.
_DECIDING_EVIDENCE = {"winning_evidence": True, "losing_evidence": False}


def create(
    work: UnitOfWork, customer_id: str, charge: Json, *, reason: str, inquiry: bool = False
) -> Json:
    """Open a dispute: the bank withdraws the amount, and Stripe takes its fee.

    An inquiry takes no money (https://docs.stripe.com/disputes/how-disputes-work#inquiries).
    """
    document = dispute_shape.dispute(
        dispute_id=work.ids.new("dp_1"),
        created=work.now_s,
        due_by=work.now_s + _EVIDENCE_DAYS * DAY_S,
        charge_document=charge,
        reason=reason,
    )
    if inquiry:
        document["status"] = "warning_needs_response"
        document["is_charge_refundable"] = True
        document["payment_method_details"]["card"]["case_type"] = "inquiry"
    else:
        # Booked first, because Stripe's dispute contains its balance transactions.
        document["balance_transactions"] = [_withdraw(work, document)]
    # Stripe's dispute names its charge and no customer, so the customer is passed beside it.
    work.add(document, customer_id=customer_id)
    work.change(charge, "charge.updated", disputed=True)
    work.emit("charge.dispute.created", document, customer_id=customer_id)
    if not inquiry:
        work.emit("charge.dispute.funds_withdrawn", document, customer_id=customer_id)
    return document


def _withdraw(work: UnitOfWork, document: Json) -> Json:
    """Book the amount and the fee that the bank takes."""
    return balance_transactions.create(
        work,
        "adjustment",
        amount=-document["amount"],
        currency=document["currency"],
        source_id=document["id"],
        description=f"Chargeback withdrawal for {document['charge']}",
        fee=work.rules.fees.dispute,
        fee_words="Dispute fee",
        category="dispute",
    )


def escalate(work: UnitOfWork, document: Json) -> None:
    """Turn an inquiry into a chargeback, which takes the money."""
    if document["status"] not in _INQUIRIES:
        raise invalid_state(f"This dispute is no inquiry; its status is {document['status']}.")
    customer_id = _customer_of(work, document)
    before = {"status": document["status"]}
    details = document["payment_method_details"]
    work.change(
        document,
        None,
        status="needs_response",
        is_charge_refundable=False,
        balance_transactions=[_withdraw(work, document)],
        payment_method_details=details | {"card": details["card"] | {"case_type": "chargeback"}},
    )
    work.emit("charge.dispute.updated", document, before, customer_id=customer_id)
    work.emit("charge.dispute.funds_withdrawn", document, customer_id=customer_id)


def newest_open(work: UnitOfWork, customer_id: str) -> Json | None:
    disputes = work.of_customer("dispute", customer_id)
    return next((one for one in reversed(disputes) if one["status"] in _OPEN), None)


def decide(work: UnitOfWork, document: Json, *, won: bool) -> None:
    """Close an open dispute; a won one returns the amount, not the fee."""
    if document["status"] not in _OPEN:
        raise invalid_state(
            f"This dispute is already closed or under review; its status is {document['status']}."
        )
    customer_id = _customer_of(work, document)
    if document["status"] in _INQUIRIES:
        # No money was taken, so none is won or lost.
        work.change(document, None, status="warning_closed")
        work.emit("charge.dispute.closed", document, customer_id=customer_id)
        return
    fields: Json = {"status": "won" if won else "lost"}
    if won:
        # Stripe keeps its dispute fee even if the merchant wins.
        booked = balance_transactions.create(
            work,
            "adjustment",
            amount=document["amount"],
            currency=document["currency"],
            source_id=document["id"],
            description=f"Chargeback reversal for {document['charge']}",
            category="dispute_reversal",
        )
        fields["balance_transactions"] = [*document["balance_transactions"], booked]
    work.change(document, None, **fields)
    work.emit("charge.dispute.closed", document, customer_id=customer_id)
    if won:
        work.emit("charge.dispute.funds_reinstated", document, customer_id=customer_id)


def close(work: UnitOfWork, dispute_id: str) -> Json:
    """Accept a dispute as lost."""
    document = work.get("dispute", dispute_id)
    decide(work, document, won=False)
    return document


def _customer_of(work: UnitOfWork, document: Json) -> str | None:
    customer_id: str | None = work.get("charge", document["charge"])["customer"]
    return customer_id


def update(
    work: UnitOfWork, dispute_id: str, evidence: Json, metadata: Mapping[str, str], *, submit: bool
) -> Json:
    """Add evidence; once submitted, Stripe's test evidence decides the dispute.

    Any other text leaves it under review (https://docs.stripe.com/testing#disputes).
    """
    document = work.get("dispute", dispute_id)
    # Stripe's evidence is a fixed set of fields: https://docs.stripe.com/api/disputes/update.
    if unknown := sorted(set(evidence) - set(document["evidence"])):
        raise unknown_parameter(f"evidence[{unknown[0]}]")
    if (evidence or submit) and document["status"] not in _AWAITING_EVIDENCE:
        raise invalid_state(
            f"This dispute is already closed or under review; its status is {document['status']}."
        )
    details = document["evidence_details"]
    if evidence:
        details = details | {"has_evidence": True}
    if submit:
        details = details | {"submission_count": details["submission_count"] + 1}
    fields = {
        "evidence": document["evidence"] | evidence,
        "evidence_details": details,
        "status": _AWAITING_EVIDENCE[document["status"]] if submit else document["status"],
        **merged(document, {"metadata": metadata}),
    }
    before = {name: document[name] for name, value in fields.items() if document[name] != value}
    work.change(document, None, **fields)
    customer_id = _customer_of(work, document)
    work.emit("charge.dispute.updated", document, before, customer_id=customer_id)
    won = _DECIDING_EVIDENCE.get(document["evidence"]["uncategorized_text"] or "")
    # After the update's own event, so that the decision follows the evidence.
    if submit and won is not None:
        decide(work, document, won=won)
    return document
