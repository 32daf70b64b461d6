"""Invoices: made, finalised, charged, voided. What follows for the subscription is not here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from keystead_stub.stripe_.interface import StripeRefused
from keystead_stub.stripe_.simulated.cards import TestCard, error_code, find_card, sentence
from keystead_stub.stripe_.simulated.ledger import Ledger, missing
from keystead_stub.stripe_.simulated.shapes import invoices as shapes
from keystead_stub.stripe_.simulated.shapes import payments, people
from keystead_stub.stripe_.simulated.shapes.parts import Json

_CARD_YEARS = 8


def cycle_line(subscription: Json) -> shapes.Line:
    """Return the line for the subscription's current period."""
    item = subscription["items"]["data"][0]
    offer, quantity = item["price"], item["quantity"]
    return shapes.Line(
        amount=offer["unit_amount"] * quantity,
        description=f"{quantity} × {offer['metadata'].get('plan', offer['id']).capitalize()}",
        quantity=quantity,
        period=(item["current_period_start"], item["current_period_end"]),
        price_document=offer,
    )


def draft(
    ledger: Ledger,
    customer: Json,
    subscription: Json | None,
    lines: Sequence[shapes.Line],
    *,
    reason: str,
    period: tuple[int, int] | None = None,
) -> Json:
    """Make a draft invoice; `period` is what Stripe puts on the invoice as a whole."""
    invoice_id = ledger.ids.new("in_1")
    documents = [
        shapes.invoice_line(
            line, line_id=ledger.ids.new("il_1"), invoice_id=invoice_id, subscription=subscription
        )
        for line in lines
    ]
    invoice = shapes.invoice(
        invoice_id=invoice_id,
        created=ledger.now_s,
        customer=customer,
        subscription=subscription,
        reason=reason,
        period=period or (ledger.now_s, ledger.now_s),
        currency=lines[0].price_document["currency"],
        lines=documents,
    )
    ledger.add(invoice)
    ledger.emit("invoice.created", invoice)
    return invoice


def finalize(ledger: Ledger, invoice: Json) -> None:
    """Number the invoice, use up the customer's credit, and open it for payment."""
    customer = ledger.get("customer", invoice["customer"])
    sequence = customer["next_invoice_sequence"]
    balance = invoice["starting_balance"] + invoice["total"] - invoice["amount_due"]
    ledger.change(customer, None, next_invoice_sequence=sequence + 1)
    ledger.change(customer, "customer.updated", balance=balance)
    url = f"{ledger.rules.base_url}/_stub/invoices/{invoice['id']}"
    ledger.change(
        invoice,
        None,
        number=f"{customer['invoice_prefix']}-{sequence:04d}",
        status="open",
        ending_balance=balance,
        effective_at=ledger.now_s,
        hosted_invoice_url=url,
        invoice_pdf=f"{url}/pdf",
        status_transitions=invoice["status_transitions"] | {"finalized_at": ledger.now_s},
    )
    ledger.emit("invoice.finalized", invoice)


def intent_of(ledger: Ledger, invoice: Json) -> Json:
    """Return the invoice's payment intent, made when it is first needed."""
    known = ledger.private(invoice["id"]).get("intent")
    if known:
        return ledger.get("payment_intent", known)
    intent = payments.payment_intent(
        intent_id=ledger.ids.new("pi_3"),
        secret=ledger.ids.text(25),
        created=ledger.now_s,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        customer_id=invoice["customer"],
        description="Subscription creation"
        if invoice["billing_reason"] == "subscription_create"
        else "Subscription update",
    )
    ledger.add(intent)
    ledger.remember(invoice["id"], intent=intent["id"])
    ledger.emit("payment_intent.created", intent)
    return intent


def settle(ledger: Ledger, invoice: Json, method: Json | None, *, manual: bool = False) -> None:
    """Let the invoice be paid; with nothing due, nothing is charged."""
    due = invoice["amount_due"]
    if due and method is not None:
        intent = intent_of(ledger, invoice)
        charge(ledger, intent, method, None)
        payment = shapes.invoice_payment(
            payment_id=ledger.ids.new("inpay_1"),
            created=ledger.now_s,
            invoice_id=invoice["id"],
            intent_id=intent["id"],
            amount=due,
            currency=invoice["currency"],
        )
        ledger.emit("invoice_payment.paid", ledger.add(payment))
    attempts = invoice["attempt_count"] + (0 if manual and invoice["attempted"] else 1)
    ledger.clear(invoice["id"])
    ledger.change(
        invoice,
        None,
        status="paid",
        amount_paid=due,
        amount_remaining=0,
        attempted=True,
        attempt_count=attempts,
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=invoice["status_transitions"] | {"paid_at": ledger.now_s},
    )
    ledger.emit("invoice.paid", invoice)
    ledger.emit("invoice.payment_succeeded", invoice)


