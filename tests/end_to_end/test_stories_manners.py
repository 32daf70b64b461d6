"""When a device sends requests: no duplicates, and no more than the server asks for."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from keystead.errors import DaemonRefused
from keystead.instants import HOUR_MS, MINUTE_MS
from keystead.wire.nyra import LICENSE_STATUS
from support.gateway import Gateway, gateway
from support.world import Device, World


@pytest.fixture
def way_out() -> Iterator[Gateway]:
    with gateway() as found:
        yield found


def status_requests(way_out: Gateway) -> int:
    """Return the number of status requests."""
    return sum(LICENSE_STATUS in passed.url for passed in way_out.passed)


def assert_refresh_fails(device: Device) -> None:
    with pytest.raises(DaemonRefused):
        device.refresh()


@pytest.mark.long
def test_concurrent_refreshes_share_one_request(world: World, way_out: Gateway) -> None:
    device = world.activated(proxy=way_out.url)
    before = status_requests(way_out)
    world.stub.faults.set(latency_ms=1500, times=1)
    with ThreadPoolExecutor(8) as people:
        views = list(people.map(lambda _: device.refresh(), range(8)))
    assert {view.last_refresh_at for view in views} == {views[0].last_refresh_at}
    assert status_requests(way_out) == before + 1


def test_the_next_refresh_is_at_the_license_s_refresh_time(world: World) -> None:
    view = world.activated().view()
    assert view.next_refresh_at is not None
    assert 0.9 * 6 * HOUR_MS <= view.next_refresh_at - view.now <= 1.1 * 6 * HOUR_MS


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_delays_the_next_request(world: World, status: int) -> None:
    device = world.activated()
    world.stub.faults.set(status=status, retry_after=2 * 3600)
    assert_refresh_fails(device)
    view = device.view()
    assert view.next_refresh_at is not None
    assert view.next_refresh_at - view.now > 2 * HOUR_MS - MINUTE_MS


def test_a_failed_manual_refresh_is_retried_soon(world: World) -> None:
    device = world.activated()
    world.stub.faults.set(drop_connection=True)
    assert_refresh_fails(device)
    view = device.view()
    assert view.next_refresh_at is not None
    assert view.next_refresh_at - view.now <= MINUTE_MS


def test_an_idle_device_sends_no_requests(world: World, way_out: Gateway) -> None:
    device = world.device(proxy=way_out.url)
    for _ in range(3):
        device.view()
    assert device.cli("status").code == 3
    assert way_out.passed == []


def test_deactivating_without_a_network_changes_nothing(world: World) -> None:
    device = world.activated()
    world.stub.faults.set(drop_connection=True)
    assert device.cli("deactivate").code == 7
    assert device.view().state == "active"
    world.stub.faults.clear()
    assert device.cli("deactivate").code == 0
    assert not device.view().usable


def test_an_unavailable_portal_is_reported_and_changes_nothing(world: World) -> None:
    device = world.activated()
    world.stub.faults.set(status=500, path="/api/billing/portal")
    assert device.cli("portal", "--no-browser").code == 7
    assert (device.view().state, device.view().hints) == ("active", ())
