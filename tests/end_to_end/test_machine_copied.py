"""A copied state folder is not usable in another folder or on another machine.

With a keyring the copy has none of its items; with the key file the copy has that too.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from keystead.errors import DaemonRefused
from keystead.local_api import ActivationView
from support.daemon_process import DaemonProcess
from support.fault_injection import pay_and_activate, program_license, stopped_device
from support.nightly import nightly_except
from support.other_machine import license_seen_by_program, namespace_command, running_daemon_in
from support.secret_service import secret_service
from support.world import Device, World

NOT_ENTITLED = 5

Session = Callable[[], dict[str, str]]


@pytest.fixture(params=nightly_except(["file", "keyring"], {"file"}))
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    """Return environments of sessions on different machines, each with its own keyring."""
    with ExitStack() as services:

        def begin() -> dict[str, str]:
            if request.param == "file":
                return {}
            folder = tmp_path / f"session-{len(list(tmp_path.iterdir()))}"
            return services.enter_context(secret_service(folder)).environ

        yield begin


@pytest.fixture
def original(session: Session, world: World) -> Device:
    device = stopped_device(world, "original", **session())
    device.start()
    pay_and_activate(world, device)
    device.stop()
    return device


def assert_original_unchanged(original: Device) -> None:
    """Assert that using the copy has not changed the original device."""
    assert program_license(original).state == "active"
    original.start()
    view = original.refresh()
    assert (view.state, view.hints) == ("active", ())


def assert_not_usable(daemon: Device | DaemonProcess) -> None:
    """Assert that the copy is not usable, also after its keys were loaded."""
    with pytest.raises(DaemonRefused) as no:
        daemon.call("devices.list")
    assert no.value.code in {"not_activated", "copied"}
    view: ActivationView = daemon.call("activation.get")
    assert (view.state, view.usable, view.entitlement) == ("untrusted", False, None)


@pytest.mark.long
def test_a_copy_in_another_folder_is_not_usable(world: World, original: Device) -> None:
    """On the same machine the keyring has no items under the copy's path."""
    copy = stopped_device(world, "copy")
    shutil.copytree(original.home, copy.home, dirs_exist_ok=True)
    copy.environ = original.environ | {"KEYSTEAD_HOME": str(copy.home)}
    found = program_license(copy)
    assert (found.usable, found.state, found.reason) == (False, "untrusted", "copied")
    copy.start()
    assert_not_usable(copy)
    assert not program_license(copy).usable
    status = copy.cli("status", "--json")
    assert (status.code, status.json()["state"]) == (NOT_ENTITLED, "untrusted")
    assert_original_unchanged(original)
    assert_not_usable(copy)
    copy.restart()
    assert_not_usable(copy)
    copy.stop()
    # Nothing was changed there: under the original's name the same files work.
    original.stop()
    shutil.rmtree(original.home)
    copy.home.rename(original.home)
    assert_original_unchanged(original)
    original.stop()
    shutil.copytree(original.home, copy.home)
    copy.start()
    pay_and_activate(world, copy, "grace@example.com")
    original.start()
    assert copy.view().device_id != original.view().device_id


@pytest.mark.long
def test_a_disk_moved_to_another_machine_is_not_usable(
    session: Session, original: Device, tmp_path: Path
) -> None:
    """The path is the same; the installation and the keyring are different."""
    disk = tmp_path / "disk"
    shutil.copytree(original.home, disk)
    there, environ = namespace_command(tmp_path, machine=True), session()
    assert license_seen_by_program(original, there, environ)[:2] == (False, "untrusted")
    for _ in range(2):
        with running_daemon_in(original, there, environ) as daemon:
            assert_not_usable(daemon)
            assert license_seen_by_program(original, there, environ)[:2] == (False, "untrusted")
        assert license_seen_by_program(original, there, environ)[:2] == (False, "untrusted")
    for name in ("secrets.key", "vault", "license.jws", "device.jws"):
        known = disk / original.paths.state.relative_to(original.home) / name
        assert (
            not known.exists() or known.read_bytes() == (original.paths.state / name).read_bytes()
        )
    assert_original_unchanged(original)
