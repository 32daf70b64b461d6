"""The steps of an invoice's life; `subscriptions.lifecycle` does what follows for subscriptions."""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.stripe_sim.engine import amounts
from keystead_stub.stripe_sim.engine.errors import invalid_request, invalid_state
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customer_balance_transactions import (
    operations as customer_balance,
)
from keystead_stub.stripe_sim.resources.customers import operations as customers
from keystead_stub.stripe_sim.resources.discounts import invoicing as discount_invoicing
from keystead_stub.stripe_sim.resources.invoices import lines as invoice_lines
from keystead_stub.stripe_sim.resources.invoices import shape
from keystead_stub.stripe_sim.resources.invoices.lines import Line
from keystead_stub.stripe_sim.resources.payment_intents import lifecycle as intent_lifecycle
from keystead_stub.stripe_sim.resources.prices import shape as price_shape
from keystead_stub.stripe_sim.resources.subscription_items import shape as item_shape

#: Descriptions of charges, by the invoice's billing reason.
_PURPOSES = {"manual": "Payment for Invoice", "subscription_create": "Subscription creation"}


def cycle_lines(subscription: Json) -> list[Line]:
    """Return the lines for the subscription's current period, one for each item paid ahead."""
    items = subscription["items"]["data"]
    # Metered items are billed afterwards, when their usage is known.
    return [_cycle_line(item) for item in items if not price_shape.is_metered(item["price"])]


def _cycle_line(item: Json) -> Line:
    offer, quantity = item["price"], item["quantity"]
    return Line(
        amount=item_shape.amount(item),
        description=f"{quantity} × {offer['metadata'].get('plan', offer['id']).capitalize()}",
        quantity=quantity,
        period=(item["current_period_start"], item["current_period_end"]),
        price_document=offer,
        item_id=item["id"],
    )


def draft(
    work: UnitOfWork,
    customer: Json,
    subscription: Json | None,
    lines: Sequence[Line],
    *,
    reason: str,
    period: tuple[int, int] | None = None,
) -> Json:
    """Create a draft invoice less the subscription's discounts; a `once` discount is used up.

    `period` is the invoice's own. The caller emits the update of the subscription, whose
    discounts may have changed.
    """
    invoice = compose(
        work,
        customer,
        subscription,
        lines,
        reason=reason,
        period=period or (work.now_s, work.now_s),
        invoice_id=work.ids.new("in_1"),
    )
    work.add(invoice)
    work.emit("invoice.created", invoice)
    if subscription is not None:
        # After the invoice is stored: the discount was used by it and must not reduce the next one.
        discount_invoicing.remove_used(work, subscription, invoice)
    return invoice


def compose(
    work: UnitOfWork,
    customer: Json,
    subscription: Json | None,
    lines: Sequence[Line],
    *,
    reason: str,
    period: tuple[int, int],
    invoice_id: str,
) -> Json:
    """Return an invoice of these lines, less the subscription's discounts; nothing is kept."""
    currency = lines[0].price_document["currency"]
    discount_ids = discount_invoicing.applicable(work, customer, subscription, currency)
    shares = discount_invoicing.amounts(work, discount_ids, [line.discountable for line in lines])
    documents = [
        invoice_lines.line_item(
            line,
            line_id=work.ids.new("il_1"),
            invoice_id=invoice_id,
            subscription=subscription,
            discounts={one: off[number] for one, off in shares.items() if line.discountable > 0},
        )
        for number, line in enumerate(lines)
    ]
    return shape.invoice(
        invoice_id=invoice_id,
        created=work.now_s,
        customer=customer,
        subscription=subscription,
        reason=reason,
        period=period,
        currency=currency,
        lines=documents,
        discounts={one: sum(off) for one, off in shares.items()},
    )


def finalize(work: UnitOfWork, invoice: Json) -> None:
    """Number the invoice, apply the customer's balance, and open it for payment.

    Raises StripeError for a draft without lines, and for one of a deleted customer.
    """
    if not invoice["lines"]["data"]:
        raise invalid_request(
            "You cannot finalize an invoice without line items.",
            code="invoice_no_customer_line_items",
        )
    customer = customers.retrieve(work, invoice["customer"])
    work.clear_timers(invoice["id"], "advance")
    due = amounts.due(invoice["total"], customer["balance"], invoice["currency"])
    _number(work, invoice, customer, due, balance=customer["balance"])
    customer_balance.apply_to_invoice(work, customer, invoice, due.balance)
    work.emit("invoice.finalized", invoice)
    # An invoice without an amount due has no payment intent.
    if due.amount:
        _create_payment_intent(work, invoice)


