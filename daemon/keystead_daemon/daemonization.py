"""Daemonization: the command returns once the daemon accepts connections, or with its error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Self

_READY, _ALREADY, _FAILED = "r", "a", "f"
_MESSAGE_BYTES = 4096


class StartupReport:
    """Reports once that the daemon is ready, already running, or failed."""

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        self._tell = tell

    def ready(self) -> None:
        self._tell(_READY, "")

    def already_running(self, sentence: str) -> None:
        self._tell(_ALREADY, sentence)

    def failed(self, sentence: str) -> None:
        self._tell(_FAILED, sentence)

    @classmethod
    def to_terminal(cls) -> Self:
        """Return the report of a daemon in the foreground."""
        return cls(_print)


def daemonize(work: Callable[[StartupReport], int]) -> int:
    """Run ``work`` in a daemon process and return 0 once it is ready.

    Returns 1 where it ended before that, with its message on stderr. On systems without fork the
    work runs in the foreground, and its starter has to detach it.
    """
    if not hasattr(os, "fork"):
        return work(StartupReport.to_terminal())
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        _run_in_new_session(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode("utf-8", "replace")
    # The pipe is closed by a report or by the daemon's end. `wait` reaps the first fork.
    os.wait()
    if not said:
        said = _FAILED + "The daemon ended before it was ready. See its log."
    _print(said[0], said[1:])
    return 1 if said[0] == _FAILED else 0


def _print(kind: str, sentence: str) -> None:
    if kind == _FAILED:
        sys.stderr.write(f"keysteadd: {sentence}\n")
    elif sentence:
        sys.stdout.write(f"{sentence}\n")


def _run_in_new_session(work: Callable[[StartupReport], int], writing: int) -> None:
    """Double fork: a new session, and a grandchild that can't acquire a terminal again."""
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    # A daemon in another folder would keep its file system from being unmounted.
    os.chdir("/")
    nowhere = os.open(os.devnull, os.O_RDWR)
    # The terminal may be closed while the daemon runs; a write to it would then fail.
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)

    def tell(kind: str, sentence: str) -> None:
        os.write(writing, (kind + sentence).encode()[:_MESSAGE_BYTES])
        os.close(writing)

    # Not sys.exit: the forked interpreter must not run the parent's exit handlers.
    os._exit(_exit_code(work, StartupReport(tell)))


def _exit_code(work: Callable[[StartupReport], int], messenger: StartupReport) -> int:
    try:
        return work(messenger)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
