"""What happens in ``keystead demo``, chapter by chapter, and what must hold.

A person pays, works, loses the network, uses the grace period up, comes back, and cancels. Both
clocks are advanced: the stub's by its control, the device's as if it had slept.
"""

from __future__ import annotations

import json

from keystead import hints
from keystead.activation import State
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from keystead.local_api import ActivationView
from keystead_client import exit_codes, formats, presentation
from keystead_client.accounts import account_sentence
from keystead_client.demo.environment import DemoEnvironment, run_command
from keystead_client.demo.output import DemoOutput
from keystead_client.demo.web_form import follow, press
from keystead_client.translator import ENGLISH

_PAYMENT = {
    "email": "someone@nyra.example",
    "card": "4242 4242 4242 4242",
    "expiry": "12 / 40",
    "cvc": "123",
}
_PERSON = {"subject": "Ada Lovelace", "account": "acme"}
_GRACE_MS = 72 * HOUR_MS
#: How close to an instant both sides are looked at; commands take real time as well.
_CLOSE_MS = 2 * SECOND_MS
_STRANGER = "A" * 43


def tell(stage: DemoEnvironment, telling: DemoOutput) -> None:
    """Run all chapters."""
    for chapter in (
        _before,
        _signing_in,
        _paying,
        _trust,
        _background,
        _unplugged,
        _grace,
        _expiry,
        _coming_back,
        _cancelling,
    ):
        chapter(stage, telling)


def _before(stage: DemoEnvironment, telling: DemoOutput) -> None:
    telling.chapter("A billing service, and a device that has never paid")
    health = stage.backend.health()
    telling.tick(
        f"The billing service answers at {stage.backend.url}, with a simulated Stripe",
        bool(health.get("ok")) and health["stripe"]["mode"] == "simulated",
        health,
    )
    view = stage.device.look()
    telling.tick("The daemon answers on its local socket", view.product == "nyra", view.product)
    telling.tick(_words(view), view.state == State.UNACTIVATED and not view.usable, view)
    _exits(stage, telling, exit_codes.NOT_ACTIVATED, "not activated")


def _signing_in(stage: DemoEnvironment, telling: DemoOutput) -> None:
    if not stage.device.look().capabilities.sign_in:
        return
    telling.chapter("Signing in, because this billing service wants to know who buys")
    code = run_command(stage, "portal", "--no-browser").returncode
    telling.tick("Without that, it shows nobody any bills", code == exit_codes.ERROR, code)
    opens_links = press(stage.device.sign_in(), "allow", _PERSON)
    telling.aside("in the browser, which comes back to this computer")
    telling.tick(
        "The browser finds the daemon again", bool(opens_links) and follow(str(opens_links))
    )
    known = stage.device.until(lambda view: view.account is not None and view.account.signed_in)
    telling.tick(
        account_sentence(stage.device.view.account, ENGLISH), known, stage.device.view.account
    )


def _paying(stage: DemoEnvironment, telling: DemoOutput) -> None:
    telling.chapter("Paying in the browser")
    checkout = stage.device.start_checkout()
    telling.tick("A checkout is open", bool(checkout.url), checkout)
    telling.aside(str(checkout.url))
    stage.device.until(lambda view: view.state == State.PENDING)
    view = stage.device.view
    telling.tick(_words(view), view.state == State.PENDING and not view.usable, view)
    press(str(checkout.url), "pay", _PAYMENT)
    telling.aside(f"paid on that page with the card {_PAYMENT['card']}")
    active = stage.device.until(lambda view: view.state == State.ACTIVE)
    view = stage.device.view
    telling.tick(f"The device noticed by itself: {_words(view)}", active and view.usable, view)
    _exits(stage, telling, exit_codes.USABLE, "usable")


def _trust(stage: DemoEnvironment, telling: DemoOutput) -> None:
    telling.chapter("A signed license, which anybody can check")
    found = stage.device.inspect_license()
    telling.tick(
        "The license file is signed by the key that the profile pins", found.ok, found.code
    )
    other = stage.device.inspect_license(device=_STRANGER)
    telling.tick("Another device cannot use it", other.code == "wrong_device", other.code)
    view = stage.device.view
    grace_ms = (view.grace_ends_at or 0) - (view.current_period_end or 0)
    telling.tick(
        f"It works offline for {formats.span(grace_ms)} past the paid period",
        grace_ms == _GRACE_MS and view.until == view.grace_ends_at,
        view,
    )


def _background(stage: DemoEnvironment, telling: DemoOutput) -> None:
    telling.chapter("Seven hours later")
    before = stage.device.look()
    _both_travel_to(stage, before.now + 7 * HOUR_MS)
    heard = stage.device.until(
        lambda view: (view.last_refresh_at or 0) > (before.last_refresh_at or 0)
    )
    telling.tick("The daemon asked again in the background", heard, stage.device.view)
    view = stage.device.view
    ahead_ms = (view.next_refresh_at or 0) - view.now
    telling.tick("and has planned when to ask next", 0 < ahead_ms < DAY_MS, ahead_ms)


