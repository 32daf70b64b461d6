"""The window offers exactly what the billing service supports."""

from __future__ import annotations

from typing import Any

import msgspec

from keystead.capabilities import Capabilities
from keystead.local_api import Account, ActivationView, CheckoutParams
from support import activations
from support.desktop_world import Browser, World
from support.scripted_daemon import PATIENCE_S, ScriptedDaemon

ADA = Account(signed_in=True, subject="Ada Lovelace", account="acme")


def view_with_capabilities(view: ActivationView, **other: bool) -> ActivationView:
    """Return the view at a billing service with all capabilities except those that are changed."""
    able = msgspec.structs.replace(Capabilities(modules=True), **other)
    return msgspec.structs.replace(view, capabilities=able)


def modular() -> Any:
    pro, solo = activations.PLANS.plans
    with_modules = msgspec.structs.replace(pro, modules={"web": True, "cctv": True})
    return msgspec.structs.replace(activations.PLANS, plans=(with_modules, solo))


def requested_checkout(daemon: ScriptedDaemon) -> CheckoutParams:
    """Return the parameters of the checkout that the window requests."""
    while True:
        _, params = daemon.asked.get(timeout=PATIENCE_S)
        if isinstance(params, CheckoutParams):
            return params


def test_every_supported_option_is_offered_and_requested(world: World, browser: Browser) -> None:
    daemon = world.daemon(view_with_capabilities(activations.unactivated()))
    daemon.answers |= {
        "plans.list": lambda _: modular(),
        "checkout.start": lambda _: activations.CHECKOUT,
    }
    person = world.window()
    person.sees("12.00 EUR a module a month", "Seats", "Modules", "Monthly", "Yearly")
    person.clicks("Yearly")
    person.clicks("One seat more")
    person.clicks("Continue in browser")
    wish = requested_checkout(daemon)
    assert (wish.billing_period, wish.seats, wish.modules) == ("yearly", 2, ("web",))


def test_unsupported_options_are_neither_offered_nor_requested(
    world: World, browser: Browser
) -> None:
    daemon = world.daemon(
        view_with_capabilities(activations.unactivated(), seats=False, modules=False, periods=False)
    )
    daemon.answers |= {
        "plans.list": lambda _: modular(),
        "checkout.start": lambda _: activations.CHECKOUT,
    }
    person = world.window()
    person.sees("12.00 EUR a month", "Pro", "In total 12.00 EUR a month")
    read = person.reads()
    assert not {"Seats", "Modules", "Monthly", "Yearly", "Web"} & set(read)
    assert not any("a seat" in text or "a module" in text for text in read)
    person.clicks("Continue in browser")
    wish = requested_checkout(daemon)
    assert (wish.billing_period, wish.seats, wish.modules) == (None, None, ())


def test_restore_is_by_mail_or_by_sign_in_as_the_service_supports(
    world: World, browser: Browser
) -> None:
    daemon, person = world.at(view_with_capabilities(activations.unactivated()))
    person.sees("I already paid")
    assert "Use this device" not in person.reads()
    joining = view_with_capabilities(activations.unactivated(), restore=False, sign_in=True)
    daemon.publish(msgspec.structs.replace(joining, account=ADA))
    person.sees("Use this device")
    assert "I already paid" not in person.reads()
    daemon.publish(view_with_capabilities(activations.unactivated(), restore=False))
    person.sees_no("Use this device")
    assert "I already paid" not in person.reads()


def test_invoices_are_listed_if_the_service_has_them(world: World, browser: Browser) -> None:
    daemon, person = world.at(view_with_capabilities(activations.active()))
    person.clicks("Billing")
    person.sees("Invoices", "NYRA-0002", "Change the card")
    while not daemon.asked.empty():
        daemon.asked.get()
    daemon.publish(view_with_capabilities(activations.active(), invoices=False))
    person.sees_no("NYRA-0002")
    person.clicks("Overview")
    person.clicks("Billing")
    person.sees("Change the card")
    assert "Invoices" not in person.reads()
    assert "invoices.list" not in {daemon.asked.get()[0] for _ in range(daemon.asked.qsize())}


def test_without_invoices_and_portal_billing_is_not_in_the_navigation(
    world: World, browser: Browser
) -> None:
    daemon, person = world.at(view_with_capabilities(activations.active()))
    person.clicks("Billing")
    person.sees("Change the card")
    daemon.publish(view_with_capabilities(activations.active(), invoices=False, portal=False))
    person.sees("Active. Everything works.", "Devices")
    assert not person.can_press("Billing")
    assert not person.can_press("Manage billing")


def test_seats_are_shown_if_the_service_sells_them(world: World, browser: Browser) -> None:
    four = activations.active(entitlement=activations.entitlement(seats=4))
    daemon, person = world.at(view_with_capabilities(four))
    person.sees("Pro, 4 seats")
    daemon.publish(view_with_capabilities(four, seats=False))
    person.sees_no("4 seats")
    person.clicks("Billing")
    person.sees("Invoices")
    assert "Seats" not in person.reads()
