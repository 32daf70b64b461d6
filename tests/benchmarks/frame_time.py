"""The longest frame of the desktop window in use, against an idle form.

A real daemon and a real stub answer. The frames of both include the time of other programs;
CPU time is ours alone.
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from benchmarks.environment import BenchmarkEnvironment
from benchmarks.measurement import CannotMeasure, Turns
from benchmarks.processes import running_process
from benchmarks.results import Row, of_turns
from keystead.local_client import LocalClient

#: Seconds that a person perceives as instant (three frames at 60 Hz).
_AIM_S = 0.050
_TURNS = 5
_NETWORK_S = 60.0
_PEER = "form that nobody uses"
#: The names in the table by the peer's names. All others are pages of the navigation.
_WHAT = {
    "refresh": "a refresh runs",
    "places": "a place is first gone to",
    "change": "a license ends",
}


class Longest(msgspec.Struct, frozen=True):
    """The longest gap between two beats, elapsed and on a core, in seconds."""

    gap: float
    core: float


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    gaps: dict[str, list[float]] = defaultdict(list)
    cores: dict[str, list[float]] = defaultdict(list)
    for turn in range(stage.turns(_TURNS)):
        seen = {"floor": [_idle(stage)]} | _used(stage, f"used-{turn}")
        for what, longest in seen.items():
            gaps[what].append(max(one.gap for one in longest))
            cores[what].append(max(one.core for one in longest))
    return [_row(gaps, what, "", _AIM_S) for what in _WHAT] + [
        _row(cores, what, ", on a core", None) for what in _WHAT
    ]


def _row(samples: dict[str, list[float]], what: str, where: str, aim: float | None) -> Row:
    name = f"window, longest frame while {_WHAT[what]}{where}"
    row = of_turns(Turns(samples), what=name, peer=_PEER, ours=what, aim=aim)
    return msgspec.structs.replace(row, aim_is_for_value=True)


def _idle(stage: BenchmarkEnvironment) -> Longest:
    with running_process([*stage.peer("frames"), "idle"], stage.environ) as process:
        return _told(process.line())[1]


def _used(stage: BenchmarkEnvironment, name: str) -> dict[str, list[Longest]]:
    """Return the measurements of each action of `_WHAT`."""
    seen: dict[str, list[Longest]] = defaultdict(list)
    with stage.activated(name) as daemon:
        environ = stage.environ_of(daemon.home)
        with running_process(stage.peer("frames"), environ) as process:
            while "change" not in seen:
                if (line := process.line()) == "change":
                    with LocalClient(daemon.socket) as client:
                        client.call("activation.deactivate", timeout_s=_NETWORK_S)
                    continue
                what, longest = _told(line)
                seen[what if what in _WHAT else "places"].append(longest)
    return seen


def _told(line: str) -> tuple[str, Longest]:
    what, *seconds = line.split()
    if len(seconds) != 2:
        raise CannotMeasure(f"the window said {line!r}")
    return what, Longest(*map(float, seconds))
