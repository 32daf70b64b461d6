"""The daemon's log: one JSON object a line, with named fields of known kinds and nothing else.

Nothing is redacted, because nothing that would have to be can be said: there is no free text. A
field's name has to be in `FIELDS`, and its value is a number, a truth value, or a short word of
ours (`_WORD`): a token, a key, an email address, a URL or a path is none.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import msgspec

from keystead.errors import KeysteadError
from keystead.files import private_folder
from keystead.instants import iso
from keystead_daemon.clocks import Clocks
from keystead_daemon.state import State

FILE_BYTES = 1024 * 1024
FILES_KEPT = 3
NAME = "keysteadd"

#: What a line may say beside its time, level and event.
FIELDS = frozenset(
    {
        "code",
        "count",
        "error",
        "files",
        "level",
        "method",
        "pid",
        "ready",
        "reason",
        "seconds",
        "state",
        "usable",
        "version",
        "what",
    }
)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]{0,31}")

Value = str | int | float | bool | None

_encode = msgspec.json.Encoder().encode


class Log:
    """Writes lines to the log file, and to stderr where the daemon stays in the foreground."""

    def __init__(self, clocks: Clocks, *handlers: logging.Handler) -> None:
        self._clocks = clocks
        self._logger = logging.getLogger(NAME)
        self._logger.setLevel(logging.INFO)
        self._logger.propagate = False
        for handler in (*self._logger.handlers,):
            self._logger.removeHandler(handler)
            handler.close()
        for handler in handlers:
            self._logger.addHandler(handler)

    def event(self, event: str, *, level: int = logging.INFO, **fields: Value) -> None:
        """Say that something happened. Raises ValueError for a field that may not be said."""
        line = {
            "time": iso(self._clocks.read().wall_ms),
            "level": logging.getLevelName(level).lower(),
            "event": _word(event),
            **{name: _checked(name, value) for name, value in fields.items()},
        }
        self._logger.log(level, "%s", _encode(line).decode())

    def failed(self, what: str, error: KeysteadError) -> None:
        """Say that something failed, by its code: sentences are for people."""
        self.event(f"{what}.failed", level=logging.WARNING, code=error.code)

    def happened(self, event: object, before: State, after: State) -> None:
        """Say what an event made different."""
        if after.failure is not None and after.failure is not before.failure:
            failure = after.failure
            self.event("refresh.failed", code=failure.code, count=failure.count)
        if after.closed is not None and after.closed is not before.closed:
            self.event("keys.unavailable", code=after.closed.code)
        if after.ready and not before.ready:
            self.event("keys.opened")
        if after.license is not before.license and after.license is not None:
            license = after.license
            self.event("license.taken", state=_or_other(license.status), usable=license.active)
        for hint in sorted(after.trouble - before.trouble):
            self.event("trouble", code=hint, level=logging.WARNING)

    def close(self) -> None:
        for handler in (*self._logger.handlers,):
            self._logger.removeHandler(handler)
            handler.close()


class ForeignFormatter(logging.Formatter):
    """What a library warns of: where and how badly, not its words, which are not ours to judge."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[0] if record.exc_info else None
        line: dict[str, Any] = {
            "time": iso(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "event": "library",
            "what": _or_other(record.name),
            "error": error.__name__ if error is not None else None,
        }
        return _encode(line).decode()


def file_handler(path: Path) -> logging.Handler:
    """The log file, replaced when it is full; readable by its user alone. Raises OSError."""
    from logging.handlers import RotatingFileHandler

    private_folder(path.parent)
    path.touch(mode=0o600, exist_ok=True)
    return RotatingFileHandler(
        path, maxBytes=FILE_BYTES, backupCount=FILES_KEPT - 1, encoding="utf-8"
    )


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
