"""``keystead plans`` and ``keystead invoices``: what can be bought, and what was billed."""

from __future__ import annotations

from argparse import Namespace

from keystead.wire.nyra import InvoicesAnswer, PlansAnswer
from keystead_client import exit_codes, formatting
from keystead_client.context import Context
from keystead_client.members import members_of
from keystead_client.output import Output
from keystead_client.waiting import NETWORK_S

#: Stripe's words for the state of an invoice, as a person would say them.
_INVOICE_STATUS = {
    "draft": "in preparation",
    "open": "to be paid",
    "paid": "paid",
    "uncollectible": "given up",
    "void": "cancelled",
}


def list_plans(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        answer: PlansAnswer = client.call("plans.list", timeout_s=NETWORK_S)
    out.object(members_of(answer))
    rows = [
        (
            plan.plan,
            plan.name,
            f"{formatting.money(price.amount, price.currency)} per seat",
            price.billing_period,
            f"{plan.min_seats} to {plan.max_seats}",
            ", ".join(plan.features),
        )
        for plan in answer.plans
        for price in plan.prices
    ]
    out.table(("PLAN", "NAME", "PRICE", "PERIOD", "SEATS", "FEATURES"), rows)
    return exit_codes.USABLE


def list_invoices(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        answer: InvoicesAnswer = client.call("invoices.list", timeout_s=NETWORK_S)
    out.object(members_of(answer))
    rows = [
        (
            invoice.number or invoice.id,
            formatting.day(invoice.created_at, None),
            formatting.money(invoice.amount_due, invoice.currency),
            _INVOICE_STATUS.get(invoice.status, invoice.status),
            (invoice.hosted_url or "") if invoice.status == "open" else "",
        )
        for invoice in answer.invoices
    ]
    if rows or out.as_json:
        out.table(("INVOICE", "DATE", "AMOUNT", "STATUS", "PAY AT"), rows)
    else:
        out.say("Nothing was billed yet.")
    return exit_codes.USABLE
