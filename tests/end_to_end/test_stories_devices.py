"""Several devices of one customer: the limit, removal, moving, and offline devices."""

from pathlib import Path
from unicodedata import normalize

import pytest

from keystead import hints
from keystead.errors import DaemonRefused
from keystead.local_api import DeviceParams, ImportParams, RestoreParams
from support.hosted_page import submit_form
from support.mail import follow_newest_mail
from support.nightly import nightly_except
from support.world import EMAIL, Device, World

pytestmark = pytest.mark.long

#: Nothing listens on the discard port, so every request through this proxy fails.
NO_NETWORK = "http://127.0.0.1:9"

ADDRESS = "büro@münchen.example"


def restore_by_mail(world: World, name: str) -> Device:
    """Restore another device of the customer by mail; the device limit may refuse it."""
    device = world.device(name)
    device.call("activation.restore", RestoreParams(email=EMAIL))
    follow_newest_mail(world.stub)
    return device


def three_devices(world: World) -> tuple[Device, Device, Device]:
    """Return the customer's three devices, which is the limit."""
    devices = (
        world.activated("first"),
        restore_by_mail(world, "second"),
        restore_by_mail(world, "third"),
    )
    for device in devices:
        assert device.refresh().state == "active"
    return devices


def device_id(device: Device) -> str:
    found = device.view().device_id
    assert found is not None
    return found


def refusal(device: Device, method: str, params: DeviceParams) -> str:
    with pytest.raises(DaemonRefused) as error:
        device.call(method, params)
    return error.value.code


def test_a_new_device_is_activated_by_the_link_in_a_mail(world: World) -> None:
    world.activated("old")
    new = world.device("new")
    asked = new.call("activation.restore", RestoreParams(email=EMAIL))
    assert (asked.kind, asked.url) == ("restore", None)
    assert new.refresh().state == "pending"
    told = new.watch(
        lambda view: view.state == "active", meanwhile=lambda: follow_newest_mail(world.stub)
    )
    assert told[-1].checkout is None


def test_restore_gives_the_same_response_for_an_unknown_address(world: World) -> None:
    world.activated("old")
    new = world.device("new")
    asked = new.call("activation.restore", RestoreParams(email="nobody@example.com"))
    assert asked.kind == "restore"
    assert world.stub.outbox() == []
    assert new.refresh().state == "pending"


def test_a_device_above_the_limit_sees_the_others_and_replaces_one(world: World) -> None:
    first, second, third = three_devices(world)
    fourth = restore_by_mail(world, "fourth")
    with pytest.raises(DaemonRefused) as error:
        fourth.refresh()
    assert error.value.code == "device_limit"
    met = fourth.view()
    assert hints.DEVICE_LIMIT in met.hints
    assert not met.usable
    shown = fourth.call("devices.list")
    assert {one.device_id for one in shown.devices} == set(map(device_id, (first, second, third)))
    assert shown.device_limit == 3
    told = fourth.watch(
        lambda view: view.state == "active",
        meanwhile=lambda: fourth.call("devices.remove", DeviceParams(device_id=device_id(second))),
    )
    assert hints.DEVICE_LIMIT not in told[-1].hints
    gone = second.refresh()
    assert (gone.state, gone.reason, gone.usable) == ("inactive", "device_removed", False)
    assert first.refresh().usable
    assert third.refresh().usable


def test_the_page_of_the_mailed_link_removes_a_device_for_the_new_one(world: World) -> None:
    _, second, _ = three_devices(world)
    fourth = restore_by_mail(world, "fourth")
    submit_form(world.stub.outbox()[0]["link"], {"device": device_id(second)})
    assert fourth.refresh().state == "active"
    assert second.refresh().reason == "device_removed"


def test_a_removed_device_is_informed_and_restores_by_mail(world: World) -> None:
    first, second = world.activated("first"), restore_by_mail(world, "second")
    assert second.refresh().usable
    first.call("devices.remove", DeviceParams(device_id=device_id(second)))
    assert second.refresh().reason == "device_removed"
    second.restart()
    assert second.view().reason == "device_removed"
    told = second.cli("status").out
    assert told.index("keystead restore") < told.index("keystead activate")
    second.call("activation.restore", RestoreParams(email=EMAIL))
    follow_newest_mail(world.stub)
    assert second.refresh().state == "active"


