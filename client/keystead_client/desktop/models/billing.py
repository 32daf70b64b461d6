"""The page with the subscription, its invoices, and links to the portal."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from keystead.local_api import ActivationView
from keystead.wire.nyra import Invoice, InvoicesAnswer
from keystead_client import formats, presentation
from keystead_client.accounts import card_label
from keystead_client.desktop.models.app_state import AppState, Operation, Problem
from keystead_client.desktop.models.catalog import tr
from keystead_client.display_names import display_name
from keystead_client.invoices import payment_page, shown_status
from keystead_client.presentation import Action, Fact

#: The portal's pages by their flow (`keystead.wire.nyra.PortalRequest`), in the order shown.
_FLOWS = ("payment_method_update", "invoices", "subscription_cancel")
_TONES = {
    "paid": "ok",
    "uncollectible": "blocked",
    "open": "attention",
    "overdue": "attention",
}
_FACTS = ("plan", "paid", "renewal", "ends", "period_over", "ended")


class InvoiceRow(msgspec.Struct, frozen=True):
    """One invoice. ``tone`` is the tone of ``status``; ``pay`` is the URL to pay it at, or None."""

    name: str
    when: str
    amount: str
    status: str
    tone: str
    pay: str | None


class BillingModel(msgspec.Struct, frozen=True, kw_only=True):
    """``listed`` says whether the billing service has invoices at all."""

    facts: tuple[Fact, ...]
    listed: bool
    rows: tuple[InvoiceRow, ...]
    empty: str
    loading: bool
    problem: Problem | None
    links: tuple[Action, ...]
    busy: str
    enabled: bool


def billing_model(state: AppState, view: ActivationView, *, zone: tzinfo | None) -> BillingModel:
    """Build the page for a state."""
    listed = view.capabilities.invoices
    answer = state.invoices if listed else None
    opening = Operation.PORTAL in state.in_progress
    return BillingModel(
        facts=(*_facts(view, zone), *_charged(answer)),
        listed=listed,
        rows=tuple(_row(one, zone) for one in answer.invoices) if answer else (),
        empty=tr("billing.none") if answer and not answer.invoices else "",
        loading=Operation.INVOICES in state.in_progress,
        problem=state.invoices_problem if listed else None,
        links=tuple(Action(flow, tr(f"flow.{flow}")) for flow in _offered(view)),
        busy=tr("opening") if opening else "",
        enabled=state.connected and not opening,
    )


def _facts(view: ActivationView, zone: tzinfo | None) -> tuple[Fact, ...]:
    shown = presentation.show(view, zone=zone, tr=tr).facts
    facts = [fact for fact in shown if fact.name in _FACTS]
    if view.entitlement is not None:
        seats = tr.language.digits(str(view.entitlement.seats))
        if view.capabilities.seats:
            facts.insert(1, Fact("seats", tr("plans.seats"), seats))
        modules = [name for name, on in view.entitlement.modules.items() if on]
        if view.capabilities.modules and modules:
            named = tr.language.listed([display_name(name) for name in modules])
            facts.insert(1, Fact("modules", tr("plans.modules"), named))
        facts[0] = Fact("plan", facts[0].label, display_name(view.entitlement.key))
    return tuple(facts)


def _charged(answer: InvoicesAnswer | None) -> tuple[Fact, ...]:
    """Return the card that is charged, if the billing service names it."""
    method = answer.payment_method if answer is not None else None
    return (Fact("card", tr("account.card"), card_label(method, tr)),) if method else ()


def _offered(view: ActivationView) -> tuple[str, ...]:
    """Return the flows to offer; cancelling only where something would renew."""
    paid = view.entitlement
    if not view.capabilities.portal:
        return ()
    if paid is None or paid.cancel_at_period_end or presentation.bought_once(view):
        return _FLOWS[:2]
    return _FLOWS


def _row(invoice: Invoice, zone: tzinfo | None) -> InvoiceRow:
    shown = shown_status(invoice)
    status = shown if f"invoice.{shown}" in tr else "other"
    amount = invoice.amount_paid if invoice.status == "paid" else invoice.amount_due
    return InvoiceRow(
        name=formats.printable(invoice.number or tr("invoice.unnamed")),
        when=formats.day(invoice.created_at, zone, tr),
        amount=formats.money(amount, invoice.currency, tr),
        status=tr(f"invoice.{status}"),
        tone=_TONES.get(status, "wait"),
        pay=payment_page(invoice),
    )
