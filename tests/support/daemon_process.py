"""A real ``keysteadd`` for tests: a process with a home and a profile of its own."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from keystead.errors import KeysteadError
from keystead.local_client import LocalClient
from keystead.paths import Paths, paths_of
from keystead.profile import load_profile

KEYSTEADD = Path(sys.executable).with_name("keysteadd")
START_S = 60.0
CALL_S = 60.0


class DaemonStartError(AssertionError):
    """The daemon exited or did not respond; ``code`` is its exit code, ``said`` its output."""

    def __init__(self, code: int | None, said: str) -> None:
        super().__init__(f"keysteadd did not start (exit code {code}): {said}")
        self.code = code
        self.said = said


class DaemonProcess:
    """A running daemon and a connection to it."""

    def __init__(self, process: subprocess.Popen[bytes], paths: Paths) -> None:
        self.process = process
        self.paths = paths

    @property
    def pid(self) -> int:
        """Return the daemon's process ID; a wrapping command may have another one."""
        return int(self.paths.lock.read_text("ascii"))

    def client(self) -> LocalClient:
        """Return a new connection to its socket."""
        return LocalClient(self.paths.socket)

    def call(self, method: str, params: Any = None, *, timeout_s: float | None = CALL_S) -> Any:
        """Make one call on a new connection."""
        with self.client() as client:
            return client.call(method, params, timeout_s=timeout_s)

    def log(self) -> str:
        return self.paths.log_file.read_text("utf-8")

    def stop(self, number: int = signal.SIGTERM, *, within_s: float = 60.0) -> int:
        """Send a signal, wait for the end, and return the exit code."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)
        return self.process.wait(within_s)

    def kill(self) -> int:
        """Send SIGKILL, which gives the daemon no chance to clean up."""
        return self.stop(signal.SIGKILL)


def start_daemon(
    profile: Path | str,
    home: Path | str,
    *,
    environ: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
    secrets: str = "file",
    said: Path | None = None,
    rehearsed: bool = False,
) -> DaemonProcess:
    """Start ``keysteadd --foreground`` and return when it says that it is ready.

    ``prefix`` is a command that runs it (``faketime …``, ``strace …``); ``secrets`` is ``file`` or
    ``keyring``. Its output is appended to the file ``said``. ``rehearsed``: a daemon whose clocks
    are set through its pipes (`keystead_daemon.demo_daemon`). Raises DaemonStartError.
    """
    paths = paths_of(load_profile(Path(profile)).product_id, home)
    command = [*prefix, str(KEYSTEADD), "--foreground", "--profile", str(profile)]
    variables = {"KEYSTEAD_SECRETS": secrets}
    if rehearsed:
        command = [*prefix, sys.executable, "-P", "-m", "keystead_daemon.demo_daemon"]
        variables |= {"KEYSTEAD_PROFILE": str(profile), "KEYSTEAD_HOME": str(home)}
    with (
        tempfile.TemporaryDirectory(prefix="ks-") as folder,
        _writing(said) as output,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready,
    ):
        ready.bind(f"{folder}/n")
        ended, held = os.pipe()
        try:
            process = subprocess.Popen(
                [*command, "--home", str(home)],
                env={**os.environ, **(environ or {}), **variables, "NOTIFY_SOCKET": f"{folder}/n"},
                stdin=subprocess.PIPE if rehearsed else subprocess.DEVNULL,
                stdout=subprocess.PIPE if rehearsed else output,
                stderr=output,
                pass_fds=(held,),
                cwd="/",
            )
        finally:
            os.close(held)
        with os.fdopen(ended, "rb") as ending:
            if not _ready(ready, ending):
                if process.poll() is None and not _ended(process):
                    process.kill()
                output.seek(0)
                raise DaemonStartError(process.wait(), output.read().decode(errors="replace"))
    return DaemonProcess(process, paths)


@contextmanager
def running_daemon(
    profile: Path | str,
    home: Path | str,
    *,
    environ: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
    secrets: str = "file",
) -> Iterator[DaemonProcess]:
    """Start a daemon with `start_daemon` and stop it at the end of the block."""
    daemon = start_daemon(profile, home, environ=environ, prefix=prefix, secrets=secrets)
    try:
        yield daemon
    finally:
        if daemon.process.poll() is None:
            with suppress(KeysteadError, subprocess.TimeoutExpired):
                daemon.stop()
        if daemon.process.poll() is None:
            daemon.kill()


def _writing(said: Path | None) -> IO[bytes]:
    return tempfile.TemporaryFile() if said is None else said.open("a+b")


def _ready(ready: socket.socket, ending: Any) -> bool:
    with selectors.DefaultSelector() as events:
        events.register(ready, selectors.EVENT_READ)
        events.register(ending, selectors.EVENT_READ)
        for key, _ in events.select(START_S):
            return key.fileobj is ready and b"READY=1" in ready.recv(4096)
    return False


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        return False
    return True