@pytest.mark.parametrize(
    "typed",
    nightly_except(
        [
            normalize("NFD", ADDRESS),
            normalize("NFD", ADDRESS.upper()),
            ADDRESS.replace("münchen", "XN--MNCHEN-3YA"),
        ],
        {normalize("NFD", ADDRESS)},
    ),
)
def test_an_address_restores_however_it_is_spelled(world: World, typed: str) -> None:
    first = world.device("first")
    world.stub.pay(first.start_checkout().session_id, email=ADDRESS)
    assert first.refresh().state == "active"
    second = world.device("second")
    second.call("activation.restore", RestoreParams(email=typed))
    follow_newest_mail(world.stub)
    assert second.refresh().state == "active"


def test_exchanging_devices_too_often_is_refused(world: World) -> None:
    """Five exchanges in 30 days are allowed; more would let people share one license."""
    first, second = world.activated("first"), restore_by_mail(world, "second")
    assert second.refresh().usable
    other = DeviceParams(device_id=device_id(second))
    for _ in range(5):
        first.call("devices.remove", other)
        assert second.refresh().reason == "device_removed"
        second.call("activation.restore", RestoreParams(email=EMAIL))
        follow_newest_mail(world.stub)
        assert second.refresh().usable
    assert refusal(first, "devices.remove", other) == "exchange_limit"
    assert second.refresh().usable
    world.stub.clock.advance(days=31)
    first.refresh()
    assert len(first.call("devices.remove", other).devices) == 1


def test_a_deactivated_device_frees_its_seat_and_keeps_no_license(world: World) -> None:
    first, second = world.activated("first"), restore_by_mail(world, "second")
    second.refresh()
    left = second.call("activation.deactivate")
    assert (left.state, left.usable) == ("inactive", False)
    assert [one.device_id for one in first.call("devices.list").devices] == [device_id(first)]
    assert refusal(second, "devices.remove", DeviceParams(device_id="A" * 43)) == "not_activated"
    second.restart()
    assert not second.view().usable


def test_a_deactivated_device_can_be_restored_by_mail(world: World) -> None:
    device = world.activated()
    device.call("activation.deactivate")
    device.call("activation.restore", RestoreParams(email=EMAIL))
    follow_newest_mail(world.stub)
    assert device.refresh().state == "active"


def test_a_device_can_be_removed_in_the_portal(world: World) -> None:
    first, second = world.activated("first"), restore_by_mail(world, "second")
    second.refresh()
    url = first.call("portal.open").url
    submit_form(url, {"action": "remove", "device": device_id(second)})
    assert second.refresh().reason == "device_removed"
    assert first.refresh().usable


@pytest.mark.parametrize("name", ["Zoë’s laptop ☂", "n" * 150])
def test_a_home_folder_can_have_any_name(world: World, name: str) -> None:
    device = world.activated(name)
    assert device.cli("status").code == 0
    device.restart()
    assert device.cli("status", "--json").json()["state"] == "active"


def test_a_license_copied_before_deactivating_is_refused_afterwards(world: World) -> None:
    device = world.activated()
    kept = device.paths.license.read_text()
    device.call("activation.deactivate")
    with pytest.raises(DaemonRefused) as error:
        device.call("activation.import", ImportParams(document=kept))
    assert error.value.code == "superseded"
    device.stop()
    device.paths.license.write_text(kept)
    device.start()
    assert not device.until(lambda view: view.device_id is not None).usable


def test_a_device_without_a_network_is_activated_by_file(world: World, tmp_path: Path) -> None:
    online = world.activated("online")
    offline = world.device("offline", proxy=NO_NETWORK)
    request, license_file = tmp_path / "request.txt", tmp_path / "license.jws"
    assert offline.cli("refresh").code in {3, 7}
    assert offline.cli("request", request).code == 0
    portal = online.call("portal.open").url
    answer = submit_form(portal, {"action": "file"}, file=request.read_bytes())
    assert answer.status_code == 200
    license_file.write_bytes(answer.content)
    imported = offline.cli("import", license_file, "--json")
    assert (imported.code, imported.json()["state"]) == (0, "active")
    offline.restart()
    assert offline.view().state == "active"
    assert len(online.call("devices.list").devices) == 2


def test_a_license_file_for_another_device_is_refused(world: World) -> None:
    paid, stranger = world.activated("paid"), world.device("stranger")
    ran = stranger.cli("import", paid.paths.license, "--json")
    assert (ran.code, ran.json()["error"]["code"]) == (1, "wrong_device")
    assert stranger.view().state == "unactivated"


def test_two_homes_are_two_devices(world: World) -> None:
    one, other = world.activated("one"), world.device("other")
    assert device_id(one) != device_id(other)
    assert other.view().state == "unactivated"
    assert other.cli("status").code == 3
    assert one.cli("status").code == 0