def decline(
    ledger: Ledger,
    invoice: Json,
    method: Json,
    decline_code: str,
    *,
    next_attempt_s: int | None,
    manual: bool = False,
) -> None:
    """Let an attempt to pay the invoice fail; a manual one leaves the schedule as it is."""
    charge(ledger, intent_of(ledger, invoice), method, decline_code)
    fields: Json = {"attempted": True}
    if not manual:
        fields |= {
            "attempt_count": invoice["attempt_count"] + 1,
            "next_payment_attempt": next_attempt_s,
            "auto_advance": next_attempt_s is not None,
        }
    ledger.change(invoice, None, **fields)
    ledger.emit("invoice.payment_failed", invoice)
    if decline_code == "authentication_required":
        ledger.emit("invoice.payment_action_required", invoice)


def charge(ledger: Ledger, intent: Json, method: Json, decline_code: str | None) -> None:
    """Charge an intent: it succeeds, or fails with the decline code."""
    made = payments.charge(
        charge_id=ledger.ids.new("ch_3"),
        created=ledger.now_s,
        intent=intent,
        method=method,
        decline_code=decline_code,
    )
    ledger.add(made)
    if decline_code is None:
        fields: Json = {
            "status": "succeeded",
            "amount_received": intent["amount"],
            "payment_method": method["id"],
            "last_payment_error": None,
        }
        outcome = "succeeded"
    else:
        error = payments.payment_error(decline_code, charge_id=made["id"], method=method)
        needs_action = decline_code == "authentication_required"
        status = "requires_action" if needs_action else "requires_payment_method"
        fields = {"status": status, "last_payment_error": error}
        outcome = "payment_failed"
    ledger.change(intent, None, latest_charge=made["id"], **fields)
    ledger.emit(f"payment_intent.{outcome}", intent)
    ledger.emit("charge.succeeded" if decline_code is None else "charge.failed", made)


def void(ledger: Ledger, invoice: Json) -> None:
    ledger.clear(invoice["id"])
    ledger.change(
        invoice,
        None,
        status="void",
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=invoice["status_transitions"] | {"voided_at": ledger.now_s},
    )
    ledger.emit("invoice.voided", invoice)


def mark_uncollectible(ledger: Ledger, invoice: Json) -> None:
    ledger.clear(invoice["id"])
    transitions = invoice["status_transitions"] | {"marked_uncollectible_at": ledger.now_s}
    ledger.change(
        invoice,
        None,
        status="uncollectible",
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=transitions,
    )
    ledger.emit("invoice.marked_uncollectible", invoice)


def attach(ledger: Ledger, card: TestCard, customer: Json) -> Json:
    """Give the customer a payment method, and make it the one that is charged."""
    method = people.payment_method(
        card,
        method_id=ledger.ids.new("pm_1"),
        created=ledger.now_s,
        customer_id=customer["id"],
        email=customer["email"],
        expires=(12, expiry_year(ledger)),
        fingerprint=ledger.ids.text(16),
    )
    ledger.add(method, private={"number": card.number})
    ledger.emit("payment_method.attached", method)
    settings = customer["invoice_settings"] | {"default_payment_method": method["id"]}
    ledger.change(customer, "customer.updated", invoice_settings=settings)
    return method


def expiry_year(ledger: Ledger) -> int:
    """Return a year in which a card that is shown now is still good."""
    return datetime.fromtimestamp(ledger.now_s, UTC).year + _CARD_YEARS


def card_named(text: str) -> TestCard:
    """Return the test card, or raise StripeRefused `incorrect_number`."""
    card = find_card(text)
    if card is None:
        raise declined("incorrect_number")
    return card


def declined(decline_code: str) -> StripeRefused:
    """Return the refusal that a declined card is, where there is no page to say so."""
    return StripeRefused(sentence(decline_code), code=error_code(decline_code), status=402)


def card_of(ledger: Ledger, method: Json) -> TestCard:
    """Return the test card behind a payment method."""
    card = find_card(ledger.private(method["id"]).get("number", ""))
    if card is None:
        raise missing("payment_method")
    return card


def default_method(ledger: Ledger, customer: Json) -> Json | None:
    method_id = customer.get("invoice_settings", {}).get("default_payment_method")
    return ledger.find("payment_method", method_id) if method_id else None


def subscription_of(invoice: Json) -> str | None:
    parent = invoice["parent"]
    return parent["subscription_details"]["subscription"] if parent else None
