"""The log of `serve`: JSON lines without what somebody has sent."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

from keystead_stub.http.json_log import JsonLines

SECRET = "sk_live_something"


def line(name: str, message: str, **fields: Any) -> dict[str, Any]:
    """Return the line of a record, with the error that is being handled."""
    found = {"name": name, "msg": message, "levelno": logging.ERROR, "levelname": "ERROR", **fields}
    record = logging.makeLogRecord({**found, "exc_info": sys.exc_info()})
    written = JsonLines().format(record)
    assert SECRET not in written
    assert "\n" not in written
    decoded: dict[str, Any] = json.loads(written)
    return decoded


def test_an_event_of_ours_has_its_fields() -> None:
    found = line("keystead_stub.http.access_log", "request", status=200, code=None)
    assert (found["event"], found["level"]) == ("request", "error")
    assert (found["status"], found["code"]) == (200, None)
    assert set(found) == {"time", "level", "event", "status", "code"}
    assert found["time"].endswith("Z")


def test_an_error_is_written_by_its_type_and_place_and_not_by_its_text() -> None:
    try:
        raise RuntimeError(SECRET)
    except RuntimeError:
        found = line("keystead_stub.http.problem_responses", "request failed", requestId="r")
    assert (found["event"], found["error"], found["requestId"]) == (
        *("request failed", "RuntimeError", "r"),
    )
    (place,) = found["trace"]
    assert place.startswith("test_json_log.py:")
    assert place.endswith(" test_an_error_is_written_by_its_type_and_place_and_not_by_its_text")


def test_a_library_s_message_is_not_written() -> None:
    found = line("uvicorn.error", f"cannot read {SECRET}")
    assert (found["event"], found["logger"]) == ("library", "uvicorn.error")
    assert set(found) == {"time", "level", "event", "logger"}
