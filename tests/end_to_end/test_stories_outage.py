"""Server outages: devices stay usable and recover."""

from collections.abc import Iterator
from typing import Any

import pytest

from keystead import hints
from keystead.errors import DaemonRefused
from keystead.instants import DAY_MS, HOUR_MS
from support.gateway import Answer, Gateway, gateway
from support.untrusted_server import UNSIGNED_NO
from support.validity_boundary import assert_change_at
from support.world import Device, World

pytestmark = pytest.mark.long

HTML = "<!doctype html><title>Welcome to the hotel</title><p>Sign in to use the network."
PROBLEM = {"type": "about:blank", "title": "No", "requestId": "1"}

#: Responses without a valid signature, and the error code that each gives.
BAD_ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "captive portal": ({"status": 200, "body": HTML}, "not_the_backend"),
    "captive portal that says it is down": ({"status": 511, "body": HTML}, "server_failing"),
    "server error": ({"status": 500, "body": "Internal Server Error"}, "server_failing"),
    "overloaded": ({"status": 503, "retry_after": 120}, "server_failing"),
    "gone": ({"status": 410, "body": HTML}, "not_the_backend"),
    "no content": ({"status": 204}, "not_the_backend"),
    "no JSON": ({"status": 200, "body": "{"}, "not_the_backend"),
    "JSON of another kind": ({"status": 200, "body": [1, 2, 3]}, "not_the_backend"),
    "a field of another type": ({"body": UNSIGNED_NO | {"active": "no"}}, "not_the_backend"),
    "an unsigned no": ({"status": 200, "body": UNSIGNED_NO}, "unsigned_answer"),
    "a license of nobody": (
        {"body": UNSIGNED_NO | {"license": "e30.e30.AA"}},
        "unsupported_algorithm",
    ),
    "a no to the token": (
        {"status": 401, "body": PROBLEM | {"status": 401, "code": "invalid_token"}},
        "invalid_token",
    ),
    "a no to the device": (
        {"status": 404, "body": PROBLEM | {"status": 404, "code": "unknown_device"}},
        "unknown_device",
    ),
    "no connection": ({"drop_connection": True}, "backend_unreachable"),
}


@pytest.fixture
def way_out() -> Iterator[Gateway]:
    with gateway() as found:
        yield found


def refresh_error(device: Device) -> str | None:
    """Refresh, which must fail, and return the error code."""
    with pytest.raises(DaemonRefused):
        device.refresh()
    return device.view().last_error


def test_invalid_responses_leave_the_license_active(world: World) -> None:
    device = world.activated()
    before = device.view()
    said = {}
    for name, (fault, _) in BAD_ANSWERS.items():
        world.stub.faults.set(**fault)
        said[name] = refresh_error(device)
        view = device.view()
        assert (view.state, view.usable, view.until) == ("active", True, before.until), name
        assert view.license == before.license, name
    assert said == {name: code for name, (_, code) in BAD_ANSWERS.items()}
    world.stub.faults.clear()
    assert device.refresh().last_error is None


def test_refresh_reports_that_the_backend_is_unreachable(world: World) -> None:
    device = world.activated()
    for name, (fault, _) in BAD_ANSWERS.items():
        if not name.startswith(("captive", "server", "no c")):
            continue
        world.stub.faults.set(**fault)
        ran = device.cli("refresh", "--json")
        assert (ran.code, ran.json()["state"]) == (7, "active"), name
        assert device.cli("status").code == 0, name


def test_a_device_stays_active_after_a_restart_during_an_outage(world: World) -> None:
    device = world.activated()
    world.stub.faults.set(status=200, body=HTML)
    device.restart()
    view = device.until(lambda view: view.last_error is not None)
    assert (view.state, view.hints) == ("active", (hints.BACKEND_UNREACHABLE,))


def test_a_redirect_to_another_host_is_not_followed(world: World, way_out: Gateway) -> None:
    device = world.activated(proxy=way_out.url)
    before = device.view()
    way_out.passed.clear()
    for status in (301, 302, 303, 307, 308):
        way_out.instead = Answer(status, {"location": "http://elsewhere.example/license"})
        assert refresh_error(device) == "not_the_backend"
    assert {passed.url.split("/")[2] for passed in way_out.passed} == {world.stub.url.split("/")[2]}
    assert device.view().until == before.until


def test_an_endless_response_is_aborted(world: World, way_out: Gateway) -> None:
    device = world.activated(proxy=way_out.url)
    before = device.view()
    json = {"content-type": "application/json"}
    way_out.instead = Answer(200, json, b'{"license": "' + b"A" * 5_000_000)
    assert refresh_error(device) == "not_the_backend"
    way_out.instead = Answer(200, json, b"[" * 200_000)
    assert refresh_error(device) == "not_the_backend"
    assert device.view().until == before.until


def test_a_replayed_response_is_refused(world: World, way_out: Gateway) -> None:
    device = world.activated(proxy=way_out.url)
    device.refresh()
    good = way_out.passed[-1].answer
    world.happens(device, "cancel", at_period_end=False)
    assert device.refresh().state == "inactive"
    way_out.instead = good
    assert refresh_error(device) == "wrong_nonce"
    assert device.view().state == "inactive"


def test_a_device_recovers_by_itself_after_hours_without_the_server(world: World) -> None:
    device = world.activated(rehearsed=True)
    before = device.view()
    world.stub.faults.set(drop_connection=True)
    for _ in range(3):
        device.sleep(7 * HOUR_MS)
        told = device.until(lambda view: view.last_error is not None)
        assert (told.state, told.usable) == ("active", True)
        assert told.hints == (hints.BACKEND_UNREACHABLE,)
        assert told.until == before.until
    world.stub.clock.advance_to(device.view().now)
    world.stub.faults.clear()
    device.sleep(7 * HOUR_MS)
    back = device.until(lambda view: view.last_error is None)
    assert back.hints == ()
    assert (back.last_refresh_at or 0) > (before.last_refresh_at or 0) + 20 * HOUR_MS


def test_a_renewal_during_an_outage_is_received_afterwards(world: World) -> None:
    device = world.activated(rehearsed=True)
    period_ms = device.view().current_period_end or 0
    world.stub.faults.set(drop_connection=True)
    world.stub.clock.advance_to(period_ms + DAY_MS)
    grace = device.sleep_until(period_ms + DAY_MS)
    assert (grace.state, grace.usable, grace.reason) == ("grace", True, "period_over")
    world.stub.faults.clear()
    back = device.refresh()
    assert back.state == "active"
    assert (back.current_period_end or 0) > period_ms + 27 * DAY_MS


def test_an_offline_device_works_exactly_until_its_license_ends(world: World) -> None:
    device = world.activated(rehearsed=True)
    world.stub.faults.set(drop_connection=True)
    paid = device.view()
    period_ms, boundary_ms = paid.current_period_end or 0, paid.grace_ends_at or 0
    assert boundary_ms == period_ms + 3 * DAY_MS
    grace = assert_change_at(device, period_ms, before=lambda view: view.state == "active")
    assert (grace.state, grace.usable, grace.until) == ("grace", True, boundary_ms)
    over = assert_change_at(device, boundary_ms, before=lambda view: view.state == "grace")
    assert (over.state, over.reason) == ("expired", "boundary_passed")


def test_a_device_offline_for_months_recovers_without_another_payment(world: World) -> None:
    device = world.activated(rehearsed=True)
    world.stub.faults.set(drop_connection=True)
    assert device.sleep(200 * DAY_MS).state == "expired"
    world.stub.clock.advance_to(device.view().now)
    world.stub.faults.clear()
    assert device.refresh().state == "active"
