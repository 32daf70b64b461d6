"""Each billing API with sign-in, from purchase to sign-out, with daemon, commands and stub."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree, rmtree
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from keystead.encoding import b64u_encode
from keystead.local_api import (
    ActivationView,
    CheckoutParams,
    DeviceParams,
    PortalParams,
    SignIn,
)
from keystead.wire.sign_in import REVOKE
from support.billing_apis import SIGNED_IN, Api
from support.browser_sign_in import PERSON, error_code_of, sign_in_by_browser
from support.cli import COMMAND
from support.hosted_page import open_page, submit_form
from support.shared_stubs import StubOf
from support.world import CARD, EMAIL, NETWORK_S, Device, World

#: Seconds; far below the time that a hanging server would take, also on a busy machine.
PROMPT_S = 30.0
#: The beginning of every session token: the encoded header of a JWT.
SESSION = b64u_encode(b'{"alg":"HS256"')[:18]


#: The stories that every run holds at each billing API. All are held at the first one, and the
#: nightly run holds all at each.
AT_EACH_API = frozenset(
    {
        "test_a_purchase_by_a_signed_in_customer_activates_the_device",
        "test_a_renewal_reaches_a_device_that_was_offline",
    }
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    first = None if metafunc.function.__name__ in AT_EACH_API else SIGNED_IN[0]
    apis = [
        pytest.param(
            api, id=api.name, marks=[pytest.mark.nightly] if first not in (None, api) else []
        )
        for api in SIGNED_IN
    ]
    metafunc.parametrize("api", apis)


@pytest.fixture
def world(stub_of: StubOf, api: Api, tmp_path: Path) -> Iterator[World]:
    world = World(stub_of(api.name), tmp_path)
    yield world
    world.end()


def buy_and_activate(world: World, device: Device, api: Api) -> ActivationView:
    checkout = device.call("checkout.start", CheckoutParams(**api.wish))
    world.stub.pay(checkout.session_id, email=EMAIL)
    return device.until(lambda view: view.state == "active")


def test_a_purchase_by_a_signed_in_customer_activates_the_device(world: World, api: Api) -> None:
    device = world.device()
    assert error_code_of(device, "checkout.start", CheckoutParams(**api.wish)) == "sign_in_needed"
    account = sign_in_by_browser(device)
    assert (account.signed_in, account.subject, account.account, account.problem) == (
        True,
        "Ada Lovelace",
        "acme",
        None,
    )
    assert api.wish["plan"] in {plan.plan for plan in device.call("plans.list").plans} | {"archon"}
    view = buy_and_activate(world, device, api)
    assert view.entitlement is not None
    assert (view.entitlement.key, view.entitlement.seats) == (api.entitlement, api.seats)
    if "modules" in api.wish:
        assert {name for name, on in view.entitlement.modules.items() if on} == {"web", "cctv"}
    invoices = device.call("invoices.list").invoices
    assert [invoice.status for invoice in invoices] == ["paid"]
    assert open_page(device.call("portal.open", PortalParams()).url)


def test_a_second_device_joins_the_account_s_purchase(world: World, api: Api) -> None:
    first, second = world.device(), world.device("desktop")
    sign_in_by_browser(first)
    buy_and_activate(world, first, api)
    assert error_code_of(second, "activation.join") == "sign_in_needed"
    sign_in_by_browser(second)
    assert error_code_of(second, "checkout.start", CheckoutParams(**api.wish)) == "already_entitled"
    assert second.call("activation.join").state == "active"
    assert len(second.call("devices.list").devices) == 2


def test_joining_needs_a_purchase_and_an_account_that_owns_it(world: World, api: Api) -> None:
    first, stranger = world.device(), world.device("stranger")
    sign_in_by_browser(first)
    buy_and_activate(world, first, api)
    sign_in_by_browser(stranger, account="other")
    assert error_code_of(stranger, "activation.join") == "nothing_bought"
    assert not stranger.view().usable


def test_at_the_device_limit_removing_a_device_lets_this_one_join(world: World, api: Api) -> None:
    first = world.device()
    sign_in_by_browser(first)
    buy_and_activate(world, first, api)
    for number in range(2):
        further = world.device(f"further{number}")
        sign_in_by_browser(further)
        further.call("activation.join")
    last = world.device("last")
    sign_in_by_browser(last)
    assert error_code_of(last, "activation.join") == "device_limit"
    view = last.view()
    assert (view.state, "device_limit" in view.hints) == ("pending", True)
    assert len(last.call("devices.list").devices) == 3
    last.call("devices.remove", DeviceParams(device_id=str(first.view().device_id)))
    last.until(lambda view: view.state == "active")


def test_a_subscription_is_cancelled_and_resumed(world: World, api: Api) -> None:
    device = world.device()
    sign_in_by_browser(device)
    buy_and_activate(world, device, api)
    world.happens(device, "cancel", at_period_end=True)
    assert "cancel_at_period_end" in device.refresh().hints
    world.happens(device, "resume")
    assert "cancel_at_period_end" not in device.refresh().hints
    world.happens(device, "cancel", at_period_end=False)
    assert device.refresh().state == "inactive"


def test_a_renewal_reaches_a_device_that_was_offline(world: World, api: Api) -> None:
    device = world.device()
    sign_in_by_browser(device)
    paid_until_ms = buy_and_activate(world, device, api).current_period_end or 0
    world.stub.faults.set(drop_connection=True)
    world.stub.clock.advance_to(paid_until_ms + 3_600_000)
    world.stub.faults.clear()
    view = device.refresh()
    assert view.state == "active"
    assert (view.current_period_end or 0) > paid_until_ms


def test_a_failed_invoice_is_paid_on_its_page(world: World, api: Api) -> None:
    device = world.device()
    sign_in_by_browser(device)
    buy_and_activate(world, device, api)
    world.happens(device, "fail_next_payment")
    world.stub.clock.advance(days=366 if "yearly" in api.wish.values() else 31)
    assert "payment_failed" in device.refresh().hints
    # Refresh tokens expire within a year.
    sign_in_by_browser(device)
    (owed,) = [one for one in device.call("invoices.list").invoices if one.status != "paid"]
    assert owed.status in {"open", "overdue"}
    listed = device.cli("invoices")
    assert owed.hosted_url in listed.out
    shown = device.cli("invoices", "pay", "--no-browser", "--json")
    assert (shown.code, shown.json()) == (0, {"id": owed.id, "url": owed.hosted_url})
    command = subprocess.Popen(
        [COMMAND, "invoices", "pay", str(owed.number), "--json"],
        env=_without_a_browser(device),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stderr is not None
    # The command prints the payment link before it waits.
    said = iter(command.stderr.readline, "")
    assert any(str(owed.hosted_url) in line for line in said)
    submit_form(owed.hosted_url, {"card": CARD, "expiry": "12 / 40", "cvc": "123"})
    out, err = command.communicate(timeout=NETWORK_S)
    assert command.returncode == 0, err
    assert json.loads(out)["status"] == "paid"
    assert "payment_failed" not in device.view().hints
    again = device.cli("invoices", "pay")
    assert (again.code, "There is nothing to pay." in again.err) == (1, True)
    assert {one.status for one in device.call("invoices.list").invoices} == {"paid"}
    assert "payment_failed" not in device.refresh().hints


def test_an_expired_session_is_refreshed_once_automatically(world: World, api: Api) -> None:
    device = world.device()
    sign_in_by_browser(device)
    buy_and_activate(world, device, api)
    world.stub.clock.advance(hours=2)
    assert device.call("invoices.list").invoices
    assert device.call("portal.open", PortalParams()).url
    device.restart()
    world.stub.clock.advance(hours=2)
    assert device.call("invoices.list").invoices


def test_a_revoked_session_requires_signing_in_again(world: World, api: Api) -> None:
    device = world.device()
    sign_in_by_browser(device)
    buy_and_activate(world, device, api)
    # Long enough for the refresh token, too.
    world.stub.clock.advance(days=91)
    assert error_code_of(device, "invoices.list") == "session_ended"
    view = device.view()
    assert view.account is not None
    assert (view.account.signed_in, view.account.problem) == (False, "session_ended")
    ran = device.cli("invoices")
    assert ran.code == 1
    assert "not signed in at the billing service any more" in ran.err
    assert "keystead signin" in ran.err
    sign_in_by_browser(device)
    assert device.call("invoices.list").invoices


def test_declining_the_sign_in_is_reported(world: World, api: Api) -> None:
    device = world.device()
    assert sign_in_by_browser(device, action="deny").problem == "sign_in_denied"
    assert sign_in_by_browser(device).signed_in


def test_a_sign_in_return_without_the_right_state_gets_404(world: World, api: Api) -> None:
    device = world.device()
    started: SignIn = device.call("signin.start")
    landing = parse_qs(urlsplit(started.url).query)["redirect_uri"][0]
    for query in ("", "?code=stolen", "?code=stolen&state=guessed", "?error=access_denied&state="):
        assert httpx.get(landing + query, timeout=NETWORK_S).status_code == 404
    assert httpx.get(landing[:-1], timeout=NETWORK_S).status_code == 404
    again: SignIn = device.call("signin.start")
    assert again.url == started.url
    assert submit_form(started.url, PERSON).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(landing, timeout=NETWORK_S)


def test_silent_connections_do_not_keep_the_browser_out(world: World, api: Api) -> None:
    device = world.device()
    url = urlsplit(device.call("signin.start").url)
    parts = urlsplit(parse_qs(url.query)["redirect_uri"][0])
    with ExitStack() as silent:
        for _ in range(30):
            address = (parts.hostname or "", parts.port or 0)
            silent.enter_context(socket.create_connection(address)).sendall(b"GET / HT")
        assert sign_in_by_browser(device).signed_in


def test_a_signed_out_device_keeps_its_license_and_cannot_buy(world: World, api: Api) -> None:
    device = world.device()
    sign_in_by_browser(device)
    buy_and_activate(world, device, api)
    ran = device.cli("signout", "--json")
    assert ran.json()["signedIn"] is False
    assert error_code_of(device, "invoices.list") == "sign_in_needed"
    assert device.refresh().usable


def test_signing_out_revokes_the_session_at_the_server(world: World, api: Api) -> None:
    device = world.device()
    sign_in_by_browser(device)
    buy_and_activate(world, device, api)
    device.stop()
    before = world.folder / "before"
    copytree(device.home, before)
    device.start()
    assert device.cli("signout").code == 0
    device.stop()
    assert "session.revoked" in {line["event"] for line in device.log()}
    rmtree(device.home)
    copytree(before, device.home)
    device.start()
    view = device.view()
    assert view.account is not None
    assert view.account.signed_in
    world.stub.clock.advance(hours=2)
    assert error_code_of(device, "invoices.list") == "session_ended"


@pytest.mark.parametrize(
    "bad", [{"latency_ms": 60_000}, {"drop_connection": True}, {"status": 500}]
)
def test_signing_out_succeeds_if_the_server_is_unreachable(
    world: World, api: Api, bad: dict[str, Any]
) -> None:
    device = world.device()
    sign_in_by_browser(device)
    world.stub.faults.set(path=REVOKE, **bad)
    try:
        began = monotonic()
        view: ActivationView = device.call("signin.end")
        assert monotonic() - began < PROMPT_S
        assert view.account is not None
        assert not view.account.signed_in
        assert error_code_of(device, "portal.open", PortalParams()) == "sign_in_needed"
        device.stop()
    finally:
        world.stub.faults.clear()


def test_the_command_signs_in_buys_and_reports_the_activation(world: World, api: Api) -> None:
    device = world.device()
    first = device.cli("activate", "--no-browser", "--json")
    assert (first.code, first.json()["signIn"], first.json()["sessionId"]) == (3, True, None)
    submit_form(first.json()["url"], PERSON)
    device.until(lambda view: view.account is not None and view.account.signed_in)
    wish = ["--plan", api.wish["plan"]]
    wish += ["--modules", ",".join(api.wish["modules"])] if "modules" in api.wish else []
    second = device.cli("activate", "--no-browser", "--json", *wish)
    assert second.code == 0
    assert set(second.json()) == {"sessionId", "url", "expiresAt"}
    world.stub.pay(second.json()["sessionId"], email=EMAIL)
    device.until(lambda view: view.state == "active")
    assert device.cli("status").code == 0
    plans = device.cli("plans")
    assert plans.code == 0
    assert ("MODULES" in plans.out) == ("modules" in api.wish)
    assert len(device.cli("invoices", "--json").json()["invoices"]) == 1
    assert device.cli("portal", "--no-browser", "--json").json()["url"]


def test_the_command_waits_for_the_sign_in_and_joins_the_account(world: World, api: Api) -> None:
    first, second = world.device(), world.device("desktop")
    sign_in_by_browser(first)
    buy_and_activate(world, first, api)
    command = subprocess.Popen(
        [COMMAND, "activate", "--json"],
        env=_without_a_browser(second),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    second.until(lambda view: view.account is not None and view.account.waiting)
    submit_form(second.call("signin.start").url, PERSON)
    out, err = command.communicate(timeout=NETWORK_S)
    assert (command.returncode, json.loads(out)["state"]) == (0, "active"), err
    assert "signed in as Ada Lovelace, for acme" in err


def test_no_token_is_in_a_log_a_response_or_a_command_line(world: World, api: Api) -> None:
    device = world.device()
    started: SignIn = device.call("signin.start")
    submit_form(started.url, PERSON)
    device.until(lambda view: view.account is not None and view.account.signed_in)
    buy_and_activate(world, device, api)
    told = [
        msgspec.json.encode(device.call(method)).decode()
        for method in ("activation.get", "daemon.info", "diagnostics.get", "invoices.list")
    ]
    logs = [file.read_text() for file in device.paths.logs.iterdir()]
    running = subprocess.run(
        ["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True
    ).stdout
    files = [path.read_bytes() for path in device.home.rglob("*") if path.is_file()]
    for text in (*told, *logs, running):
        assert SESSION not in text
        assert "refreshToken" not in text
    assert all(SESSION.encode() not in content for content in files)
    # Diagnostics are sent to others and must not identify the account.
    assert "Ada" not in told[2]


def _without_a_browser(device: Device) -> dict[str, str]:
    return os.environ | device.environ | {"BROWSER": "false", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
