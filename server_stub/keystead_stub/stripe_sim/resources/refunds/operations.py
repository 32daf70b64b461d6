"""Money that goes back: refunds, and disputes from their first day to their last."""

from __future__ import annotations

from collections.abc import Mapping

from keystead_stub.stripe_sim.engine.errors import illegal
from keystead_stub.stripe_sim.engine.objects import Json, listing, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.balance_transactions import operations as funds
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import refuse
from keystead_stub.stripe_sim.resources.payment_intents import shape as payments
from keystead_stub.stripe_sim.resources.payment_intents.requests import NewRefund

#: How long a merchant has to answer a dispute.
_EVIDENCE_DAYS = 14
_OPEN = frozenset({"needs_response", "under_review"})
#: What evidence has to say in a test account to win or to lose.
_DECIDING = {"winning_evidence": True, "losing_evidence": False}


def create(work: UnitOfWork, request: NewRefund) -> Json:
    """Refund a charge that is named, itself or by its payment intent; return the refund."""
    charge_id = request.charge_id
    if request.payment_intent_id is not None:
        intent = work.get("payment_intent", request.payment_intent_id)
        if charge_id not in {None, intent["latest_charge"]}:
            raise refuse("This charge is of another payment intent.")
        charge_id = intent["latest_charge"]
    if charge_id is None:
        raise refuse("Nothing was charged here.", code="resource_missing", status=404)
    charge = work.get("charge", charge_id)
    return refund_charge(
        work, charge, request.amount, reason=request.reason, metadata=request.metadata
    )


def update(work: UnitOfWork, refund_id: str, fields: Json) -> Json:
    """Set metadata of a refund, merged into what is there."""
    refund = work.get("refund", refund_id)
    work.change(refund, "refund.updated", **merged(refund, fields))
    return refund


def refund_charge(
    work: UnitOfWork,
    charge: Json,
    amount: int | None,
    *,
    reason: str | None = "requested_by_customer",
    metadata: Mapping[str, str] | None = None,
) -> Json:
    """Give back all that is left of a charge, or a part; Stripe keeps its fee. Return the refund.

    Raises StripeError: `charge_already_refunded`, `charge_disputed`, `charge_not_refundable`,
    `invalid_request` for an amount that is not there.
    """
    left = charge["amount"] - charge["amount_refunded"]
    amount = left if amount is None else amount
    _check_refundable(charge, amount, left)
    document = payments.refund(
        refund_id=work.ids.new("re_3"),
        created=work.now_s,
        charge_document=charge,
        amount=amount,
        reason=reason,
        metadata=metadata or {},
    )
    card = charge["payment_method_details"]["type"] == "card"
    said = charge["description"]
    booked = funds.book(
        work,
        "refund" if card else "payment_refund",
        amount=-amount,
        currency=charge["currency"],
        source_id=document["id"],
        description=f"REFUND FOR CHARGE ({said})" if said else "REFUND FOR CHARGE",
        available_on=funds.available_on(work, charge),
    )
    document["balance_transaction"] = booked["id"]
    work.add(document)
    refunds = [document, *charge["refunds"]["data"]]
    work.change(
        charge,
        "charge.refunded",
        amount_refunded=charge["amount_refunded"] + amount,
        refunded=amount == left,
        refunds=listing(refunds, charge["refunds"]["url"]),
    )
    work.emit("refund.created", document)
    return document


def _check_refundable(charge: Json, amount: int, left: int) -> None:
    if not charge["captured"]:
        raise refuse("This charge took no money.", code="charge_not_refundable")
    if charge["disputed"]:
        raise refuse("This charge is disputed.", code="charge_disputed")
    if left == 0:
        raise refuse("This charge is refunded already.", code="charge_already_refunded")
    if not 0 < amount <= left:
        raise refuse(f"The amount must be 1 to {left}.")


def paid_charge(work: UnitOfWork, customer_id: str) -> Json:
    """Return the customer's newest charge that can be refunded or disputed."""
    work.get("customer", customer_id)
    charges = work.of_customer("charge", customer_id)
    for charge in reversed(charges):
        if charge["captured"] and not charge["refunded"] and not charge["disputed"]:
            return charge
    raise illegal("This customer has no paid charge that is not refunded or disputed.")


def dispute(work: UnitOfWork, customer_id: str, charge: Json, *, reason: str) -> Json:
    """Open a dispute: the bank withdraws the amount, and Stripe takes its fee."""
    document = payments.dispute(
        dispute_id=work.ids.new("dp_1"),
        created=work.now_s,
        due_by=work.now_s + _EVIDENCE_DAYS * funds.DAY_S,
        charge_document=charge,
        reason=reason,
    )
    booked = funds.book(
        work,
        "adjustment",
        amount=-document["amount"],
        currency=document["currency"],
        source_id=document["id"],
        description=f"Chargeback withdrawal for {charge['id']}",
        fee=work.rules.fees.dispute,
        fee_words="Dispute fee",
        category="dispute",
    )
    document["balance_transactions"] = [booked]
    work.add(document, customer_id=customer_id)
    work.change(charge, "charge.updated", disputed=True)
    work.emit("charge.dispute.created", document, customer_id=customer_id)
    work.emit("charge.dispute.funds_withdrawn", document, customer_id=customer_id)
    return document


def newest_open_dispute(work: UnitOfWork, customer_id: str) -> Json | None:
    disputes = work.of_customer("dispute", customer_id)
    return next((one for one in reversed(disputes) if one["status"] in _OPEN), None)


def decide(work: UnitOfWork, document: Json, *, won: bool) -> None:
    """Let an open dispute end; who wins it gets the money back, not the fee."""
    if document["status"] not in _OPEN:
        raise illegal(f"This dispute is {document['status']}.")
    customer_id = _customer_of(work, document)
    fields: Json = {"status": "won" if won else "lost"}
    if won:
        booked = funds.book(
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


def close_dispute(work: UnitOfWork, dispute_id: str) -> Json:
    """Accept a dispute as lost."""
    document = work.get("dispute", dispute_id)
    decide(work, document, won=False)
    return document


def _customer_of(work: UnitOfWork, document: Json) -> str | None:
    customer_id: str | None = work.get("charge", document["charge"])["customer"]
    return customer_id


def update_dispute(
    work: UnitOfWork, dispute_id: str, evidence: Json, metadata: Mapping[str, str], *, submit: bool
) -> Json:
    """Add evidence; once it is submitted, the bank decides by Stripe's test words.

    Other words than those leave it under review (https://docs.stripe.com/testing#disputes).
    """
    document = work.get("dispute", dispute_id)
    if set(evidence) - set(document["evidence"]):
        raise refuse("There is no such evidence.", code="parameter_unknown")
    if (evidence or submit) and document["status"] != "needs_response":
        raise illegal(f"This dispute is {document['status']}.")
    details = document["evidence_details"]
    if evidence:
        details = details | {"has_evidence": True}
    if submit:
        details = details | {"submission_count": details["submission_count"] + 1}
    fields = {
        "evidence": document["evidence"] | evidence,
        "evidence_details": details,
        "status": "under_review" if submit else document["status"],
        **merged(document, {"metadata": metadata}),
    }
    before = {name: document[name] for name, value in fields.items() if document[name] != value}
    work.change(document, None, **fields)
    customer_id = _customer_of(work, document)
    work.emit("charge.dispute.updated", document, before, customer_id=customer_id)
    won = _DECIDING.get(document["evidence"]["uncategorized_text"] or "")
    if submit and won is not None:
        decide(work, document, won=won)
    return document
