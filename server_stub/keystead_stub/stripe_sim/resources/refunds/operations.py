"""Operations on refunds: https://docs.stripe.com/api/refunds."""

from __future__ import annotations

from collections.abc import Mapping

from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json, listing, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.balance_transactions import (
    operations as balance_transactions,
)
from keystead_stub.stripe_sim.resources.refunds import shape as refund_shape
from keystead_stub.stripe_sim.resources.refunds.requests import NewRefund


def create(work: UnitOfWork, request: NewRefund) -> Json:
    """Refund a charge, named by its id or its payment intent; return the refund."""
    charge_id = request.charge_id
    if request.payment_intent_id is not None:
        intent = work.get("payment_intent", request.payment_intent_id)
        if charge_id not in {None, intent["latest_charge"]}:
            raise invalid_request("The charge does not belong to the payment intent.")
        charge_id = intent["latest_charge"]
    if charge_id is None:
        raise invalid_request(
            "This PaymentIntent does not have a successful charge to refund.",
            code="resource_missing",
            status=404,
        )
    charge = work.get("charge", charge_id)
    return refund_charge(
        work, charge, request.amount, reason=request.reason, metadata=request.metadata
    )


def update(work: UnitOfWork, refund_id: str, fields: Json) -> Json:
    """Merge metadata into that of a refund."""
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
    """Refund all or part of a charge; Stripe keeps its fee. Return the refund.

    Raises StripeError: `charge_already_refunded`, `charge_disputed`, `charge_not_refundable`,
    `invalid_request` for an amount above what is left.
    """
    left = charge["amount"] - charge["amount_refunded"]
    amount = left if amount is None else amount
    _check_refundable(charge, amount, left)
    document = refund_shape.refund(
        refund_id=work.ids.new("re_3"),
        created=work.now_s,
        charge_document=charge,
        amount=amount,
        reason=reason,
        metadata=metadata or {},
    )
    card = charge["payment_method_details"]["type"] == "card"
    description = charge["description"]
    # Without a fee: Stripe neither charges for a refund nor returns the payment's fee.
    booked = balance_transactions.create(
        work,
        "refund" if card else "payment_refund",
        amount=-amount,
        currency=charge["currency"],
        source_id=document["id"],
        description=f"REFUND FOR CHARGE ({description})" if description else "REFUND FOR CHARGE",
        # Taken from pending money while the payment's own is pending, as at Stripe.
        available_on=balance_transactions.available_on(work, charge),
    )
    document["balance_transaction"] = booked["id"]
    work.add(document)
    # Stripe lists a charge's refunds with the newest first.
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


def newest_succeeded(work: UnitOfWork, customer_id: str) -> Json | None:
    """Return the customer's newest refund that has not failed."""
    found = reversed(work.of_customer("refund", customer_id))
    return next((one for one in found if one["status"] == "succeeded"), None)


def fail(work: UnitOfWork, refund: Json) -> None:
    """Let a refund fail days later, as where the bank can't pay it out.

    The money comes back to the account, and the charge is no longer refunded
    (https://docs.stripe.com/refunds#failed-refunds).
    """
    charge = work.get("charge", refund["charge"])
    booked = balance_transactions.create(
        work,
        "refund_failure",
        amount=refund["amount"],
        currency=refund["currency"],
        source_id=refund["id"],
        description="REFUND FAILURE",
    )
    work.change(
        refund,
        "refund.updated",
        status="failed",
        failure_reason="unknown",
        failure_balance_transaction=booked["id"],
    )
    others = [one for one in charge["refunds"]["data"] if one["id"] != refund["id"]]
    work.change(
        charge,
        "charge.updated",
        amount_refunded=charge["amount_refunded"] - refund["amount"],
        refunded=False,
        refunds=listing([refund, *others], charge["refunds"]["url"]),
    )
    work.emit("charge.refund.updated", refund)
    work.emit("refund.failed", refund)


def _check_refundable(charge: Json, amount: int, left: int) -> None:
    if not charge["captured"]:
        raise invalid_request(
            "This charge was not captured, so it cannot be refunded.", code="charge_not_refundable"
        )
    if charge["disputed"]:
        raise invalid_request(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    # Checked before the amount, because Stripe has a code of its own for it.
    if left == 0:
        raise invalid_request(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if not 0 < amount <= left:
        raise invalid_request(
            f"Refund amount must be between 1 and the unrefunded amount on the charge ({left})."
        )