def finalize_paid(work: UnitOfWork, invoice: Json, intent: Json) -> None:
    """Finalize a draft that a payment intent has paid already."""
    customer = work.get("customer", invoice["customer"])
    # A checkout leaves the customer's balance alone.
    _number(work, invoice, customer, amounts.Due(invoice["total"], 0), balance=0)
    work.emit("invoice.finalized", invoice)
    _create_invoice_payment(work, invoice, intent)
    _payment_made(work, invoice)
    _emit_paid(work, invoice, attempts=1)


def _number(
    work: UnitOfWork, invoice: Json, customer: Json, due: amounts.Due, *, balance: int
) -> None:
    sequence = customer["next_invoice_sequence"]
    url = f"{work.rules.base_url}/_stub/invoices/{invoice['id']}"
    work.change(
        invoice,
        None,
        # Numbered at finalization and not before, so that deleted drafts leave no gaps.
        number=f"{customer['invoice_prefix']}-{sequence:04d}",
        status="open",
        amount_due=due.amount,
        amount_remaining=due.amount,
        automatically_finalizes_at=None,
        starting_balance=balance,
        ending_balance=due.balance,
        effective_at=work.now_s,
        hosted_invoice_url=url,
        invoice_pdf=f"{url}/pdf",
        status_transitions=invoice["status_transitions"] | {"finalized_at": work.now_s},
    )
    work.change(customer, None, next_invoice_sequence=sequence + 1)


def payment_intent_of(work: UnitOfWork, invoice: Json) -> Json:
    """Return the payment intent of an invoice that was finalized with an amount due."""
    return work.get("payment_intent", work.private(invoice["id"])["intent"])


def payment_secret(work: UnitOfWork, invoice_id: str) -> str:
    """Return the client secret of the payment intent that pays an open invoice."""
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] != "open":
        raise invalid_state("This invoice is not open, so it has no payment to confirm.")
    return str(payment_intent_of(work, invoice)["client_secret"])


def is_processing(work: UnitOfWork, invoice: Json) -> bool:
    """Whether a bank debit for the invoice has started and its outcome is open."""
    intent: str | None = work.private(invoice["id"]).get("intent")
    return intent is not None and work.get("payment_intent", intent)["status"] == "processing"


def _create_payment_intent(work: UnitOfWork, invoice: Json) -> None:
    """Create the payment intent that pays the invoice."""
    intent = intent_lifecycle.create(
        work,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        customer_id=invoice["customer"],
        description=_PURPOSES.get(invoice["billing_reason"], "Subscription update"),
        # A subscription's card is charged again without its owner, so Stripe saves it for that.
        setup_future_usage=None if invoice["parent"] is None else "off_session",
        pays_for=invoice["id"],
    )
    _create_invoice_payment(work, invoice, intent)


def _create_invoice_payment(work: UnitOfWork, invoice: Json, intent: Json) -> None:
    """Create the invoice payment that links an invoice to its payment intent."""
    payment = shape.invoice_payment(
        payment_id=work.ids.new("inpay_1"),
        created=work.now_s,
        invoice_id=invoice["id"],
        intent_id=intent["id"],
        amount=invoice["amount_due"],
        currency=invoice["currency"],
    )
    work.add(payment, customer_id=invoice["customer"])
    # Kept beside the invoice: in this API version an invoice no longer names its payment intent
    # (https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices).
    work.update_private(invoice["id"], intent=intent["id"], payment=payment["id"])


def mark_paid(
    work: UnitOfWork, invoice: Json, method: Json | None, *, manual: bool = False
) -> None:
    """Charge the amount due, if any, and mark the invoice as paid."""
    due = invoice["amount_due"]
    if due and method is not None:
        intent_lifecycle.charge(work, payment_intent_of(work, invoice), method, None)
        _payment_made(work, invoice)
    # Stripe counts automatic attempts, and a manual one only if it is the first.
    attempts = invoice["attempt_count"] + (0 if manual and invoice["attempted"] else 1)
    work.clear_timers(invoice["id"])
    _emit_paid(work, invoice, attempts=attempts)


