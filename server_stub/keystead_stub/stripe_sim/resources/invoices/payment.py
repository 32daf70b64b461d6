"""Invoices paid on request: https://docs.stripe.com/api/invoices/pay."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.errors import invalid_state
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.invoices import lifecycle as invoice_lifecycle
from keystead_stub.stripe_sim.resources.payment_intents import lifecycle as intent_lifecycle
from keystead_stub.stripe_sim.resources.payment_methods import attempts, default_card
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.payment_methods.attempts import PaymentResult
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import find_card
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_types import views


def pay(
    work: UnitOfWork,
    invoice_id: str,
    *,
    card: str | None = None,
    authenticate: bool | None = None,
    page: str | None = None,
) -> PaymentResult:
    """Pay an open invoice with a new card, or without one with the card on file.

    3-D Secure happens at `page`, by default the invoice's own.
    """
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] not in {"draft", "open", "uncollectible"}:
        raise invalid_state(f"This invoice is {invoice['status']}.")
    customer = retrieve(work, invoice["customer"])
    if invoice_lifecycle.is_processing(work, invoice):
        raise invalid_state("This invoice has a payment that is still processing.")
    saved = _saved(work, invoice, customer, card)
    test_card = payment_methods.card_of(work, saved) if saved else find_card(card or "")
    if test_card is None:
        return attempts.declined("incorrect_number" if card else "no_card")
    answer, refused = attempts.outcome(
        # A card on file is charged without its owner, so the bank answers as it does off session.
        test_card.later if card is None else test_card.at_checkout,
        authenticate,
    )
    # Finalized only once the card is known, so that a mistyped number leaves the draft as it is.
    if invoice["status"] == "draft":
        invoice_lifecycle.finalize(work, invoice)
    if invoice["amount_due"] == 0:
        # Covered by the customer's balance: nothing is charged, so the bank is not asked.
        invoice_lifecycle.mark_paid(work, invoice, None, manual=True)
        lifecycle.invoice_paid(work, invoice)
        return PaymentResult(status="paid", invoice=views.invoice(invoice))
    if answer == "requires_action":
        url = page or invoice["hosted_invoice_url"]
        intent_lifecycle.require_action(
            work, invoice_lifecycle.payment_intent_of(work, invoice), url
        )
        return attempts.requires_action(invoice=views.invoice(invoice))
    if answer == "declined":
        decline_code = "authentication_failed" if refused else test_card.decline_code
        # A new card that is declined was never attached, so there is no payment method to record.
        if saved is not None:
            invoice_lifecycle.record_failed_payment(
                work, invoice, saved, decline_code, next_attempt_s=None, manual=True
            )
        return attempts.declined(decline_code)
    # A card typed on the invoice's page also pays the following invoices.
    method = saved or default_card.replace(work, customer["id"], card or "")
    invoice_lifecycle.mark_paid(work, invoice, method, manual=True)
    lifecycle.invoice_paid(work, invoice)
    return PaymentResult(status="paid", invoice=views.invoice(invoice))


def pay_out_of_band(work: UnitOfWork, invoice_id: str) -> Json:
    """Mark an invoice as paid outside of Stripe; return it."""
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] not in {"draft", "open", "uncollectible"}:
        raise invalid_state(f"This invoice is {invoice['status']}.")
    if invoice_lifecycle.is_processing(work, invoice):
        raise invalid_state("This invoice has a payment that is still processing.")
    if invoice["status"] == "draft":
        invoice_lifecycle.finalize(work, invoice)
    invoice_lifecycle.mark_paid_out_of_band(work, invoice)
    lifecycle.invoice_paid(work, invoice)
    return invoice


def _saved(work: UnitOfWork, invoice: Json, customer: Json, card: str | None) -> Json | None:
    """Return the payment method on file to charge; null for a new card."""
    if card is None:
        return payment_methods.default_for(work, customer, invoice)
    is_saved = card.startswith("pm_") and find_card(card) is None
    return payment_methods.retrieve_usable(work, card, customer["id"]) if is_saved else None
