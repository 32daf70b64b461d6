"""Damaged, replaced or read-only files: the daemon starts and never deletes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from keystead import hints
from keystead.local_api import ActivationView, SettingsParams
from support.daemon_process import DaemonStartError
from support.fault_injection import (
    pay_and_activate,
    program_license,
    require_program,
    restore_by_mail,
    start_with_command,
)
from support.nightly import nightly_except
from support.world import Device, World

Damage = Callable[[bytes], bytes]

DAMAGES: dict[str, Damage] = {
    "empty": lambda whole: b"",
    "cut off": lambda whole: whole[: len(whole) // 2],
    "one bit": lambda whole: whole[:-9] + bytes([whole[-9] ^ 4]) + whole[-8:],
    "garbage": lambda whole: bytes(range(256)) * 4,
    "another version": lambda whole: whole.replace(b"-1\n", b"-2\n", 1).replace(b":1,", b":2,", 1),
    "enormous": lambda whole: whole.rstrip() + b"A" * 2_000_000,
}


@pytest.fixture
def device(world: World) -> Device:
    """Return an activated device whose daemon is stopped."""
    device = world.activated()
    device.stop()
    return device


def damage_file(path: Path, damage: Damage) -> bytes:
    """Damage a file and return its new content."""
    path.write_bytes(damage(path.read_bytes()))
    return path.read_bytes()


def moved_aside(path: Path, data: bytes) -> bool:
    return data in [other.read_bytes() for other in path.parent.glob(f"{path.name}.aside-*")]


def settled_view(device: Device) -> ActivationView:
    """Return the view after the keys were loaded and due work is done."""
    device.start()
    return device.until(lambda view: not view.refreshing and view.next_refresh_at is not None)


@pytest.mark.long
@pytest.mark.parametrize("damage", nightly_except(DAMAGES, {"cut off", "one bit"}))
def test_a_damaged_vault_is_moved_aside_and_the_signed_license_keeps_working(
    world: World, device: Device, damage: str
) -> None:
    data = damage_file(device.paths.vault, DAMAGES[damage])
    device.start()
    view = device.until(lambda view: hints.VAULT_UNREADABLE in view.hints)
    assert (view.state, view.until) == ("active", view.grace_ends_at)
    assert moved_aside(device.paths.vault, data)
    assert program_license(device).usable
    assert not {
        check["name"]: check["ok"] for check in device.cli("doctor", "--json").json()["checks"]
    }["storage"]
    restore_by_mail(world, device)


@pytest.mark.long
@pytest.mark.parametrize("name", ["license.jws", "device.jws"])
@pytest.mark.parametrize(
    "damage",
    # These files name no version.
    nightly_except([name for name in DAMAGES if name != "another version"], {"garbage"}),
)
def test_a_damaged_public_file_is_restored_from_the_vault(
    device: Device, name: str, damage: str
) -> None:
    path = device.paths.state / name
    data = damage_file(path, DAMAGES[damage])
    view = settled_view(device)
    assert (view.state, view.hints) == ("active", ())
    assert program_license(device).usable
    assert name == "device.jws" or moved_aside(path, data)


@pytest.mark.long
def test_damaged_files_are_kept_and_the_device_can_be_activated_again(
    world: World, device: Device
) -> None:
    paths = device.paths
    for path in (paths.vault, paths.license, paths.device):
        damage_file(path, DAMAGES["garbage"])
    assert program_license(device).state == "untrusted"
    device.start()
    assert device.refresh().state == "untrusted"
    assert moved_aside(paths.vault, DAMAGES["garbage"](b""))
    restore_by_mail(world, device)
    assert moved_aside(paths.license, DAMAGES["garbage"](b""))
    assert program_license(device).usable


@pytest.mark.long
@pytest.mark.parametrize("damage", nightly_except(["empty", "garbage", "cut off"], {"cut off"}))
def test_a_damaged_key_file_counts_as_lost_keys_and_the_license_keeps_working(
    world: World, device: Device, damage: str
) -> None:
    data = damage_file(device.paths.secret_key, DAMAGES[damage])
    device.start()
    view = device.until(lambda view: hints.KEYRING_UNAVAILABLE in view.hints)
    assert (view.state, view.last_error) == ("active", "device_key_lost")
    assert moved_aside(device.paths.secret_key, data)
    assert device.paths.vault.exists()
    pay_and_activate(world, device, "grace@example.com")


@pytest.mark.long
def test_an_older_license_file_in_place_of_the_newest_is_refused(world: World) -> None:
    """After a refund, the files from before it are restored."""
    device = world.activated()
    better = {path: path.read_bytes() for path in (device.paths.license, device.paths.device)}
    world.happens(device, "refund")
    newest = device.refresh()
    assert newest.state == "inactive"
    device.stop()
    for path, data in better.items():
        path.write_bytes(data)
    world.stub.faults.set(drop_connection=True)
    view = settled_view(device)
    assert (view.state, view.usable, view.license) == ("inactive", False, newest.license)
    assert program_license(device).state == "inactive"
    assert device.paths.license.read_bytes() != better[device.paths.license]


def test_damaged_settings_are_moved_aside_and_defaults_apply(device: Device) -> None:
    device.start()
    device.call("settings.set", SettingsParams(language="de"))
    device.stop()
    data = damage_file(device.paths.settings_file, DAMAGES["cut off"])
    device.start()
    assert device.call("settings.get").language is None
    assert moved_aside(device.paths.settings_file, data)


def test_an_invalid_configuration_file_is_reported_and_kept(device: Device) -> None:
    """The file can name the secret store: starting without it could create a new device."""
    device.paths.config.mkdir(parents=True, exist_ok=True)
    device.paths.config_file.write_text("[storage\nsecrets = ")
    with pytest.raises(DaemonStartError) as no:
        start_with_command(device, [])
    assert no.value.code == 2
    assert "keystead.toml" in no.value.said
    assert "Traceback" not in no.value.said
    assert device.paths.config_file.read_text() == "[storage\nsecrets = "
    assert program_license(device).usable


def test_a_lock_file_works_with_any_content(device: Device) -> None:
    device.paths.lock.write_bytes(DAMAGES["garbage"](b""))
    assert settled_view(device).state == "active"


@pytest.mark.long
@pytest.mark.parametrize(
    "name", nightly_except(["vault", "license.jws", "device.jws"], {"license.jws"})
)
def test_a_folder_in_place_of_a_file_leaves_the_license_active(device: Device, name: str) -> None:
    path = device.paths.state / name
    path.unlink()
    path.mkdir()
    (path / "precious").touch()
    device.start()
    view = device.until(lambda view: bool(view.hints))
    assert view.state == "active"
    assert (path / "precious").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    "name", nightly_except(["vault", "license.jws", "device.jws", "secrets.key"], {"vault"})
)
def test_a_symbolic_link_in_place_of_a_file_is_replaced_and_not_followed(
    device: Device, tmp_path: Path, name: str
) -> None:
    victim = tmp_path / "precious"
    path = device.paths.state / name
    victim.write_bytes(path.read_bytes())
    before = victim.read_bytes()
    path.unlink()
    path.symlink_to(victim)
    assert settled_view(device).state == "active"
    assert device.refresh().state == "active"
    assert victim.read_bytes() == before


def test_a_symbolic_link_in_place_of_the_lock_is_refused(device: Device, tmp_path: Path) -> None:
    victim = tmp_path / "precious"
    victim.write_text("precious")
    device.paths.lock.unlink()
    device.paths.lock.symlink_to(victim)
    with pytest.raises(DaemonStartError) as no:
        start_with_command(device, [])
    assert (no.value.code, "daemon.lock" in no.value.said) == (1, True)
    assert victim.read_text() == "precious"
    assert program_license(device).usable


def test_a_symbolic_link_in_place_of_the_socket_is_replaced(device: Device, tmp_path: Path) -> None:
    victim = tmp_path / "precious"
    victim.write_text("precious")
    device.paths.socket.symlink_to(victim)
    device.start()
    assert device.paths.socket.is_socket()
    assert not device.paths.socket.is_symlink()
    assert victim.read_text() == "precious"


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o700)


def without_root_override() -> list[str]:
    """Return a command that drops the capability by which root ignores file modes."""
    if os.geteuid() != 0:
        return []
    less = "-dac_override,-dac_read_search"
    return [require_program("setpriv", "util-linux"), f"--bounding-set={less}"]


@pytest.mark.long
def test_a_read_only_state_folder_leaves_the_license_active(device: Device) -> None:
    with read_only(device.paths.state):
        start_with_command(device, without_root_override())
        view = device.refresh()
        assert (view.state, view.hints) == ("active", (hints.STORAGE_FAILED,))
        assert program_license(device).usable
    assert device.refresh().hints == ()


def test_a_state_folder_where_no_lock_can_be_created_is_reported(device: Device) -> None:
    device.paths.lock.unlink()
    with read_only(device.paths.state), pytest.raises(DaemonStartError) as no:
        start_with_command(device, without_root_override())
    assert (no.value.code, "daemon.lock" in no.value.said) == (1, True)
    assert program_license(device).usable
