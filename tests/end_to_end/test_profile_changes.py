"""A daemon that runs with another profile: replaced once, and never in turns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import keystead
from keystead_stub.in_process import BillingStub
from support.vendor_program import VendorProgram, ship_profile, stop_daemon, vendor_program
from support.world import Device

pytestmark = pytest.mark.long


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[BillingStub]:
    """Return the stub that the vendor's backend has moved to."""
    with BillingStub.running(tmp_path / "moved") as stub:
        yield stub


def asked(device: Device) -> str:
    """Return the backend that the daemon asks."""
    return str(device.call("daemon.info").backend_url)


def daemon_check(found: dict[str, Any]) -> dict[str, Any]:
    """Return the check of the daemon among a doctor's findings."""
    (check,) = [one for one in found["checks"] if one["name"] == "daemon"]
    return dict(check)


@pytest.fixture
def device(short_folder: Path) -> Iterator[Device]:
    """Return a device on which no daemon runs yet."""
    device = Device(short_folder / "home", {})
    yield device
    stop_daemon(device)


@pytest.fixture
def installed(billing_stub: BillingStub, short_folder: Path) -> Iterator[VendorProgram]:
    with vendor_program("report", short_folder, billing_stub, "nyra") as program:
        yield program


def test_a_program_with_a_new_profile_has_its_new_backend_asked(
    installed: VendorProgram, billing_stub: BillingStub, moved: BillingStub
) -> None:
    table = installed.folder / "sales.csv"
    table.write_text("sold\n1\n")
    assert installed.run("--buy").code == 0
    device = installed.device
    assert asked(device) == billing_stub.url
    old = device.call("daemon.info")

    ship_profile(moved, installed.folder)
    assert installed.run(table).out == "sold: 1\n"
    new = device.call("daemon.info")
    assert new.backend_url == moved.url
    assert new.pid != old.pid
    assert new.replaced_profiles == (old.profile_digest,)
    assert installed.run("--buy").out == "Continue in the browser.\n"
    assert installed.pages()[-1].startswith(moved.url)

    installed.run(table)
    assert device.call("daemon.info").pid == new.pid, "the same profile changes nothing"


def test_two_versions_of_a_profile_do_not_replace_each_other_in_turns(
    device: Device,
    billing_stub: BillingStub,
    moved: BillingStub,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    old, new = ship_profile(billing_stub, tmp_path / "old"), ship_profile(moved, tmp_path / "new")
    assert device.cli("--profile", old, "status", "--json").err == ""
    pids = [device.call("daemon.info").pid]
    for profile in (new, old, new, old):
        keystead.open(profile, environ=device.environ)
        pids.append(device.call("daemon.info").pid)
    assert pids[1] != pids[0]
    assert len(set(pids[1:])) == 1, "the later profile stays"
    assert asked(device) == moved.url
    said = [one.getMessage() for one in caplog.records if one.name == "keystead"]
    assert len(said) == 2
    assert said[0].startswith("The background service runs with other settings of NyrA")

    told = device.cli("--profile", old, "status", "--json")
    assert told.json()["state"] == "unactivated"
    assert "runs with other settings" in told.err
    assert device.cli("--profile", new, "status").err == ""
    found = device.cli("--profile", old, "doctor", "--json").json()
    check = daemon_check(found)
    assert (found["ok"], check["ok"], check["code"]) == (False, False, "other_profile")
    assert "Update all programs" in check["fix"]


def test_the_command_line_replaces_a_daemon_whose_profile_has_changed_on_disk(
    device: Device, billing_stub: BillingStub, moved: BillingStub, tmp_path: Path
) -> None:
    profile = ship_profile(billing_stub, tmp_path / "program")
    device.environ["KEYSTEAD_PROFILE"] = str(profile)
    assert device.cli("status", "--json").code == 3
    assert asked(device) == billing_stub.url
    ship_profile(moved, tmp_path / "program")
    assert device.cli("status", "--json").code == 3
    assert asked(device) == moved.url
    found = device.cli("doctor", "--json").json()
    assert daemon_check(found)["ok"]
