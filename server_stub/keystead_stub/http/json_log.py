"""The log of `serve`: one JSON object a line on stderr.

Our own records have named fields. Of those of libraries only logger, level and the type of an
error are written, never the message, which may quote a secret.
"""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import Any

import msgspec

from keystead.instants import iso

_OWN = "keystead_stub"
#: What every record has; the others are the fields of the event.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
#: The innermost frames of an error.
_FRAMES = 12


class JsonLines(logging.Formatter):
    """Formats records as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        own = record.name.partition(".")[0] == _OWN
        line: dict[str, Any] = {
            "time": iso(round(record.created * 1000)),
            "level": record.levelname.lower(),
            "event": record.msg if own else "library",
        }
        if own:
            line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        else:
            line["logger"] = record.name
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
            line["error"] = type(error).__name__
            # Without the error's text: it may quote what somebody has sent.
            line["trace"] = [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames]
        return msgspec.json.encode(line).decode()


def log_to_stderr() -> None:
    """Log our own events from INFO on, and those of libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(_OWN).setLevel(logging.INFO)
