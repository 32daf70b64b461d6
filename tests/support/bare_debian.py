"""A bare Debian: a root folder with Python, make and git, and commands that run in it as root.

Packages come from this machine's sources: apt's and pip's configuration is copied, and the folders
that pip's configuration names are mounted.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.fault_injection import require_program

#: Read at collection: a fixture of all tests removes proxy variables and HOME later.
ENVIRON = dict(os.environ)

INCLUDED = ("ca-certificates", "git", "make", "python3", "python3-venv")
MIRROR = "http://deb.debian.org/debian"
SOURCES = Path("/src")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
#: Variables that configure package sources and certificates.
_PASSED_ON = re.compile(r"(?i)(PIP|UV|SSL)_.*|.*_proxy|.*_CA_(BUNDLE|CERTS)")
#: Configuration folders, and files that name other machines.
_MOUNTED = ("/etc/hosts", "/etc/pip.conf", "/etc/resolv.conf", "/etc/uv", "/etc/xdg/pip")

# Separate namespaces, so that no mount and no process outlives the command. pivot_root is used
# and not chroot: tests create namespaces, which the kernel refuses in a chroot.
_ENTER = r"""
set -euo pipefail
root=$1 command=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
for path in "$@"; do
    if [ -d "$path" ]; then mkdir -p "$root$path"; else
        mkdir -p "$(dirname "$root$path")"
        [ -e "$root$path" ] || touch "$root$path"
    fi
    mount --bind "$path" "$root$path"
done
cd "$root"
mkdir -p .outside
pivot_root . .outside
umount -l .outside
cd /src
exec bash -c "$command"
"""


class BareDebian:
    """A root folder that debootstrap made. Needs root; a test without it fails and says so."""

    def __init__(self, root: Path) -> None:
        if os.geteuid() != 0:
            pytest.fail("a bare Debian can only be built as root", pytrace=False)
        self.root = root
        release = platform.freedesktop_os_release().get("VERSION_CODENAME", "bookworm")
        _run(
            require_program("debootstrap", "debootstrap"),
            *("--variant=minbase", f"--include={','.join(INCLUDED)}", release, root, MIRROR),
        )
        shutil.copy(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"))
        # Proxies and certificates of this machine's apt.
        acquire = _run("apt-config", "dump", "Acquire").stdout
        (root / "etc/apt/apt.conf.d/99outside").write_text(acquire)

    def copy_sources(self, checkout: Path) -> None:
        """Copy the work tree, with uncommitted changes, into a repository at `SOURCES`."""
        listed = _run(
            *("git", "-C", checkout, "ls-files", "-z", "--cached", "--others"),
            "--exclude-standard",
        ).stdout
        for name in listed.split("\0"):
            if name and (checkout / name).is_file():
                copy = self.root / SOURCES.relative_to("/") / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(checkout / name, copy)
        _run("git", "-C", self.root / SOURCES.relative_to("/"), "init", "--quiet")

    def run(self, command: str, *, timeout_s: float) -> subprocess.CompletedProcess[str]:
        """Run a command of bash at `SOURCES`; stderr is part of stdout."""
        passed_on = {name: value for name, value in ENVIRON.items() if _PASSED_ON.fullmatch(name)}
        return subprocess.run(
            [
                *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
                *("bash", "-c", _ENTER, "bash", str(self.root), command, *_package_sources()),
            ],
            env=passed_on | {"HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=timeout_s,
        )


def _package_sources() -> list[str]:
    """Return the files and folders that apt, pip and uv read besides the system's own."""
    configuration = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env=ENVIRON,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    home = Path(ENVIRON.get("HOME", "/root"))
    named = re.findall(r"(?:file://|['\s])(/[^\s']+)", configuration)
    # A local index has pages that lead to the files beside them.
    beside = [str(Path(path).parent / "files") for path in named]
    mounted = [*_MOUNTED, *named, *beside, *(str(home / name) for name in (".config/pip", ".pip"))]
    return sorted({path for path in mounted if Path(path).exists()})


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done
