"""The daemon's log: one JSON object per line, with named fields of known kinds and nothing else.

Nothing is redacted, because nothing secret can be written: there is no free text. A field's name is
one of `FIELDS`, and its value a number, a truth value or a short identifier (`_WORD`), which no
token, key, email address, URL or path matches.
"""

from __future__ import annotations

import logging
import os
import re
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

import msgspec

from keystead.errors import KeysteadError
from keystead.files import PRIVATE_FILE, make_private_folder
from keystead.instants import iso
from keystead_daemon.clocks import Clocks
from keystead_daemon.state import State

#: Bytes of one file, and the number of files.
FILE_BYTES = 1024 * 1024
FILES_KEPT = 3

#: The fields of a line besides time, level and event.
FIELDS = frozenset({"code", "count", "error", "pid", "state", "usable", "version", "what"})
#: A code, up to four of them joined by dots, or the name of an exception's type.
_WORD = re.compile(r"[a-z][a-z0-9_]{0,30}(?:\.[a-z_][a-z0-9_]{0,30}){0,3}|[A-Z][A-Za-z]{0,39}")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]{0,31}")

Value = str | int | float | bool | None

_encode = msgspec.json.Encoder().encode


class LogFile(RotatingFileHandler):
    """A rotated file of JSON lines that only its user can read.

    It also serves as the handler of library loggers. Of their records it writes logger, level and
    exception type but never the message, which may quote a secret.
    """

    def __init__(self, path: Path, *, limit: int = FILE_BYTES, files: int = FILES_KEPT) -> None:
        """Open the file, at most ``limit`` bytes each. Raises OSError."""
        make_private_folder(path.parent)
        super().__init__(path, maxBytes=limit, backupCount=files - 1, encoding="utf-8")

    def write(self, line: str) -> None:
        """Append a line. A full disk loses the line and never stops the daemon."""
        self.handle(logging.makeLogRecord({"line": line}))

    def format(self, record: logging.LogRecord) -> str:
        line = getattr(record, "line", None)
        return line if isinstance(line, str) else _library_line(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Ignore a failed write: there is no other place to report it."""

    def _open(self) -> TextIOWrapper:
        # Unbuffered: lines that met a full disk must not fail again at the next flush or close.
        raw = open(self.baseFilename, "ab", buffering=0, opener=_open_private)  # noqa: SIM115
        return TextIOWrapper(raw, encoding="utf-8", write_through=True)


class Log:
    """Writes the daemon's own events."""

    def __init__(self, clocks: Clocks, file: LogFile) -> None:
        self._clocks = clocks
        self._file = file

    def event(self, event: str, *, level: str = "info", **fields: Value) -> None:
        """Write an event. Raises ValueError for a field or value that is not allowed."""
        line = {
            "time": iso(self._clocks.read().wall_ms),
            "level": level,
            "event": _word(event),
            **{name: _checked(name, value) for name, value in fields.items()},
        }
        self._file.write(_encode(line).decode())

    def failed(self, what: str, error: KeysteadError) -> None:
        """Write that ``what`` failed, with the error's code."""
        self.event(f"{what}.failed", level="warning", code=error.code)

    def transition(self, before: State, after: State) -> None:
        """Write what changed between two states."""
        if after.failure is not None and after.failure is not before.failure:
            failure = after.failure
            self.event("refresh.failed", code=_or_other(failure.code), count=failure.count)
        if after.vault_error is not None and after.vault_error is not before.vault_error:
            self.event("keys.unavailable", code=_or_other(after.vault_error.code))
        if after.ready and not before.ready:
            self.event("keys.opened")
        if after.license is not before.license and after.license is not None:
            license = after.license
            self.event("license.accepted", state=_or_other(license.status), usable=license.active)
        manifest, refused = after.key_manifest, after.key_updates.failure
        if manifest is not None and manifest != before.key_manifest:
            self.event("manifest.accepted", version=str(manifest.version))
        if refused is not None and refused is not before.key_updates.failure:
            self.event("manifest.failed", code=_or_other(refused.code))
        for hint in sorted(after.hints - before.hints):
            self.event("hint.set", code=hint, level="warning")

    def close(self) -> None:
        self._file.close()


def newest_lines(path: Path, count: int) -> tuple[str, ...]:
    """Return the last ``count`` lines of the log, for diagnostics; empty where there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(file.tell() - count * 256, 0))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ()
    return tuple(line for line in lines[-count:] if line.startswith("{"))


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE_FILE)


def _library_line(record: logging.LogRecord) -> str:
    error = record.exc_info[0] if record.exc_info else None
    line = {
        "time": iso(int(record.created * 1000)),
        "level": record.levelname.lower(),
        "event": "library",
        "what": _or_other(record.name),
        "error": error.__name__ if error is not None else None,
    }
    return _encode(line).decode()


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
