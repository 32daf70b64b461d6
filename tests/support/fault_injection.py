"""Fault injection by strace, and the contents of a state folder read without a daemon.

`inject_fault` attaches strace to a running daemon, so that the N-th call of one system call on the
state folder kills the daemon or fails.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

import keystead
from keystead import machine
from keystead.device_statement import DeviceStatement, read_statement
from keystead.documents import License
from keystead.local_api import RestoreParams
from keystead.paths import Paths
from keystead.profile import Profile, load_profile
from keystead.trust import Newest, verify_license
from keystead_daemon.secrets_store import KeyFile
from keystead_daemon.state import PersistedState
from keystead_daemon.vault import Vault
from support.daemon_process import start_daemon
from support.world import EMAIL, PATIENCE_S, Device, World

#: The system calls of a save, as strace names them; the pattern covers other processors' variants.
SAVING = ("openat", "write", "fsync", "/^rename")


def require_program(program: str, package: str) -> str:
    """Return the path of a program; if it is missing, the test fails and names the package."""
    found = shutil.which(program)
    if found is None:
        pytest.fail(f"this test needs {program}: apt-get install {package}", pytrace=False)
    return found


def stopped_device(world: World, name: str, **environ: str) -> Device:
    """Return a device with additional environment variables; its daemon is not started."""
    device = world.device(name, start=False, environ=environ)
    device.said.touch()
    return device


def pay_and_activate(world: World, device: Device, email: str = EMAIL) -> None:
    """Buy a subscription and activate; assert that the device shows no hint afterwards."""
    world.stub.pay(device.start_checkout().session_id, email=email)
    view = device.refresh()
    assert (view.state, view.hints) == ("active", ())


def restore_by_mail(world: World, device: Device) -> None:
    """Restore the purchase by mail; assert that the device shows no hint afterwards."""
    device.call("activation.restore", RestoreParams(email=EMAIL))
    link = world.stub.outbox()[0]["link"]
    page = httpx.get(link, timeout=60).text
    httpx.post(
        link, data={"token": re.findall(r'name="token" value="([^"]+)"', page)[0]}, timeout=60
    )
    view = device.refresh()
    assert (view.state, view.hints) == ("active", ())


class StateOnDisk(msgspec.Struct, frozen=True):
    """The verified contents of a state folder that has a key file."""

    persisted: PersistedState
    license: License
    statement: DeviceStatement

    @property
    def newest(self) -> Newest:
        """The version of the license that programs read."""
        return Newest.of(self.license)

    @property
    def committed(self) -> Newest:
        """The version of the license in the vault."""
        assert self.persisted.newest is not None
        return self.persisted.newest


def read_state(device: Device) -> StateOnDisk:
    """Read and verify the state folder without a daemon. Raises the errors of the readers."""
    paths, profile = device.paths, profile_of(device)
    text = paths.license.read_text("ascii").strip()
    binding = machine.binding_of(paths.state)
    return StateOnDisk(
        persisted=_opened(paths, profile.product_id, binding),
        license=verify_license(text, keys=profile.keys, product=profile.product_id),
        statement=read_statement(paths.device.read_text("ascii").strip(), binding=binding),
    )


def start_with_command(device: Device, prefix: Sequence[str], **environ: str) -> None:
    """Start the daemon by a command that runs it. Raises DaemonStartError."""
    device.said.touch()
    device.process = start_daemon(
        device.environ["KEYSTEAD_PROFILE"],
        device.home,
        environ=device.environ | environ,
        prefix=prefix,
        secrets=environ.get("KEYSTEAD_SECRETS", device.environ["KEYSTEAD_SECRETS"]),
    ).process


def profile_of(device: Device) -> Profile:
    return load_profile(Path(device.environ["KEYSTEAD_PROFILE"]))


def program_license(device: Device) -> keystead.License:
    """Return the license as a protected program reads it, with or without a daemon."""
    return keystead.open(device.environ["KEYSTEAD_PROFILE"], environ=device.environ)


def _opened(paths: Paths, product: str, binding: str) -> PersistedState:
    secrets = asyncio.run(KeyFile(paths.secret_key, binding).load())
    assert secrets.vault_key is not None
    persisted = Vault(paths.vault, product, secrets.vault_key, random=bytes).read()
    assert persisted is not None
    return persisted


class InjectedFault:
    """The log of an attached strace."""

    def __init__(self, log: Path) -> None:
        self._log = log

    @property
    def happened(self) -> bool:
        """Whether strace injected the fault, which it does when the call occurs."""
        text = self._log.read_text()
        return "INJECTED" in text or "SIGKILL" in text

    def __str__(self) -> str:
        return self._log.read_text()


@contextmanager
def inject_fault(
    device: Device, fault: str, *, within: tuple[Path, ...] = ()
) -> Iterator[InjectedFault]:
    """Inject a fault into a running daemon within the block.

    ``fault`` is in strace's syntax, as ``fsync:signal=SIGKILL:when=2``. Calls count on the files
    of the state folder, or on those ``within``.
    """
    assert device.process is not None
    log = device.home / "strace.out"
    log.unlink(missing_ok=True)
    command = strace_command(device, fault, within=within or tuple(written_paths(device)))
    attach = ["-p", str(device.process.pid)]
    process = subprocess.Popen([*command, *attach], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        with process.stderr:
            attached = process.stderr.readline()
            assert "attached" in attached, attached
            yield InjectedFault(log)
    finally:
        # SIGKILL and not SIGTERM: strace can wait forever for a tracee that is dying. The kernel
        # detaches the remaining tracees when strace is killed.
        process.kill()
        process.wait(PATIENCE_S)


def strace_command(device: Device, fault: str, *, within: tuple[Path, ...] = ()) -> list[str]:
    """Return an strace command that injects a fault, to be attached or to start a daemon with.

    The names of temporary files contain the daemon's process id, which is unknown before it
    starts: without ``within``, only calls on the folder and on the final files are counted.
    """
    call, log = fault.partition(":")[0], device.home / "strace.out"
    command = [require_program("strace", "strace"), "-f", "-o", str(log)]
    command += ["-e", f"trace={call}", "-e", f"inject={fault}"]
    paths = device.paths
    done = (paths.key_manifest, paths.license, paths.device)
    for file in within or (paths.state, paths.secret_key, paths.vault, *done):
        command += ["-P", str(file)]
    return command


def written_paths(device: Device) -> Iterator[Path]:
    """Yield every path that a running daemon writes to in its state folder, and the folder."""
    assert device.process is not None
    paths = device.paths
    yield paths.state
    for file in (paths.vault, paths.key_manifest, paths.license, paths.device):
        yield file
        yield file.with_name(f".{file.name}.{device.process.pid}.new")
