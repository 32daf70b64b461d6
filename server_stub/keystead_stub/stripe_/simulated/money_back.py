"""Money that goes back: refunds, and disputes from their first day to their last."""

from __future__ import annotations

from keystead_stub.stripe_.simulated import funds
from keystead_stub.stripe_.simulated.checkout import refuse
from keystead_stub.stripe_.simulated.controls import illegal
from keystead_stub.stripe_.simulated.ledger import Ledger
from keystead_stub.stripe_.simulated.shapes import payments
from keystead_stub.stripe_.simulated.shapes.parts import Json, listing

#: How long a merchant has to answer a dispute.
_EVIDENCE_DAYS = 14


def refund(ledger: Ledger, customer_id: str, *, amount: int | None) -> Json:
    """Refund the newest paid charge; Stripe keeps its fee."""
    charge = _paid_charge(ledger, customer_id)
    refund_charge(ledger, charge, amount)
    return charge


def refund_charge(ledger: Ledger, charge: Json, amount: int | None) -> Json:
    """Refund so much of a paid charge, or all that is left of it; return the refund."""
    left = charge["amount"] - charge["amount_refunded"]
    amount = left if amount is None else amount
    if not 0 < amount <= left:
        raise refuse(f"The amount must be 1 to {left}.")
    document = payments.refund(
        refund_id=ledger.ids.new("re_3"),
        created=ledger.now_s,
        charge_document=charge,
        amount=amount,
    )
    card = charge["payment_method_details"]["type"] == "card"
    booked = funds.book(
        ledger,
        "refund" if card else "payment_refund",
        amount=-amount,
        currency=charge["currency"],
        source_id=document["id"],
        description=f"REFUND FOR CHARGE ({charge['description']})",
        available_on=funds.available_on(ledger, charge),
    )
    document["balance_transaction"] = booked["id"]
    ledger.add(document)
    refunds = [document, *charge["refunds"]["data"]]
    ledger.change(
        charge,
        "charge.refunded",
        amount_refunded=charge["amount_refunded"] + amount,
        refunded=amount == left,
        refunds=listing(refunds, charge["refunds"]["url"]),
    )
    ledger.emit("refund.created", document)
    return document


def _paid_charge(ledger: Ledger, customer_id: str) -> Json:
    ledger.get("customer", customer_id)
    charges = ledger.of_customer("charge", customer_id)
    for charge in reversed(charges):
        if charge["paid"] and not charge["refunded"] and not charge["disputed"]:
            return charge
    raise illegal("This customer has no paid charge that is not refunded or disputed.")


def dispute(ledger: Ledger, customer_id: str, *, reason: str) -> Json:
    """Let the bank take back the newest paid charge, and Stripe its fee for that."""
    charge = _paid_charge(ledger, customer_id)
    document = payments.dispute(
        dispute_id=ledger.ids.new("dp_1"),
        created=ledger.now_s,
        due_by=ledger.now_s + _EVIDENCE_DAYS * funds.DAY_S,
        charge_document=charge,
        reason=reason,
    )
    booked = funds.book(
        ledger,
        "adjustment",
        amount=-document["amount"],
        currency=document["currency"],
        source_id=document["id"],
        description=f"Chargeback withdrawal for {charge['id']}",
        fee=ledger.rules.fees.dispute,
        fee_words="Dispute fee",
        category="dispute",
    )
    document["balance_transactions"] = [booked]
    ledger.add(document, customer_id=customer_id)
    ledger.change(charge, "charge.updated", disputed=True)
    ledger.emit("charge.dispute.created", document, customer_id=customer_id)
    ledger.emit("charge.dispute.funds_withdrawn", document, customer_id=customer_id)
    return document


def close_dispute(ledger: Ledger, customer_id: str, *, won: bool) -> Json:
    """Let the bank decide the newest open dispute; who wins it gets the money back, not the fee."""
    ledger.get("customer", customer_id)
    disputes = ledger.of_customer("dispute", customer_id)
    document = next((d for d in reversed(disputes) if d["status"] == "needs_response"), None)
    if document is None:
        raise illegal("This customer has no open dispute.")
    fields: Json = {"status": "won" if won else "lost"}
    if won:
        booked = funds.book(
            ledger,
            "adjustment",
            amount=document["amount"],
            currency=document["currency"],
            source_id=document["id"],
            description=f"Chargeback reversal for {document['charge']}",
            category="dispute_reversal",
        )
        fields["balance_transactions"] = [*document["balance_transactions"], booked]
    ledger.change(document, None, **fields)
    ledger.emit("charge.dispute.closed", document, customer_id=customer_id)
    if won:
        ledger.emit("charge.dispute.funds_reinstated", document, customer_id=customer_id)
    return document
