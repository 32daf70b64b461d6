"""A real keyring: available, locked, unresponsive, emptied, or missing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from keystead import hints
from keystead.encoding import b64u_decode
from keystead.errors import DaemonRefused
from support.daemon_process import DaemonStartError
from support.fault_injection import (
    pay_and_activate,
    program_license,
    start_with_command,
    stopped_device,
)
from support.secret_service import NO_BUS, SecretService, secret_service
from support.world import Device, World

#: The maximum size of an item in the Windows Credential Manager, in bytes.
ITEM_BYTES = 2560
#: Seconds; less than the daemon's timeout for the keyring, also on a busy machine.
END_S = 8.0


@pytest.fixture
def keyring(tmp_path: Path) -> Iterator[SecretService]:
    with secret_service(tmp_path / "session") as service:
        yield service


@pytest.fixture
def device(keyring: SecretService, world: World) -> Device:
    """Return an activated device whose keys are in the keyring."""
    device = stopped_device(world, "laptop", **keyring.environ)
    device.start()
    pay_and_activate(world, device)
    return device


def state_files(device: Device) -> dict[str, bytes]:
    """Return the content of every file in the state folder, except the lock."""
    found = {path.name: path.read_bytes() for path in device.paths.state.iterdir()}
    return {name: data for name, data in found.items() if name != device.paths.lock.name}


def assert_usable_without_keys(device: Device, before: dict[str, bytes]) -> None:
    """Assert that the license is usable, a hint is shown, and no file has changed."""
    view = device.until(lambda view: hints.KEYRING_UNAVAILABLE in view.hints)
    assert (view.state, view.usable, view.until) == ("active", True, view.grace_ends_at)
    assert program_license(device).usable
    status = device.cli("status", "--json")
    assert (status.code, status.json()["hints"]) == (0, [hints.KEYRING_UNAVAILABLE])
    checks = {check["name"]: check for check in device.cli("doctor", "--json").json()["checks"]}
    assert not checks["keyring"]["ok"]
    assert checks["keyring"]["fix"]
    assert checks["license"]["ok"]
    assert state_files(device) == before


@pytest.mark.long
def test_all_secrets_are_in_two_small_keyring_items_and_in_no_file(
    keyring: SecretService, device: Device
) -> None:
    items = keyring.items()
    assert sorted(name.rpartition("/")[2] for name in items) == ["device-key", "vault-key"]
    assert {name.partition("/")[0] for name in items} == {
        f"keystead:nyra:{device.paths.home_tag[:8]}"
    }
    assert max(map(len, items.values())) <= ITEM_BYTES
    device.restart()
    view = device.refresh()
    assert (view.state, view.hints) == ("active", ())
    assert keyring.items() == items
    forms = [form for text in items.values() for form in (text, b64u_decode(text))]
    everything = [path for path in device.home.rglob("*") if path.is_file()]
    assert not [path for path in everything for form in forms if form in path.read_bytes()]
    assert not device.paths.secret_key.exists()


@pytest.mark.long
def test_a_device_stays_usable_while_the_keyring_is_locked_and_refreshes_after_unlocking(
    keyring: SecretService, device: Device
) -> None:
    keyring.lock()
    assert device.refresh().hints == (), "a running daemon has its keys"
    device.stop()
    before = state_files(device)
    device.start()
    assert_usable_without_keys(device, before)
    with pytest.raises(DaemonRefused) as refused:
        device.refresh()
    assert refused.value.code == hints.KEYRING_UNAVAILABLE
    keyring.unlock()
    view = device.refresh()
    assert (view.state, view.hints) == ("active", ())


@pytest.mark.long
def test_a_keyring_that_never_answers_times_out(keyring: SecretService, device: Device) -> None:
    device.stop()
    before = state_files(device)
    keyring.send(signal.SIGSTOP)
    device.start()
    assert device.view().usable, "the daemon answers before the keyring does"
    began = monotonic()
    device.stop()
    assert monotonic() - began < END_S, "its end does not wait for the keyring"
    device.start()
    assert_usable_without_keys(device, before)
    keyring.send(signal.SIGCONT)
    assert device.refresh().hints == ()


@pytest.mark.long
def test_a_device_whose_keys_are_lost_stays_usable_and_can_be_activated_again(
    keyring: SecretService, world: World, device: Device
) -> None:
    lost = device.view().device_id
    device.stop()
    before = state_files(device)
    keyring.wipe()
    device.start()
    assert_usable_without_keys(device, before)
    assert device.view().last_error == "device_key_lost"
    assert keyring.items() == {}, "no key is made behind anybody's back"
    session_id = device.start_checkout().session_id
    view = device.view()
    assert (view.state, view.usable) == ("active", True), "the old license counts meanwhile"
    world.stub.pay(session_id, email="grace@example.com")
    view = device.refresh()
    assert (view.state, view.hints) == ("active", ())
    assert view.device_id != lost
    assert len(keyring.items()) == 2
    device.restart()
    assert device.refresh().hints == ()


@pytest.mark.long
def test_an_activated_device_works_without_a_keyring(
    keyring: SecretService, device: Device
) -> None:
    device.stop()
    before = state_files(device)
    device.start(**NO_BUS)
    assert_usable_without_keys(device, before)
    device.restart()
    assert device.refresh().hints == ()


def test_a_socket_path_that_is_too_long_ends_the_daemon_with_an_error(
    keyring: SecretService, world: World, tmp_path: Path
) -> None:
    long = tmp_path / ("n" * 80)
    long.mkdir(mode=0o700)
    device = stopped_device(world, "h" * 80, **keyring.environ | {"XDG_RUNTIME_DIR": str(long)})
    with pytest.raises(DaemonStartError) as no:
        start_with_command(device, [])
    assert no.value.code == 1
    assert "socket" in no.value.said


def test_activation_without_a_keyring_needs_the_file_backend(world: World) -> None:
    device = stopped_device(world, "laptop", KEYSTEAD_SECRETS="keyring", **NO_BUS)
    device.start()
    refused = device.cli("activate", "--no-browser")
    assert refused.code == 1
    assert "There is no keyring on this system." in refused.err
    assert "KEYSTEAD_SECRETS=file" in refused.err
    assert device.view().state == "unactivated"
    assert "vault" not in state_files(device)
    assert "secrets.key" not in state_files(device)
    device.restart(KEYSTEAD_SECRETS="file")
    pay_and_activate(world, device)
    assert device.paths.secret_key.stat().st_mode & 0o777 == 0o600
