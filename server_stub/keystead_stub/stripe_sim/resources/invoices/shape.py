"""Invoice and invoice payment objects: https://docs.stripe.com/api/invoices/object. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keystead_stub.stripe_sim.engine import amounts
from keystead_stub.stripe_sim.engine.objects import Json, automatic_tax, listing, nulls
from keystead_stub.stripe_sim.resources.invoices import lines as invoice_lines

_INVOICE_NULLS = (
    "account_name account_tax_ids application automatically_finalizes_at custom_fields"
    " customer_account customer_address customer_name customer_phone customer_shipping"
    " default_payment_method default_source description due_date effective_at ending_balance"
    " footer from_invoice hosted_invoice_url invoice_pdf last_finalization_error latest_revision"
    " next_payment_attempt number on_behalf_of parent receipt_number rendering shipping_cost"
    " shipping_details statement_descriptor test_clock webhooks_delivered_at"
)


def invoice(
    *,
    invoice_id: str,
    created: int,
    customer: Json,
    subscription: Json | None,
    reason: str,
    period: tuple[int, int],
    currency: str,
    lines: Sequence[Json],
    discounts: Mapping[str, int],
) -> Json:
    """Return a draft invoice; `discounts` is what each of them takes off it in all."""
    subtotal = sum(line["amount"] for line in lines)
    return {
        **nulls(_INVOICE_NULLS),
        **amounts_of(subtotal, discounts, customer["balance"], currency),
        "id": invoice_id,
        "object": "invoice",
        "account_country": "DE",
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": automatic_tax("disabled_reason", "provider", "status"),
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": created,
        "currency": currency,
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": list(discounts),
        "issuer": {"type": "self"},
        "lines": listing(list(lines), f"/v1/invoices/{invoice_id}/lines"),
        "livemode": False,
        "metadata": {},
        "parent": _invoice_parent(subscription),
        "payment_settings": nulls("default_mandate payment_method_options payment_method_types"),
        "period_end": period[1],
        "period_start": period[0],
        "status": "draft",
        "status_transitions": nulls("finalized_at marked_uncollectible_at paid_at voided_at"),
    }


def amounts_of(subtotal: int, discounts: Mapping[str, int], balance: int, currency: str) -> Json:
    """Return the draft's amounts; `balance` is the customer's as it is now."""
    total = subtotal - sum(discounts.values())
    # A draft's amounts are estimates; the balance is only used up at finalization.
    due = amounts.due(total, balance, currency).amount
    taken = invoice_lines.discount_amounts(discounts)
    return {
        "amount_due": due,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": due,
        "amount_shipping": 0,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": balance,
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_discount_amounts": taken,
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [{**one, "type": "discount"} for one in taken],
        "total_taxes": [],
    }


def _invoice_parent(subscription: Json | None) -> Json | None:
    if subscription is None:
        return None
    return {
        "quote_details": None,
        "subscription_details": {
            "metadata": subscription["metadata"],
            "subscription": subscription["id"],
        },
        "type": "subscription_details",
    }


def invoice_payment(
    *, payment_id: str, created: int, invoice_id: str, intent_id: str, amount: int, currency: str
) -> Json:
    return {
        "id": payment_id,
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": amount,
        "created": created,
        "currency": currency,
        "invoice": invoice_id,
        "is_default": True,
        "livemode": False,
        "payment": {"type": "payment_intent", "payment_intent": intent_id},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