def mark_paid_out_of_band(work: UnitOfWork, invoice: Json) -> None:
    """Mark the invoice as paid outside of Stripe, and cancel its payment intent.

    No payment succeeded, so only `invoice.paid` is emitted. `amount_paid` includes it
    (https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices).
    """
    work.clear_timers(invoice["id"])
    _cancel_payment_intent(work, invoice, None)
    _set_paid(work, invoice, attempts=invoice["attempt_count"])


def _payment_made(work: UnitOfWork, invoice: Json) -> None:
    due = invoice["amount_due"]
    payment = work.get("invoice_payment", work.private(invoice["id"])["payment"])
    transitions = payment["status_transitions"] | {"paid_at": work.now_s}
    work.change(payment, None, status="paid", amount_paid=due, status_transitions=transitions)
    work.emit("invoice_payment.paid", payment, customer_id=invoice["customer"])


def _emit_paid(work: UnitOfWork, invoice: Json, *, attempts: int) -> None:
    _set_paid(work, invoice, attempts=attempts)
    # Stripe sends both events for a payment: `invoice.paid` also covers invoices paid out of band.
    work.emit("invoice.payment_succeeded", invoice)


def _set_paid(work: UnitOfWork, invoice: Json, *, attempts: int) -> None:
    work.change(
        invoice,
        None,
        status="paid",
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        attempted=True,
        attempt_count=attempts,
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=invoice["status_transitions"] | {"paid_at": work.now_s},
    )
    work.emit("invoice.paid", invoice)


def record_failed_payment(
    work: UnitOfWork,
    invoice: Json,
    method: Json | None,
    decline_code: str,
    *,
    next_attempt_s: int | None,
    manual: bool = False,
) -> None:
    """Record a failed payment; a `manual` one does not change the retry schedule.

    Without a payment method there is nothing to charge, and the attempt fails all the same.
    """
    if method is not None:
        intent_lifecycle.charge(work, payment_intent_of(work, invoice), method, decline_code)
    fields: Json = {"attempted": True}
    if not manual:
        fields |= {
            "attempt_count": invoice["attempt_count"] + 1,
            "next_payment_attempt": next_attempt_s,
            "auto_advance": next_attempt_s is not None,
        }
    work.change(invoice, None, **fields)
    work.emit("invoice.payment_failed", invoice)
    # In addition to the failure: the customer has to be brought back to confirm the payment.
    if decline_code == "authentication_required":
        work.emit("invoice.payment_action_required", invoice)


def void(work: UnitOfWork, invoice: Json) -> None:
    """Void the invoice and return the credit that it used."""
    work.clear_timers(invoice["id"])
    work.change(
        invoice,
        None,
        status="void",
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=invoice["status_transitions"] | {"voided_at": work.now_s},
    )
    # Before the event, so that a receiver already sees the returned credit.
    customer_balance.unapply_from_invoice(work, invoice)
    work.emit("invoice.voided", invoice)
    _cancel_payment_intent(work, invoice, "void_invoice")


def _cancel_payment_intent(work: UnitOfWork, invoice: Json, reason: str | None) -> None:
    if "intent" not in (private := work.private(invoice["id"])):
        return
    intent_lifecycle.cancel(work, payment_intent_of(work, invoice), reason)
    payment = work.get("invoice_payment", private["payment"])
    transitions = payment["status_transitions"] | {"canceled_at": work.now_s}
    work.change(payment, None, status="canceled", status_transitions=transitions)


def mark_uncollectible(work: UnitOfWork, invoice: Json) -> None:
    work.clear_timers(invoice["id"])
    transitions = invoice["status_transitions"] | {"marked_uncollectible_at": work.now_s}
    work.change(
        invoice,
        None,
        status="uncollectible",
        auto_advance=False,
        next_payment_attempt=None,
        status_transitions=transitions,
    )
    work.emit("invoice.marked_uncollectible", invoice)


def subscription_of(invoice: Json) -> str | None:
    parent = invoice["parent"]
    return parent["subscription_details"]["subscription"] if parent else None
