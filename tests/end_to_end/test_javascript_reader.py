"""A program in JavaScript sees the license that a real daemon left as one in Python does."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from support.javascript_reader import opened
from support.other_machine import WallClock, license_seen_by_program, namespace_command
from support.world import Device, World


def seen_by_both(
    device: Device, prefix: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what a program in JavaScript sees, which must be what one in Python sees."""
    everything = device.environ | dict(environ or {})
    profile = device.environ["KEYSTEAD_PROFILE"]
    (found,) = opened([profile], environ=everything, prefix=prefix)
    usable, state, until, reason = license_seen_by_program(device, prefix, environ)
    seen = (found["usable"], found["state"], found["until"], found["reason"])
    assert seen == (usable, state, until, reason)
    return found


def test_a_paid_license_is_usable_with_its_features_without_daemon_and_network(
    world: World,
) -> None:
    device = world.device()
    assert seen_by_both(device)["state"] == "unactivated"
    world.pay(device)
    until = device.view().until
    device.stop()
    found = seen_by_both(device)
    assert (found["state"], found["usable"], found["until"]) == ("active", True, until)
    assert found["exports"] is True


def test_a_refund_ends_the_license(world: World) -> None:
    device = world.activated()
    world.happens(device, "refund")
    device.refresh()
    device.stop()
    found = seen_by_both(device)
    assert (found["state"], found["usable"], found["reason"]) == ("inactive", False, "refunded")
    assert found["exports"] is False


def test_a_wall_clock_that_was_turned_changes_nothing_in_the_same_boot(
    world: World, tmp_path: Path
) -> None:
    device = world.activated()
    device.stop()
    clock = WallClock(tmp_path)
    for to in ("+400d", "-400d"):
        clock.turn(to)
        assert seen_by_both(device, environ=clock.environ)["state"] == "active"


def test_after_a_restart_the_license_expires_by_the_clock_and_the_mark_holds(
    world: World, tmp_path: Path
) -> None:
    device = world.activated()
    device.stop()
    clock = WallClock(tmp_path)
    reboot = namespace_command(tmp_path, boot=True)
    clock.turn("+400d")
    found = seen_by_both(device, reboot, clock.environ)
    assert (found["state"], found["usable"], found["until"]) == ("expired", False, None)
    clock.turn("-400d")
    assert seen_by_both(device, reboot, clock.environ)["state"] == "active"


def test_a_boot_clock_of_ones_own_is_not_believed(world: World, tmp_path: Path) -> None:
    device = world.activated()
    device.stop()
    clock = WallClock(tmp_path)
    private = namespace_command(tmp_path, later_s=60)
    assert seen_by_both(device, private)["state"] == "active"
    clock.turn("+400d")
    assert seen_by_both(device, private, clock.environ)["state"] == "expired"


def test_files_that_were_copied_are_refused(world: World, tmp_path: Path) -> None:
    device = world.activated()
    device.stop()
    there = namespace_command(tmp_path, machine=True)
    found = seen_by_both(device, there)
    assert (found["state"], found["reason"]) == ("untrusted", "copied")
    copied = device.home.with_name("copied")
    shutil.copytree(device.home, copied, symlinks=True)
    found = seen_by_both(device, environ={"KEYSTEAD_HOME": str(copied)})
    assert (found["state"], found["reason"]) == ("untrusted", "copied")
    assert seen_by_both(device)["state"] == "active"
    # The same folder by another name is the same folder.
    alias = device.home.with_name("alias")
    alias.symlink_to(device.home)
    assert seen_by_both(device, environ={"KEYSTEAD_HOME": str(alias)})["state"] == "active"


def test_an_altered_license_is_refused(world: World) -> None:
    device = world.activated()
    device.stop()
    whole = device.paths.license.read_text()
    header, payload, signature = whole.strip().split(".")
    swapped = "A" if payload[40] != "A" else "B"
    device.paths.license.write_text(f"{header}.{payload[:40]}{swapped}{payload[41:]}.{signature}")
    found = seen_by_both(device)
    assert (found["state"], found["reason"]) == ("untrusted", "bad_signature")
