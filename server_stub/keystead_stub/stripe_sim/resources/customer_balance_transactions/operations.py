"""A customer's balance: credit to be applied to invoices, and amounts too small to charge.

https://docs.stripe.com/billing/customer/balance
"""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customer_balance_transactions import shape


def set_balance(
    work: UnitOfWork, customer: Json, balance: int, *, currency: str, invoice_id: str, kind: str
) -> None:
    """Set the customer's balance because of an invoice."""
    amount = balance - customer["balance"]
    if amount:
        reference = {"invoice_id": invoice_id, "kind": kind}
        _create(work, customer, amount, currency, reference)


def credit(work: UnitOfWork, customer: Json, amount: int, note: Json) -> Json:
    """Credit the customer by a credit note; return the balance transaction."""
    reference = {"invoice_id": note["invoice"], "note_id": note["id"], "kind": "credit_note"}
    # Stripe's sign: a negative balance is money that the customer may still use.
    return _create(work, customer, -amount, note["currency"], reference)


def _create(work: UnitOfWork, customer: Json, amount: int, currency: str, reference: Json) -> Json:
    balance = customer["balance"] + amount
    transaction = shape.customer_balance_transaction(
        transaction_id=work.ids.new("cbtxn_1"),
        created=work.now_s,
        customer_id=customer["id"],
        amount=amount,
        ending_balance=balance,
        currency=currency,
        **reference,
    )
    work.add(transaction)
    work.change(customer, "customer.updated", balance=balance, currency=currency)
    return transaction


def apply_to_invoice(work: UnitOfWork, customer: Json, invoice: Json, ending_balance: int) -> None:
    """Apply the customer's balance to an invoice that is being finalized."""
    # Owing money without anything due means that the amount was below Stripe's minimum charge.
    small = ending_balance > 0 and invoice["amount_due"] == 0
    set_balance(
        work,
        customer,
        ending_balance,
        currency=invoice["currency"],
        invoice_id=invoice["id"],
        kind="invoice_too_small" if small else "applied_to_invoice",
    )


def unapply_from_invoice(work: UnitOfWork, invoice: Json) -> None:
    """Undo the effect of a finalized invoice on the balance, because it is voided."""
    if invoice["ending_balance"] is None:
        return
    customer = work.get("customer", invoice["customer"])
    if customer.get("deleted"):
        return
    # Only this invoice's share is undone: the balance may have changed since.
    used = invoice["ending_balance"] - invoice["starting_balance"]
    set_balance(
        work,
        customer,
        customer["balance"] - used,
        currency=invoice["currency"],
        invoice_id=invoice["id"],
        kind="unapplied_from_invoice",
    )
