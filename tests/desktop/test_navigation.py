"""Navigation between pages, and the billing page."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from keystead.hints import PAYMENT_FAILED
from keystead.local_api import PortalParams
from keystead.wire.nyra import InvoicesAnswer, PortalAnswer
from support import activations
from support.desktop_world import Browser, World
from support.scripted_daemon import PATIENCE_S, Refusal, ScriptedDaemon

PORTAL = "https://billing.example/portal/bps_1"
# Qt's offscreen platform logs this warning for every dialog.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
CONTROL = Qt.KeyboardModifier.ControlModifier


def next_params(daemon: ScriptedDaemon, method: str) -> Any:
    """Return the parameters of the next call of a method."""
    while True:
        name, params = daemon.asked.get(timeout=PATIENCE_S)
        if name == method:
            return params


def test_the_navigation_is_hidden_before_a_daemon_answers(world: World) -> None:
    person = world.window()
    person.sees("Looking at your activation…")
    assert not person.can_press("Settings")


def test_every_page_is_reached_by_mouse(world: World) -> None:
    _, person = world.at(activations.active())
    person.clicks("Devices")
    person.sees("Old laptop")
    person.clicks("Billing")
    person.sees("NYRA-0002")
    person.clicks("Overview")
    person.sees("Active. Everything works.")


def test_every_page_is_reached_by_keyboard(world: World) -> None:
    _, person = world.at(activations.active())
    person.sees("Active. Everything works.")
    person.presses(Qt.Key.Key_3, CONTROL)
    person.sees("Invoices")
    assert person.button("Billing").isChecked()
    person.presses(Qt.Key.Key_1, CONTROL)
    person.sees("Active. Everything works.")
    person.button("Devices").setFocus()
    person.presses(Qt.Key.Key_Return)
    person.sees("Old laptop")
    assert person.button("Devices").hasFocus()


def test_the_timeline_has_a_description(world: World) -> None:
    _, person = world.at(activations.active())
    person.sees("Active. Everything works.")
    person.hears("29 days paid. Next renewal: 2026-12-21 09:00.")


def test_an_open_invoice_is_paid_on_its_page(world: World, browser: Browser) -> None:
    daemon, person = world.at(activations.past_due())
    person.clicks("Billing")
    person.sees("NYRA-0003", "Open", "12.00 EUR")
    person.clicks("Pay NYRA-0003")
    person.bot.waitUntil(lambda: browser.opened == ["http://127.0.0.1:8787/invoice/in_3"])
    assert not person.can_press("Pay NYRA-0002")
    assert daemon.view.state == "grace"


def test_the_overview_pays_the_open_invoice(world: World, browser: Browser) -> None:
    ended = activations.expired(hints=(PAYMENT_FAILED,))
    daemon, person = world.at(ended)
    person.sees("because your last payment failed")
    assert not person.can_press("Choose a plan")
    person.clicks("Pay invoice")
    person.bot.waitUntil(lambda: browser.opened == ["http://127.0.0.1:8787/invoice/in_3"])
    daemon.publish(activations.active())
    person.sees("Active. Everything works.")


def test_the_invoices_are_shown_where_none_is_open(world: World, browser: Browser) -> None:
    daemon, person = world.at(activations.inactive("unpaid"))
    daemon.answers["invoices.list"] = lambda _: paid_invoices()
    person.clicks("Pay invoice")
    person.sees("NYRA-0003", "Paid")
    assert browser.opened == []


def paid_invoices() -> InvoicesAnswer:
    """Return the invoices, all of them paid."""
    paid = [
        msgspec.structs.replace(one, status="paid", amount_paid=one.amount_due)
        for one in activations.INVOICES.invoices
    ]
    return InvoicesAnswer(invoices=tuple(paid))


def test_a_paid_invoice_is_shown_as_paid_on_return(world: World, browser: Browser) -> None:
    daemon, person = world.at(activations.past_due())
    person.clicks("Billing")
    person.clicks("Pay NYRA-0003")
    elsewhere = QWidget()
    person.bot.addWidget(elsewhere)
    elsewhere.show()
    elsewhere.activateWindow()
    person.bot.waitUntil(lambda: not person.window.isActiveWindow())
    daemon.answers["invoices.list"] = lambda _: paid_invoices()
    elsewhere.close()
    person.window.activateWindow()
    person.bot.waitUntil(lambda: not person.can_press("Pay NYRA-0003"))
    person.sees("NYRA-0003", "Paid")


def test_shown_invoices_are_fetched_again_after_a_payment(world: World, browser: Browser) -> None:
    daemon, person = world.at(activations.past_due())
    person.clicks("Billing")
    person.sees("Open")
    daemon.answers["invoices.list"] = lambda _: paid_invoices()
    daemon.publish(activations.active())
    person.sees_no("Open")


@pytest.mark.parametrize(
    ("link", "flow"),
    [
        ("Change the card", "payment_method_update"),
        ("All invoices and receipts", "invoices"),
        ("Cancel the subscription", "subscription_cancel"),
    ],
)
def test_each_link_opens_its_page_of_the_portal(
    world: World, browser: Browser, link: str, flow: str
) -> None:
    daemon, person = world.at(activations.active())
    daemon.answers["portal.open"] = lambda _: PortalAnswer(
        url=PORTAL, expires_at=activations.NOW_MS
    )
    person.clicks("Billing")
    person.clicks(link)
    person.bot.waitUntil(lambda: browser.opened == [PORTAL])
    assert next_params(daemon, "portal.open") == PortalParams(flow=flow)


def test_a_failed_list_of_invoices_can_be_retried(world: World) -> None:
    daemon, person = world.at(activations.active())

    def refuse(_: msgspec.Struct) -> object:
        raise Refusal("backend_unreachable", "The billing service could not be reached.")

    daemon.answers["invoices.list"] = refuse
    person.clicks("Billing")
    person.sees("The billing service could not be reached.")
    daemon.answers["invoices.list"] = lambda _: activations.INVOICES
    person.clicks("Fetch the invoices again")
    person.sees("NYRA-0002")
    person.sees_no("could not be reached")
