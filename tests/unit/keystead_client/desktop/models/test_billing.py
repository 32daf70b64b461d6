"""The billing screen, for what is known."""

from __future__ import annotations

from datetime import UTC

import msgspec

from keystead.local_api import ActivationView
from keystead.wire.nyra import InvoicesAnswer
from keystead_client.desktop.models.app_state import AppState, Operation
from keystead_client.desktop.models.billing import BillingModel, billing_model
from support import activations


def model_of(view: ActivationView, **more: object) -> BillingModel:
    state = AppState(connected=True, view=view, **more)  # type: ignore[arg-type]
    return billing_model(state, view, zone=UTC)


def test_only_an_open_invoice_with_a_page_can_be_paid() -> None:
    rows = model_of(activations.past_due(), invoices=activations.INVOICES).rows
    assert [row.pay for row in rows] == ["http://127.0.0.1:8787/invoice/in_3", None, None]
    assert [row.status for row in rows] == ["Open", "Paid", "Unknown"]
    assert [row.name for row in rows] == ["NYRA-0003", "NYRA-0002", "Invoice"]


def test_an_invoice_whose_payment_went_back_is_not_shown_as_paid() -> None:
    _, paid, _ = activations.INVOICES.invoices
    shown = {}
    for reason in (None, "refunded", "disputed"):
        invoice = msgspec.structs.replace(paid, reason=reason)
        answer = InvoicesAnswer(invoices=(invoice,))
        (row,) = model_of(activations.active(), invoices=answer).rows
        shown[reason] = (row.status, row.tone)
    assert shown == {
        None: ("Paid", "ok"),
        "refunded": ("Refunded", "wait"),
        "disputed": ("Disputed", "wait"),
    }


def test_an_empty_list_of_invoices_is_explained() -> None:
    assert model_of(activations.active(), invoices=InvoicesAnswer(invoices=())).empty
    assert not model_of(activations.active()).empty


def test_a_canceled_subscription_offers_no_cancellation() -> None:
    flows = [link.name for link in model_of(activations.active()).links]
    assert flows == ["payment_method_update", "invoices", "subscription_cancel"]
    assert [link.name for link in model_of(activations.ending()).links] == flows[:2]


def test_a_one_time_purchase_offers_no_cancellation() -> None:
    model = model_of(activations.bought_once())
    assert [link.name for link in model.links] == ["payment_method_update", "invoices"]
    facts = {fact.name: fact.value for fact in model.facts}
    assert facts == {"plan": "Pro", "seats": "1", "paid": "Once; nothing is renewed"}


def test_plan_and_seats_are_separate_facts() -> None:
    view = activations.active(entitlement=activations.entitlement(seats=4))
    facts = {fact.name: fact.value for fact in model_of(view).facts}
    assert facts == {"plan": "Pro", "seats": "4", "renewal": "2026-12-21 09:00"}


def test_the_card_is_shown_if_the_service_names_it() -> None:
    facts = {
        fact.name: fact.value
        for fact in model_of(activations.active(), invoices=activations.INVOICES).facts
    }
    assert facts["card"] == "Visa ending in 4242"
    untold = InvoicesAnswer(invoices=activations.INVOICES.invoices)
    assert "card" not in {
        fact.name for fact in model_of(activations.active(), invoices=untold).facts
    }


def test_links_are_disabled_while_one_opens() -> None:
    assert not model_of(activations.active(), in_progress=frozenset({Operation.PORTAL})).enabled


def test_modules_are_named_where_the_service_sells_them() -> None:
    able = msgspec.structs.replace(activations.active().capabilities, modules=True, seats=False)
    bought = activations.entitlement(modules={"crm": True, "site_builder": True, "sms": False})
    facts = {
        fact.name: fact.value
        for fact in model_of(activations.active(entitlement=bought, capabilities=able)).facts
    }
    assert facts["modules"] == "CRM, Site builder"
    assert "seats" not in facts
    assert not model_of(activations.unactivated()).facts


def test_a_service_without_a_portal_offers_no_page_of_it() -> None:
    able = msgspec.structs.replace(activations.active().capabilities, portal=False)
    assert model_of(activations.active(capabilities=able)).links == ()
