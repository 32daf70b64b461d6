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
from keystead_client.demo.web_form import page_exists, submit_form
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


def run_script(environment: DemoEnvironment, output: DemoOutput) -> None:
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
        chapter(environment, output)


def _before(environment: DemoEnvironment, output: DemoOutput) -> None:
    output.chapter("A billing service, and a device that has never paid")
    health = environment.backend.health()
    output.check(
        f"The billing service answers at {environment.backend.url}, with a simulated Stripe",
        bool(health.get("ok")) and health["stripe"]["mode"] == "simulated",
        health,
    )
    view = environment.device.look()
    output.check("The daemon answers on its local socket", view.product == "nyra", view.product)
    output.check(_words(view), view.state == State.UNACTIVATED and not view.usable, view)
    _exits(environment, output, exit_codes.NOT_ACTIVATED, "not activated")


def _signing_in(environment: DemoEnvironment, output: DemoOutput) -> None:
    if not environment.device.look().capabilities.sign_in:
        return
    output.chapter("Signing in, because this billing service wants to know who buys")
    code = run_command(environment, "portal", "--no-browser").returncode
    output.check("Without that, it shows nobody any bills", code == exit_codes.ERROR, code)
    opens_links = submit_form(environment.device.sign_in(), "allow", _PERSON)
    output.aside("in the browser, which comes back to this computer")
    output.check(
        "The browser finds the daemon again", bool(opens_links) and page_exists(str(opens_links))
    )
    known = environment.device.until(
        lambda view: view.account is not None and view.account.signed_in
    )
    output.check(
        account_sentence(environment.device.view.account, ENGLISH),
        known,
        environment.device.view.account,
    )


def _paying(environment: DemoEnvironment, output: DemoOutput) -> None:
    output.chapter("Paying in the browser")
    checkout = environment.device.start_checkout()
    output.check("A checkout is open", bool(checkout.url), checkout)
    output.aside(str(checkout.url))
    environment.device.until(lambda view: view.state == State.PENDING)
    view = environment.device.view
    output.check(_words(view), view.state == State.PENDING and not view.usable, view)
    submit_form(str(checkout.url), "pay", _PAYMENT)
    output.aside(f"paid on that page with the card {_PAYMENT['card']}")
    active = environment.device.until(lambda view: view.state == State.ACTIVE)
    view = environment.device.view
    output.check(f"The device noticed by itself: {_words(view)}", active and view.usable, view)
    _exits(environment, output, exit_codes.USABLE, "usable")


def _trust(environment: DemoEnvironment, output: DemoOutput) -> None:
    output.chapter("A signed license, which anybody can check")
    found = environment.device.inspect_license()
    output.check(
        "The license file is signed by the key that the profile pins", found.ok, found.code
    )
    other = environment.device.inspect_license(device=_STRANGER)
    output.check("Another device cannot use it", other.code == "wrong_device", other.code)
    view = environment.device.view
    grace_ms = (view.grace_ends_at or 0) - (view.current_period_end or 0)
    output.check(
        f"It works offline for {formats.span(grace_ms)} past the paid period",
        grace_ms == _GRACE_MS and view.until == view.grace_ends_at,
        view,
    )


def _background(environment: DemoEnvironment, output: DemoOutput) -> None:
    output.chapter("Seven hours later")
    before = environment.device.look()
    _both_travel_to(environment, before.now + 7 * HOUR_MS)
    refreshed = environment.device.until(
        lambda view: (view.last_refresh_at or 0) > (before.last_refresh_at or 0)
    )
    output.check("The daemon asked again in the background", refreshed, environment.device.view)
    view = environment.device.view
    ahead_ms = (view.next_refresh_at or 0) - view.now
    output.check("and has planned when to ask next", 0 < ahead_ms < DAY_MS, ahead_ms)


def _unplugged(environment: DemoEnvironment, output: DemoOutput) -> None:
    output.chapter("On a plane: every connection is dropped")
    environment.backend.unplug()
    view = environment.device.refresh()
    output.check(
        "A refresh does not get through, and the device says so",
        hints.BACKEND_UNREACHABLE in view.hints,
        view.hints,
    )
    output.check(_words(view), view.state == State.ACTIVE and view.usable, view)
    asked = run_command(environment, "refresh")
    output.check(
        "`keystead refresh` exits with 7: backend unreachable",
        asked.returncode == exit_codes.BACKEND_UNREACHABLE,
        asked.returncode,
    )
    period_ms = view.current_period_end or 0
    view = environment.device.travel_to(period_ms - _CLOSE_MS)
    output.check(
        f"Until the paid period ends, {_at(period_ms)}, nothing changes",
        view.state == State.ACTIVE,
        view,
    )


