"""The console's switches for faults: which are on, and what pressing one does. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from keystead.instants import HOUR_MS, SECOND_MS
from keystead_stub.http.faults import Faults

_HOUR_S = HOUR_MS // SECOND_MS
_SIGN_IN = "<html><body>Sign in to this network</body></html>"
#: The fields of one group, of which at most one switch is on.
_ANSWERS = ("latency_ms", "status", "body", "drop_connection", "retry_after", "times", "path")


class Switch(msgspec.Struct, frozen=True):
    """One switch. `sets` holds the values that it gives to fields of its group."""

    name: str
    label: str
    sets: dict[str, Any]
    group: tuple[str, ...]


class Position(msgspec.Struct, frozen=True):
    """A switch with its current position."""

    name: str
    label: str
    on: bool


def _answer(name: str, label: str, **sets: Any) -> Switch:
    return Switch(name, label, sets, _ANSWERS)


def _alone(name: str, label: str, field: str, value: float | bool = True) -> Switch:
    return Switch(name, label, {field: value}, (field,))


GROUPS: dict[str, tuple[Switch, ...]] = {
    "What a device meets": (
        _answer("down", "Answer 503", status=503),
        _answer("limited", "Answer 429, 30 s", status=429, retry_after=30),
        _answer("portal", "Captive portal", status=200, body=_SIGN_IN),
        _answer("drop", "Drop connections", drop_connection=True),
        _answer("slow", "3 s slower", latency_ms=3000),
    ),
    "Webhooks": (
        _alone("hold", "Hold back", "hold_webhooks"),
        _alone("twice", "Send twice", "duplicate_webhooks"),
        _alone("shuffle", "Shuffle", "shuffle_webhooks"),
        _alone("forged", "Sign wrongly", "wrong_signature"),
    ),
    "The server’s clock": (
        _alone("behind", "1 h behind", "clock_skew_seconds", -_HOUR_S),
        _alone("ahead", "1 h ahead", "clock_skew_seconds", _HOUR_S),
    ),
}
_BY_NAME = {one.name: one for group in GROUPS.values() for one in group}
_NO_FAULTS = Faults()


def find(name: str) -> Switch | None:
    return _BY_NAME.get(name)


def is_on(switch: Switch, faults: Faults) -> bool:
    # All fields of the group, so that faults which were set by hand show no switch as on.
    return all(
        getattr(faults, field) == switch.sets.get(field, getattr(_NO_FAULTS, field))
        for field in switch.group
    )


def press(switch: Switch, faults: Faults) -> Faults:
    """Return the faults after a press. At most one switch of a group is on."""
    off = {field: getattr(_NO_FAULTS, field) for field in switch.group}
    sets = {} if is_on(switch, faults) else switch.sets
    return msgspec.structs.replace(faults, **(off | sets))


def positions(faults: Faults) -> dict[str, list[Position]]:
    """Return the positions of all switches by the heading of their group."""
    return {
        heading: [Position(one.name, one.label, is_on(one, faults)) for one in group]
        for heading, group in GROUPS.items()
    }


def in_force(faults: Faults) -> str | None:
    """Return the faults as `PUT /_stub/faults` takes them, or null where there are none."""
    return None if faults == _NO_FAULTS else msgspec.json.encode(faults).decode()
