"""``keystead plans`` and ``keystead invoices``: what can be bought, and what was billed."""

from __future__ import annotations

from argparse import Namespace

from keystead.wire.nyra import InvoicesAnswer, PlansAnswer
from keystead_client import exit_codes, formatting
from keystead_client.context import Context
from keystead_client.members import members_of
from keystead_client.output import Output
from keystead_client.terminal_words import WORDS
from keystead_client.waiting import NETWORK_S

_PLANS = ("plan", "name", "price", "period", "seats", "features")
_MODULAR = ("plan", "name", "price", "period", "modules", "features")
_TO_PAY = ("open", "overdue")
_INVOICES = ("invoice", "date", "amount", "state", "pay_at")


def list_plans(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        answer: PlansAnswer = client.call("plans.list", timeout_s=NETWORK_S)
    out.object(members_of(answer))
    rows = [
        (
            plan.plan,
            plan.name,
            WORDS(
                "terminal.per_module" if plan.modules else "terminal.per_seat",
                price=formatting.money(price.amount, price.currency, WORDS),
            ),
            _told(f"terminal.period.{price.billing_period}", price.billing_period),
            ", ".join(plan.modules)
            or WORDS("terminal.from_to", least=plan.min_seats, most=plan.max_seats),
            ", ".join(plan.features),
        )
        for plan in answer.plans
        for price in plan.prices
    ]
    modular = any(plan.modules for plan in answer.plans)
    out.table(_headings(_MODULAR if modular else _PLANS), rows)
    return exit_codes.USABLE


def list_invoices(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        answer: InvoicesAnswer = client.call("invoices.list", timeout_s=NETWORK_S)
    out.object(members_of(answer))
    rows = [
        (
            invoice.number or invoice.id,
            formatting.day(invoice.created_at, None, WORDS),
            formatting.money(invoice.amount_due, invoice.currency, WORDS),
            _told(f"terminal.invoice.{invoice.status}", invoice.status),
            (invoice.hosted_url or "") if invoice.status in _TO_PAY else "",
        )
        for invoice in answer.invoices
    ]
    if rows or out.as_json:
        out.table(_headings(_INVOICES), rows)
    else:
        out.say(WORDS("terminal.nothing_billed"))
    return exit_codes.USABLE


def _headings(columns: tuple[str, ...]) -> list[str]:
    return [WORDS(f"terminal.{column}") for column in columns]


def _told(message: str, otherwise: str) -> str:
    return WORDS(message) if message in WORDS else otherwise
