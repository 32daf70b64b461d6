"""The daemon's log: one JSON object a line, with named fields of known kinds and nothing else.

Nothing is redacted, because nothing that would have to be can be said: there is no free text. A
field's name has to be in `FIELDS`, and its value is a number, a truth value, or a short word of
ours (`_WORD`): a token, a key, an email address, a URL or a path is none.
"""

from __future__ import annotations

import logging
import os
import re
from contextlib import suppress
from pathlib import Path

import msgspec

from keystead.errors import KeysteadError
from keystead.files import PRIVATE_FILE, make_private_folder
from keystead.instants import iso
from keystead_daemon.clocks import Clocks
from keystead_daemon.state import State

#: Bytes of one file, and how many files there are at most.
FILE_BYTES = 1024 * 1024
FILES_KEPT = 3

#: What a line may say beside its time, level and event.
FIELDS = frozenset({"code", "count", "error", "pid", "state", "usable", "version", "what"})
#: A code of ours, a few of them with dots between, or the name of an error's type.
_WORD = re.compile(r"[a-z][a-z0-9_]{0,30}(?:\.[a-z_][a-z0-9_]{0,30}){0,3}|[A-Z][A-Za-z]{0,39}")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]{0,31}")

Value = str | int | float | bool | None

_encode = msgspec.json.Encoder().encode


class LogFile:
    """A file of lines, for its user alone, that is begun anew when it is full."""

    def __init__(self, path: Path, *, limit: int = FILE_BYTES, kept: int = FILES_KEPT) -> None:
        """Open it. Raises OSError."""
        make_private_folder(path.parent)
        self._path = path
        self._limit = limit
        self._kept = kept
        self._open()

    def write(self, line: bytes) -> None:
        """Add a line. A log that cannot be written is no reason to stop working."""
        with suppress(OSError):
            if self._size + len(line) >= self._limit:
                self._turn()
            os.write(self._descriptor, line + b"\n")
            self._size += len(line) + 1

    def close(self) -> None:
        os.close(self._descriptor)

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._descriptor = os.open(self._path, flags, PRIVATE_FILE)
        self._size = os.fstat(self._descriptor).st_size

    def _turn(self) -> None:
        os.close(self._descriptor)
        for number in range(self._kept - 1, 0, -1):
            older = self._numbered(number - 1) if number > 1 else self._path
            with suppress(FileNotFoundError):
                older.replace(self._numbered(number))
        self._open()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class Log:
    """Lines of the daemon's own."""

    def __init__(self, clocks: Clocks, file: LogFile) -> None:
        self._clocks = clocks
        self._file = file

    def event(self, event: str, *, level: str = "info", **fields: Value) -> None:
        """Say that something happened. Raises ValueError for a field that may not be said."""
        line = {
            "time": iso(self._clocks.read().wall_ms),
            "level": level,
            "event": _word(event),
            **{name: _checked(name, value) for name, value in fields.items()},
        }
        self._file.write(_encode(line))

    def failed(self, what: str, error: KeysteadError) -> None:
        """Say that something failed, by its code: sentences are for people."""
        self.event(f"{what}.failed", level="warning", code=error.code)

    def happened(self, event: object, before: State, after: State) -> None:
        """Say what an event made different."""
        if after.failure is not None and after.failure is not before.failure:
            failure = after.failure
            self.event("refresh.failed", code=_or_other(failure.code), count=failure.count)
        if after.vault_error is not None and after.vault_error is not before.vault_error:
            self.event("keys.unavailable", code=_or_other(after.vault_error.code))
        if after.ready and not before.ready:
            self.event("keys.opened")
        if after.license is not before.license and after.license is not None:
            license = after.license
            self.event("license.taken", state=_or_other(license.status), usable=license.active)
        for hint in sorted(after.hints - before.hints):
            self.event("trouble", code=hint, level="warning")

    def close(self) -> None:
        self._file.close()


class LibraryLogHandler(logging.Handler):
    """What a library warns of: where and how badly, not its words, which are not ours to judge."""

    def __init__(self, file: LogFile) -> None:
        super().__init__()
        self._file = file

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0] if record.exc_info else None
        line = {
            "time": iso(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "event": "library",
            "what": _or_other(record.name),
            "error": error.__name__ if error is not None else None,
        }
        self._file.write(_encode(line))


def newest_lines(path: Path, count: int) -> tuple[str, ...]:
    """The last lines of the log, for diagnostics; none where there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(file.tell() - count * 256, 0))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ()
    return tuple(line for line in lines[-count:] if line.startswith("{"))


def _checked(name: str, value: Value) -> Value:
    if name not in FIELDS:
        raise ValueError(f"the log has no field {name!r}")
    if name == "version" and isinstance(value, str) and _VERSION.fullmatch(value):
        return value
    return _word(value) if isinstance(value, str) else value


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError("the log takes no free text")
    return text


def _or_other(text: str) -> str:
    return text if _WORD.fullmatch(text) else "other"
