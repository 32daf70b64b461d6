"""Start the daemon and wait until it answers, without polling.

The daemon reports that it is ready as services do to systemd (``NOTIFY_SOCKET``), and a pipe is
closed when it exits.
"""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import IO

import msgspec

from keystead.contract import REPLACED_PROFILES
from keystead.errors import DaemonUnreachable, NotInstalled
from keystead.local_client import LocalClient
from keystead.product_names import DAEMON
from keystead.programs import find_program, program_environ

#: Seconds that a daemon may take to answer; on a busy machine it needs two.
START_LIMIT_S = 20.0
#: Seconds between attempts to reach a daemon that another process is starting.
_LOOK_S = 0.05
#: Seconds for the other daemon to answer, once ours has exited in its favour.
_OTHERS_LIMIT_S = 5.0
#: Seconds for a daemon that did not answer to exit.
_END_LIMIT_S = 5.0
_SHOWN_CHARACTERS = 400


class Launch(msgspec.Struct, frozen=True):
    """What the programs of one product and user are started with.

    ``home`` is the absolute path of ``KEYSTEAD_HOME``, None for the platform's folders. ``socket``
    is the address at which the daemon listens, ``digest`` that of the profile
    (`keystead.profile_digest`), and ``replaced`` are those of the profiles that it replaces.
    """

    product_id: str
    product_name: str
    profile_path: str
    home: str | None
    socket: Path
    environ: Mapping[str, str]
    digest: str
    replaced: tuple[str, ...] = ()

    def child_environ(self) -> dict[str, str]:
        """Return the environment for a daemon of this profile and home."""
        environ = program_environ(self.environ) | {
            "KEYSTEAD_PROFILE": self.profile_path,
            REPLACED_PROFILES: " ".join(self.replaced),
        }
        return environ | ({"KEYSTEAD_HOME": self.home} if self.home is not None else {})


def start_daemon(
    launch: Launch, command: list[str] | None = None, *, piped: bool = False
) -> subprocess.Popen[bytes]:
    """Start a daemon, detached, and return its process when it answers.

    ``piped`` gives the caller pipes to its stdin and stdout.

    Raises NotInstalled, or DaemonUnreachable with the last line of its output if it does not
    answer.
    """
    launched = [*(command or daemon_command(launch)), "--foreground"]
    with (
        tempfile.TemporaryDirectory(prefix="keystead-") as folder,
        tempfile.TemporaryFile() as said,
        _notifications(folder) as (ready, address),
    ):
        environ = launch.child_environ() | {"NOTIFY_SOCKET": address}
        process, ended = _launch(launched, environ, said, piped)
        with os.fdopen(ended, "rb") as ending:
            try:
                _await(ready, ending, launch.socket, said)
            except DaemonUnreachable:
                _end(process)
                raise
    return process


def daemon_command(launch: Launch) -> list[str]:
    """Return the command of the product's daemon on this machine. Raises NotInstalled."""
    found = find_program(launch.product_id, DAEMON)
    if found is None:
        raise NotInstalled(
            f"The background service of {launch.product_name} is not installed.",
            code="daemon_missing",
            remedy=f"Install {launch.product_name} again. "
            'In development: pip install "keystead[daemon]".',
        )
    return found


@contextmanager
def _notifications(folder: str) -> Iterator[tuple[socket.socket, str]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        if sys.platform == "linux":
            # unix(7), autobind: an abstract address, which works however long the temporary
            # folder's path is.
            ready.bind("")
            yield ready, "@" + ready.getsockname()[1:].decode("ascii")
        else:
            ready.bind(f"{folder}/ready")
            yield ready, f"{folder}/ready"


def _launch(
    command: list[str], environ: Mapping[str, str], said: IO[bytes], piped: bool
) -> tuple[subprocess.Popen[bytes], int]:
    """Start it in its own session; also return a descriptor that reaches its end when it exits."""
    ended, held = os.pipe()
    try:
        process = subprocess.Popen(
            command,
            env=environ,
            cwd="/",
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE if piped else said,
            stderr=said,
            pass_fds=(held,),
            start_new_session=True,
        )
    except OSError as error:
        os.close(ended)
        raise DaemonUnreachable(
            f"The daemon could not be started: {error.strerror}.",
            code="daemon_failed",
            values={"why": error.strerror or "unknown"},
        ) from None
    finally:
        os.close(held)
    return process, ended


def _end(process: subprocess.Popen[bytes]) -> None:
    # It holds the home's lock, so no other daemon could answer while it lives.
    process.terminate()
    try:
        process.wait(_END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await(ready: socket.socket, ending: IO[bytes], path: Path, said: IO[bytes]) -> None:
    limit = monotonic() + START_LIMIT_S
    with selectors.DefaultSelector() as events:
        events.register(ready, selectors.EVENT_READ)
        events.register(ending, selectors.EVENT_READ)
        while (left := limit - monotonic()) > 0:
            for key, _ in events.select(left):
                if key.fileobj is ending:
                    # It exits if another daemon holds the home, and that one may still be starting.
                    return _await_another(events, ending, path, said)
                if b"READY=1" in ready.recv(4096):
                    return None
    raise DaemonUnreachable(
        f"The daemon was started but did not answer within {START_LIMIT_S:.0f} seconds.",
        code="daemon_late",
        values={"seconds": int(START_LIMIT_S)},
    )


def _await_another(
    events: selectors.BaseSelector, ending: IO[bytes], path: Path, said: IO[bytes]
) -> None:
    events.unregister(ending)
    limit = monotonic() + (_OTHERS_LIMIT_S if _gave_way(said) else 0)
    while not _answers(path):
        if monotonic() >= limit:
            why = _last_words(said)
            raise DaemonUnreachable(
                f"The daemon could not be started: {why}.",
                code="daemon_failed",
                values={"why": why},
            )
        events.select(_LOOK_S)


def _gave_way(said: IO[bytes]) -> bool:
    return "already" in _last_words(said)


def _answers(path: Path) -> bool:
    try:
        LocalClient(path).close()
    except DaemonUnreachable:
        return False
    return True


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read(64 * 1024).decode(errors="replace").strip().splitlines()
    if not lines:
        return "it said nothing"
    # Control characters could steer a terminal.
    shown = "".join(char if char.isprintable() else "\ufffd" for char in lines[-1])
    return shown[:_SHOWN_CHARACTERS].rstrip(".")
