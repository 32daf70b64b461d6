"""Daemons that end during an operation and resume it after a restart."""

import signal
from collections.abc import Callable

import pytest

from keystead.instants import DAY_MS
from support.nightly import nightly_except
from support.world import Device, World


def end(device: Device, how: signal.Signals) -> None:
    if how is signal.SIGKILL:
        device.kill()
    else:
        device.stop()


@pytest.mark.parametrize("how", nightly_except([signal.SIGTERM, signal.SIGKILL], {signal.SIGKILL}))
def test_an_open_checkout_is_waited_for_again_after_a_restart(
    world: World, how: signal.Signals
) -> None:
    device = world.device()
    checkout = device.start_checkout()
    end(device, how)
    world.stub.pay(checkout.session_id)
    device.start()
    assert device.until(lambda view: view.usable).state == "active"


@pytest.mark.parametrize("how", nightly_except([signal.SIGTERM, signal.SIGKILL], {signal.SIGKILL}))
def test_a_payment_that_settles_while_the_daemon_is_stopped_is_found_at_its_start(
    world: World, how: signal.Signals
) -> None:
    device = world.device()
    world.stub.faults.set(hold_webhooks=True)
    world.stub.pay(device.start_checkout().session_id)
    assert device.refresh().reason == "settling"
    end(device, how)
    world.stub.faults.clear()
    device.start()
    assert device.view().usable
    assert device.until(lambda view: view.state == "active").checkout is None


@pytest.mark.parametrize("how", nightly_except([signal.SIGTERM, signal.SIGKILL], {signal.SIGKILL}))
def test_an_active_device_is_active_after_a_restart_without_a_request(
    world: World, how: signal.Signals
) -> None:
    device = world.activated()
    before = device.view()
    end(device, how)
    world.stub.faults.set(drop_connection=True)
    device.start()
    after = device.view()
    assert (after.state, after.until, after.license) == ("active", before.until, before.license)


def fail_renewal(world: World, device: Device) -> None:
    world.happens(device, "fail_next_payment")
    world.stub.clock.advance_to((device.view().current_period_end or 0) + DAY_MS)


ENDS: dict[str, Callable[[World, Device], object]] = {
    "grace": fail_renewal,
    "inactive": lambda world, device: world.happens(device, "refund"),
}


@pytest.mark.parametrize("state", list(ENDS))
def test_each_state_survives_a_restart_without_the_server(world: World, state: str) -> None:
    device = world.activated()
    ENDS[state](world, device)
    before = device.refresh()
    assert before.state == state
    world.stub.faults.set(drop_connection=True)
    for end_it in (device.stop, device.kill):
        end_it()
        device.start()
        after = device.view()
        assert (after.state, after.reason) == (before.state, before.reason)
        assert (after.until, after.entitlement) == (before.until, before.entitlement)
        assert after.now >= before.now


def test_a_device_that_was_off_for_two_days_after_paying_becomes_active(world: World) -> None:
    """The payment was made on a phone, and the computer slept before the daemon noticed."""
    device = world.device(rehearsed=True)
    checkout = device.start_checkout()
    world.stub.faults.set(drop_connection=True)
    world.stub.pay(checkout.session_id)
    assert device.sleep(2 * DAY_MS).checkout == checkout
    world.stub.clock.advance(days=2)
    world.stub.faults.clear()
    assert device.refresh().state == "active"


def test_a_checkout_that_is_unpaid_after_two_days_has_ended(world: World) -> None:
    device = world.device(rehearsed=True)
    device.start_checkout()
    world.stub.clock.advance(days=2)
    gone = device.sleep(2 * DAY_MS)
    assert (gone.state, gone.checkout, gone.next_refresh_at) == ("unactivated", None, None)


def test_daemon_stop_ends_the_daemon_cleanly(world: World) -> None:
    device = world.activated()
    process = device.process
    assert process is not None
    device.call("daemon.stop")
    assert process.wait(60) == 0
    device.process = None
    device.start()
    assert device.view().state == "active"
