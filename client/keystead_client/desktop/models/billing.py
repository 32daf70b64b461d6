"""The screen with the subscription, its invoices, and the ways into the portal."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from keystead.local_api import ActivationView
from keystead.wire.nyra import Invoice, InvoicesAnswer
from keystead_client import formats, presentation
from keystead_client.accounts import card_words
from keystead_client.desktop.models.app_state import Doing, Known, Trouble
from keystead_client.desktop.models.catalog import WORDS
from keystead_client.display_names import words_of
from keystead_client.invoices import page_to_pay
from keystead_client.presentation import Action, Fact

#: The portal's pages by their flow (`keystead.wire.nyra.PortalRequest`), as they are offered.
_FLOWS = ("payment_method_update", "invoices", "subscription_cancel")
_TONES = {
    "paid": "ok",
    "uncollectible": "blocked",
    "open": "attention",
    "overdue": "attention",
}
_FACTS = ("plan", "paid", "renewal", "ends", "period_over", "ended")


class InvoiceRow(msgspec.Struct, frozen=True):
    """``tone`` and ``status`` say the same; ``pay`` is the page to pay it on, or None."""

    name: str
    when: str
    amount: str
    status: str
    tone: str
    pay: str | None


class BillingModel(msgspec.Struct, frozen=True, kw_only=True):
    """``listed`` is whether there are invoices to list here at all."""

    facts: tuple[Fact, ...]
    listed: bool
    rows: tuple[InvoiceRow, ...]
    empty: str
    loading: bool
    trouble: Trouble | None
    links: tuple[Action, ...]
    busy: str
    enabled: bool


def billing_model(known: Known, view: ActivationView, *, zone: tzinfo | None) -> BillingModel:
    """The screen for what is known."""
    listed = view.capabilities.invoices
    answer = known.invoices if listed else None
    opening = Doing.PORTAL in known.doing
    return BillingModel(
        facts=(*_facts(view, zone), *_charged(answer)),
        listed=listed,
        rows=tuple(_row(one, zone) for one in answer.invoices) if answer else (),
        empty=WORDS("billing.none") if answer and not answer.invoices else "",
        loading=Doing.INVOICES in known.doing,
        trouble=known.invoices_trouble if listed else None,
        links=tuple(Action(flow, WORDS(f"flow.{flow}")) for flow in _offered(view)),
        busy=WORDS("opening") if opening else "",
        enabled=known.up and not opening,
    )


def _facts(view: ActivationView, zone: tzinfo | None) -> tuple[Fact, ...]:
    shown = presentation.show(view, zone=zone, texts=WORDS).facts
    facts = [fact for fact in shown if fact.name in _FACTS]
    if view.entitlement is not None:
        seats = WORDS.language.digits(str(view.entitlement.seats))
        if view.capabilities.seats:
            facts.insert(1, Fact("seats", WORDS("plans.seats"), seats))
        modules = [name for name, on in view.entitlement.modules.items() if on]
        if view.capabilities.modules and modules:
            named = WORDS.language.listed([words_of(name) for name in modules])
            facts.insert(1, Fact("modules", WORDS("plans.modules"), named))
        facts[0] = Fact("plan", facts[0].label, words_of(view.entitlement.key))
    return tuple(facts)


def _charged(answer: InvoicesAnswer | None) -> tuple[Fact, ...]:
    """What is charged, where the billing service tells."""
    method = answer.payment_method if answer is not None else None
    return (Fact("card", WORDS("account.card"), card_words(method, WORDS)),) if method else ()


def _offered(view: ActivationView) -> tuple[str, ...]:
    """What is canceled already, was never there or is never renewed, cannot be canceled."""
    paid = view.entitlement
    if not view.capabilities.portal:
        return ()
    if paid is None or paid.cancel_at_period_end or presentation.bought_once(view):
        return _FLOWS[:2]
    return _FLOWS


def _row(invoice: Invoice, zone: tzinfo | None) -> InvoiceRow:
    status = invoice.status if f"invoice.{invoice.status}" in WORDS else "other"
    amount = invoice.amount_paid if invoice.status == "paid" else invoice.amount_due
    return InvoiceRow(
        name=formats.printable(invoice.number or WORDS("invoice.unnamed")),
        when=formats.day(invoice.created_at, zone, WORDS),
        amount=formats.money(amount, invoice.currency, WORDS),
        status=WORDS(f"invoice.{status}"),
        tone=_TONES.get(status, "wait"),
        pay=page_to_pay(invoice),
    )
