"""Leaving the terminal: the command returns when the daemon answers, or with what went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Self

_READY, _ALREADY, _FAILED = "r", "a", "f"
_MESSAGE_BYTES = 4096


class StartupReport:
    """Where the daemon says that it is ready, not needed, or not able: once."""

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        self._tell = tell

    def ready(self) -> None:
        self._tell(_READY, "")

    def already(self, sentence: str) -> None:
        self._tell(_ALREADY, sentence)

    def failed(self, sentence: str) -> None:
        self._tell(_FAILED, sentence)

    @classmethod
    def to_terminal(cls) -> Self:
        """For a daemon in the foreground."""
        return cls(_print)


def daemonize(work: Callable[[StartupReport], int]) -> int:
    """Do ``work`` in a process of its own session, and return 0 once it is ready.

    Returns 1 where it ended before, after repeating on stderr what it said. On systems without
    fork the work is done in the foreground: there, whoever starts it detaches it.
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
    os.wait()
    if not said:
        said = _FAILED + "The daemon ended before it answered; its log says why."
    _print(said[0], said[1:])
    return 1 if said[0] == _FAILED else 0


def _print(kind: str, sentence: str) -> None:
    if kind == _FAILED:
        sys.stderr.write(f"keysteadd: {sentence}\n")
    elif sentence:
        sys.stdout.write(f"{sentence}\n")


def _run_in_new_session(work: Callable[[StartupReport], int], writing: int) -> None:
    """In the first child: a new session, and a second child that can get no terminal again."""
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    os.chdir("/")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)

    def tell(kind: str, sentence: str) -> None:
        os.write(writing, (kind + sentence).encode()[:_MESSAGE_BYTES])
        os.close(writing)

    os._exit(_exit_code(work, StartupReport(tell)))


def _exit_code(work: Callable[[StartupReport], int], messenger: StartupReport) -> int:
    try:
        return work(messenger)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