def _unplugged(stage: DemoEnvironment, telling: DemoOutput) -> None:
    telling.chapter("On a plane: every connection is dropped")
    stage.backend.unplug()
    view = stage.device.refresh()
    telling.tick(
        "A refresh does not get through, and the device says so",
        hints.BACKEND_UNREACHABLE in view.hints,
        view.hints,
    )
    telling.tick(_words(view), view.state == State.ACTIVE and view.usable, view)
    asked = run_command(stage, "refresh")
    telling.tick(
        "`keystead refresh` exits with 7: backend unreachable",
        asked.returncode == exit_codes.BACKEND_UNREACHABLE,
        asked.returncode,
    )
    period_ms = view.current_period_end or 0
    view = stage.device.travel_to(period_ms - _CLOSE_MS)
    telling.tick(
        f"Until the paid period ends, {_at(period_ms)}, nothing changes",
        view.state == State.ACTIVE,
        view,
    )


def _grace(stage: DemoEnvironment, telling: DemoOutput) -> None:
    telling.chapter("The period ends; whether it was renewed cannot be heard")
    period_ms = stage.device.view.current_period_end or 0
    stage.backend.travel_to(period_ms + HOUR_MS)
    telling.aside("the subscription is renewed there meanwhile")
    view = stage.device.travel_to(period_ms)
    telling.tick(_words(view), view.state == State.GRACE and view.usable, view)
    boundary_ms = view.grace_ends_at or 0
    telling.tick(
        f"The grace ends 72 hours after the period, to the second: {_at(boundary_ms)}",
        boundary_ms == period_ms + _GRACE_MS == view.until,
        boundary_ms - period_ms,
    )
    strict = run_command(stage, "status", "--strict").returncode
    telling.tick(
        "`keystead status --strict` exits with 4: in grace", strict == exit_codes.GRACE, strict
    )
    view = stage.device.travel_to(boundary_ms - DAY_MS + MINUTE_MS)
    left = presentation.show(view, zone=None).left
    telling.tick(str(left or "Less than a day is left."), left is not None and view.usable, view)


def _expiry(stage: DemoEnvironment, telling: DemoOutput) -> None:
    telling.chapter("Three days without a word")
    boundary_ms = stage.device.view.grace_ends_at or 0
    view = stage.device.travel_to(boundary_ms - _CLOSE_MS)
    telling.tick("Two seconds before the boundary it still works", view.usable, view)
    view = stage.device.travel_to(boundary_ms)
    telling.tick(_words(view), view.state == State.EXPIRED and not view.usable, view)
    _exits(stage, telling, exit_codes.NOT_ENTITLED, "expired or not entitled")


def _coming_back(stage: DemoEnvironment, telling: DemoOutput) -> None:
    telling.chapter("Landed: the network is back")
    before = stage.device.look()
    stage.backend.travel_to(before.now)
    stage.backend.plug_in()
    view = stage.device.refresh()
    telling.tick(_words(view), view.state == State.ACTIVE and view.usable, view)
    later_ms = (view.current_period_end or 0) - (before.current_period_end or 0)
    telling.tick(
        f"The renewal has arrived: paid for {formats.span(later_ms)} more",
        later_ms > 27 * DAY_MS,
        later_ms,
    )
    _exits(stage, telling, exit_codes.USABLE, "usable")


def _cancelling(stage: DemoEnvironment, telling: DemoOutput) -> None:
    telling.chapter("Cancelled, for the end of the period")
    press(stage.device.portal("subscription_cancel"), "cancel", {})
    telling.aside("in the portal, with its own button")
    view = stage.device.refresh()
    ending = view.entitlement is not None and view.entitlement.cancel_at_period_end
    telling.tick(_words(view), view.state == State.ACTIVE and ending, view)
    telling.tick(
        "There is no grace after it, because there is no renewal to wait for",
        view.until == view.current_period_end,
        view,
    )
    _both_travel_to(stage, (view.current_period_end or 0) + MINUTE_MS)
    ended = stage.device.until(lambda view: view.state == State.INACTIVE)
    view = stage.device.view
    telling.tick(_words(view), ended and not view.usable, view)
    _exits(stage, telling, exit_codes.NOT_ENTITLED, "expired or not entitled")


def _both_travel_to(stage: DemoEnvironment, ms: int) -> None:
    stage.backend.travel_to(ms)
    stage.device.travel_to(ms)


def _exits(stage: DemoEnvironment, telling: DemoOutput, code: int, meaning: str) -> None:
    """Check the exit code and the JSON of a real ``keystead status``."""
    ran = run_command(stage, "status", "--json")
    state = json.loads(ran.stdout)["state"] if ran.stdout.startswith("{") else ran.stderr
    telling.tick(
        f"`keystead status` exits with {code}: {meaning}",
        ran.returncode == code and state == stage.device.view.state,
        (ran.returncode, state),
    )


def _words(view: ActivationView) -> str:
    return presentation.show(view, zone=None).headline


def _at(ms: int) -> str:
    return formats.minute(ms, None)
