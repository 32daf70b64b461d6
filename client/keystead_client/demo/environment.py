"""A stub and a daemon in a temporary folder, for the demo.

Both are real processes. The daemon is `keystead_daemon.demo_daemon` instead of ``keysteadd``,
because its clock can be advanced.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import msgspec

from keystead.daemon_launch import start_daemon
from keystead.errors import KeysteadError
from keystead_client.context import Context
from keystead_client.demo.backend import Backend
from keystead_client.demo.device import Device

_STUB_LIMIT_S = 30.0
_STOP_LIMIT_S = 5.0


class DemoEnvironment(msgspec.Struct, frozen=True):
    """What the script needs; ``environ`` is for other processes that join, such as the window."""

    folder: Path
    backend: Backend
    device: Device
    context: Context
    environ: dict[str, str]


@contextmanager
def demo_environment(
    api: str, environ: Mapping[str, str], *, keep: bool
) -> Iterator[DemoEnvironment]:
    """Start both processes, and stop them at the end; with ``keep`` the folder stays.

    Raises KeysteadError if a part is not installed or does not start.
    """
    _check_parts()
    folder = Path(tempfile.mkdtemp(prefix="keystead-demo-"))
    try:
        with _stub(api, folder, environ) as (backend, profile):
            context = _context(profile, folder, environ)
            with _daemon(context) as device:
                yield DemoEnvironment(folder, backend, device, context, dict(context.environ))
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _check_parts() -> None:
    for module, extra in (("litestar", "stub"), ("httpx", "daemon")):
        if find_spec(module) is None:
            raise KeysteadError(
                "A part of the demo is not installed.",
                code="missing_extra",
                remedy=f'Install it: pip install "keystead[{extra}]"',
            )


def _context(profile: str, folder: Path, environ: Mapping[str, str]) -> Context:
    own = {name: value for name, value in environ.items() if not name.startswith("KEYSTEAD_")} | {
        "KEYSTEAD_PROFILE": profile,
        "KEYSTEAD_HOME": str(folder / "home"),
        "KEYSTEAD_SECRETS": "file",
    }
    return Context(None, None, own)


@contextmanager
def _stub(api: str, folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[Backend, str]]:
    beside = Path(sys.executable).with_name("keystead-stub")
    program = [str(beside)] if beside.is_file() else [sys.executable, "-P", "-m", "keystead_stub"]
    clean = {name: value for name, value in environ.items() if not _steers_stub(name)}
    # The stub's own temporary files are removed with ours, however it ends.
    clean["TMPDIR"] = str(folder)
    with (folder / "stub.log").open("wb") as log:
        process = subprocess.Popen(
            [*program, "serve", "--port", "0", "--json", "--api", api],
            env=clean,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            said = _first_line(process, folder / "stub.log")
            yield Backend(said["url"]), said["profile"]
        finally:
            _stop(process)


def _steers_stub(name: str) -> bool:
    """Return whether a variable would connect the stub to real services, or give it old secrets."""
    return name.startswith(("STRIPE_", "NYRA_", "KEYSTEAD_")) or name == "ALLOWED_ORIGIN"


def _first_line(process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    assert process.stdout is not None  # noqa: S101 - asked for above
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if ready.select(_STUB_LIMIT_S) else b""
    try:
        said: dict[str, str] = json.loads(line)
    except ValueError:
        raise KeysteadError(
            f"The stub did not start{_last_line(log)}.", code="stub_failed"
        ) from None
    return said


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    return f": {lines[-1].rstrip('.')}" if lines else ""


@contextmanager
def _daemon(context: Context) -> Iterator[Device]:
    command = [sys.executable, "-P", "-m", "keystead_daemon.demo_daemon"]
    process = start_daemon(context.launch, command, piped=True)
    try:
        with Device(context, process) as device:
            yield device
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a process that we started, and close its pipes."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in _pipes(process):
        with suppress(OSError):
            pipe.close()


def _pipes(process: subprocess.Popen[bytes]) -> list[IO[bytes]]:
    return [pipe for pipe in (process.stdin, process.stdout) if pipe is not None]


def run_command(environment: DemoEnvironment, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a ``keystead`` command in this environment, as a process."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "keystead_client", *arguments],
        env=environment.environ,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=_STUB_LIMIT_S,
    )


def open_window(environment: DemoEnvironment) -> subprocess.Popen[bytes] | None:
    """Start the desktop app in this environment; None if it is not installed."""
    beside = Path(sys.executable).with_name("keystead-desktop")
    if not beside.is_file() or find_spec("PySide6") is None:
        return None
    log = os.open(environment.folder / "window.log", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        return subprocess.Popen(
            [str(beside)], env=environment.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    finally:
        os.close(log)