def _grace(environment: DemoEnvironment, output: DemoOutput) -> None:
    output.chapter("The period ends; whether it was renewed cannot be heard")
    period_ms = environment.device.view.current_period_end or 0
    environment.backend.travel_to(period_ms + HOUR_MS)
    output.aside("the subscription is renewed there meanwhile")
    view = environment.device.travel_to(period_ms)
    output.check(_words(view), view.state == State.GRACE and view.usable, view)
    boundary_ms = view.grace_ends_at or 0
    output.check(
        f"The grace ends 72 hours after the period, to the second: {_at(boundary_ms)}",
        boundary_ms == period_ms + _GRACE_MS == view.until,
        boundary_ms - period_ms,
    )
    strict = run_command(environment, "status", "--strict").returncode
    output.check(
        "`keystead status --strict` exits with 4: in grace", strict == exit_codes.GRACE, strict
    )
    view = environment.device.travel_to(boundary_ms - DAY_MS + MINUTE_MS)
    left = presentation.show(view, zone=None).left
    output.check(str(left or "Less than a day is left."), left is not None and view.usable, view)


def _expiry(environment: DemoEnvironment, output: DemoOutput) -> None:
    output.chapter("Three days without a word")
    boundary_ms = environment.device.view.grace_ends_at or 0
    view = environment.device.travel_to(boundary_ms - _CLOSE_MS)
    output.check("Two seconds before the boundary it still works", view.usable, view)
    view = environment.device.travel_to(boundary_ms)
    output.check(_words(view), view.state == State.EXPIRED and not view.usable, view)
    _exits(environment, output, exit_codes.NOT_ENTITLED, "expired or not entitled")


def _coming_back(environment: DemoEnvironment, output: DemoOutput) -> None:
    output.chapter("Landed: the network is back")
    before = environment.device.look()
    environment.backend.travel_to(before.now)
    environment.backend.plug_in()
    view = environment.device.refresh()
    output.check(_words(view), view.state == State.ACTIVE and view.usable, view)
    later_ms = (view.current_period_end or 0) - (before.current_period_end or 0)
    output.check(
        f"The renewal has arrived: paid for {formats.span(later_ms)} more",
        later_ms > 27 * DAY_MS,
        later_ms,
    )
    _exits(environment, output, exit_codes.USABLE, "usable")


def _cancelling(environment: DemoEnvironment, output: DemoOutput) -> None:
    output.chapter("Cancelled, for the end of the period")
    submit_form(environment.device.portal("subscription_cancel"), "cancel", {})
    output.aside("in the portal, with its own button")
    view = environment.device.refresh()
    ending = view.entitlement is not None and view.entitlement.cancel_at_period_end
    output.check(_words(view), view.state == State.ACTIVE and ending, view)
    output.check(
        "There is no grace after it, because there is no renewal to wait for",
        view.until == view.current_period_end,
        view,
    )
    _both_travel_to(environment, (view.current_period_end or 0) + MINUTE_MS)
    ended = environment.device.until(lambda view: view.state == State.INACTIVE)
    view = environment.device.view
    output.check(_words(view), ended and not view.usable, view)
    _exits(environment, output, exit_codes.NOT_ENTITLED, "expired or not entitled")


def _both_travel_to(environment: DemoEnvironment, ms: int) -> None:
    environment.backend.travel_to(ms)
    environment.device.travel_to(ms)


def _exits(environment: DemoEnvironment, output: DemoOutput, code: int, meaning: str) -> None:
    """Check the exit code and the JSON of a real ``keystead status``."""
    ran = run_command(environment, "status", "--json")
    state = json.loads(ran.stdout)["state"] if ran.stdout.startswith("{") else ran.stderr
    output.check(
        f"`keystead status` exits with {code}: {meaning}",
        ran.returncode == code and state == environment.device.view.state,
        (ran.returncode, state),
    )


def _words(view: ActivationView) -> str:
    return presentation.show(view, zone=None).headline


def _at(ms: int) -> str:
    return formats.minute(ms, None)
