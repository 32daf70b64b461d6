"""Whether the boot clock is the machine's own, from what is found in ``/proc``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from keystead.machine.linux_boot import (
    INITIAL_TIME_NAMESPACE,
    MountedFile,
    ProcView,
    is_machines_own,
    look,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

PROC = MountedFile(device=21, mount_id=22, is_root=True)
INSIDE = MountedFile(device=21, mount_id=22, is_root=False)
#: Another process's folder, or another procfs file, mounted over one: the device is the same.
COVERED = MountedFile(device=21, mount_id=63, is_root=True)
OWN = ProcView(
    is_procfs=True,
    proc=PROC,
    namespaces=INSIDE,
    time_link=INSIDE,
    time_namespace=INITIAL_TIME_NAMESPACE,
    boot_id_file=INSIDE,
    boot_id="9ba49fa0-9766-4630-9b95-698a9daec9ec",
)


def test_the_initial_namespace_in_an_uncovered_proc_is_the_machines() -> None:
    assert is_machines_own(OWN)


def test_a_kernel_without_time_namespaces_has_one_boot_clock() -> None:
    assert is_machines_own(OWN._replace(time_link=None, time_namespace=None))


def test_a_read_only_mount_of_a_folder_above_the_boot_id_changes_nothing() -> None:
    assert is_machines_own(OWN._replace(boot_id_file=MountedFile(21, 70, False)))


def test_a_kernel_that_does_not_tell_mounts_compares_devices() -> None:
    old = MountedFile(device=21, mount_id=None, is_root=None)
    view = OWN._replace(proc=old, namespaces=old, time_link=old, boot_id_file=old)
    assert is_machines_own(view)
    bound = MountedFile(device=254, mount_id=None, is_root=None)
    assert not is_machines_own(view._replace(boot_id_file=bound))


@pytest.mark.parametrize(
    "part",
    [
        {"is_procfs": False},
        {"time_namespace": "time:[4026532179]"},
        {"time_namespace": ""},
        {"namespaces": None},
        {"namespaces": COVERED},
        {"namespaces": MountedFile(9, 22, False)},
        {"time_link": COVERED},
        {"time_link": MountedFile(9, 22, False)},
        {"boot_id_file": None},
        {"boot_id_file": COVERED},
        {"boot_id_file": MountedFile(254, 70, False)},
    ],
)
def test_whatever_a_user_can_put_there_is_not_believed(part: dict[str, Any]) -> None:
    assert not is_machines_own(OWN._replace(**part))


def test_a_folder_that_is_no_procfs_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/time").symlink_to(INITIAL_TIME_NAMESPACE)
    boot_id = tmp_path / "sys/kernel/random/boot_id"
    boot_id.parent.mkdir(parents=True)
    boot_id.write_text(f" {OWN.boot_id}\n")
    view = look(str(tmp_path))
    assert view is not None
    assert (view.boot_id, view.is_procfs, is_machines_own(view)) == (OWN.boot_id, False, False)
    boot_id.unlink()
    shutil.rmtree(tmp_path / "self")
    bare = look(str(tmp_path))
    assert bare is not None
    assert (bare.boot_id, bare.namespaces, is_machines_own(bare)) == ("", None, False)
    assert look(str(tmp_path / "missing")) is None


_LOOK = """
from keystead.machine import linux_boot, read_clocks
view = linux_boot.look()
print(view is not None and linux_boot.is_machines_own(view), read_clocks().boot_clock_is_trusted)
"""
_FAKE_PROC = (
    "mkdir -p $D/self/ns $D/sys/kernel/random; ln -s 'time:[4026531834]' $D/self/ns/time; "
    "echo x > $D/sys/kernel/random/boot_id; mount --bind $D /proc; "
)


@pytest.mark.parametrize(
    ("flags", "before", "own"),
    [
        ("--boottime 3000000", "", False),
        ("", "", None),
        ("", "echo x > $D/id; mount --bind $D/id /proc/sys/kernel/random/boot_id; ", False),
        ("", "mount --bind /proc/self/environ /proc/sys/kernel/random/boot_id; ", False),
        ("", "mount --bind /dev/null /proc/sys/kernel/random/boot_id; ", False),
        ("--boottime 3000000", "mount --bind /proc/$PPID /proc/$$; ", False),
        ("--boottime 3000000", "mount --bind /proc/$PPID/ns /proc/$$/ns; ", False),
        ("--boottime 3000000", _FAKE_PROC, False),
    ],
)
def test_a_real_namespace_is_recognized(
    tmp_path: Path, flags: str, before: str, own: bool | None
) -> None:
    command = ["unshare", "--user", "--map-root-user", "--mount"]
    command += ["--time", *flags.split()] if flags else []
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody have namespaces")
    if own is None:
        # Whatever this machine is like, an ordinary mount namespace changes nothing.
        view = look()
        own = view is not None and is_machines_own(view)
    script = before.replace("$D", str(tmp_path)) + 'exec "$0" -c "$1"'
    done = subprocess.run(
        [*command, "sh", "-c", script, sys.executable, _LOOK],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(own)] * 2, done.stderr
