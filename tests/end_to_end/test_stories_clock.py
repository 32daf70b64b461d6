"""Payments on a device whose wall clock has always been wrong."""

from pathlib import Path

import pytest

from keystead import hints
from support.hosted_page import open_page
from support.nightly import nightly_except
from support.other_machine import WallClock
from support.world import Device, World

TURNED = ("-10d", "+400d")


@pytest.fixture
def clock(tmp_path: Path) -> WallClock:
    return WallClock(tmp_path)


def assert_active_by_server_time(world: World, device: Device) -> None:
    view = device.view()
    assert view.state == "active"
    assert abs(view.now - world.stub.clock.now_ms()) < 60_000


@pytest.mark.long
@pytest.mark.parametrize("to", nightly_except(TURNED, {"-10d"}))
def test_a_payment_activates_a_device_whose_clock_is_wrong(
    world: World, clock: WallClock, to: str
) -> None:
    """The server rejects the time in the first DPoP proof and accepts the proof with its nonce."""
    clock.turn(to)
    device = world.device(environ=clock.environ)
    device.watch(
        lambda view: view.state == "active",
        meanwhile=lambda: world.stub.pay(device.start_checkout().session_id),
    )
    assert_active_by_server_time(world, device)
    assert (hints.CLOCK_BEHIND in device.view().hints) == (to == "-10d")
    open_page(device.call("portal.open").url)
    assert len(device.call("devices.list").devices) == 1
    device.restart()
    assert_active_by_server_time(world, device)
    assert not device.call("activation.deactivate").usable


@pytest.mark.long
@pytest.mark.parametrize("to", nightly_except(TURNED, {"-10d"}))
def test_correcting_the_clock_during_a_checkout_keeps_the_payment(
    world: World, clock: WallClock, to: str
) -> None:
    clock.turn(to)
    device = world.device(environ=clock.environ)
    checkout = device.start_checkout()
    clock.turn("+0")
    assert device.refresh().state == "pending"
    device.restart()
    assert device.view().checkout == checkout
    device.watch(
        lambda view: view.state == "active",
        meanwhile=lambda: world.stub.pay(checkout.session_id),
    )
    assert_active_by_server_time(world, device)
