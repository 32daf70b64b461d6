"""The memory and the wake-ups of an idle daemon."""

from __future__ import annotations

from time import monotonic

from benchmarks import json_lines
from benchmarks.environment import BenchmarkEnvironment, pause
from benchmarks.measurement import CannotMeasure, Spread
from benchmarks.processes import Weight, running_process
from benchmarks.results import COUNT, MEBIBYTES, Row

_AIM_MIB = 32.0
_AIM_WAKEUPS = 0.0
_WINDOW_S = 10.0
#: Seconds after a refresh within which the daemon has to come to rest.
_REST_LIMIT_S = 60.0
_LOOK_S = 0.5
_PEER = "lean asyncio daemon"


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    ours = Weight(stage.daemon.pid)
    _come_to_rest(ours)
    with json_lines.connect(stage.daemon.socket) as connection:
        answer = json_lines.exchange(connection, json_lines.call("activation.get"))
    lean = stage.answering("lean_daemon", answer)
    with running_process(lean.command, stage.environ) as process:
        with json_lines.connect(lean.socket, process) as connection:
            json_lines.exchange(connection, json_lines.call("activation.get"))
        floor = Weight(process.pid)
        _come_to_rest(floor)
        return [_memory(ours, floor), _wakeups(ours, floor)]


def _come_to_rest(weight: Weight) -> None:
    """Wait until the daemon has no helper process and has not woken for a moment."""
    limit = monotonic() + _REST_LIMIT_S
    before = -1
    while (now := weight.wakeups()) != before or weight.processes() > 1:
        if monotonic() > limit:
            raise CannotMeasure(f"the daemon is not idle {_REST_LIMIT_S:.0f} s after a refresh")
        before = now
        pause(_LOOK_S)


def _memory(ours: Weight, floor: Weight) -> Row:
    weighs, lightest = ours.resident(), floor.resident()
    quotient = weighs / lightest
    return Row(
        what="daemon idle, resident memory",
        peer=_PEER,
        unit=MEBIBYTES,
        floor=lightest,
        ours=weighs,
        ratio=Spread(quotient, quotient, quotient),
        aim=_AIM_MIB,
        aim_is_for_value=True,
    )


def _wakeups(ours: Weight, floor: Weight) -> Row:
    before, floor_before = ours.wakeups(), floor.wakeups()
    pause(_WINDOW_S)
    return Row(
        what=f"daemon idle, wakeups in {_WINDOW_S:.0f} s",
        peer=_PEER,
        unit=COUNT,
        floor=float(floor.wakeups() - floor_before),
        ours=float(ours.wakeups() - before),
        ratio=None,
        aim=_AIM_WAKEUPS,
        aim_is_for_value=True,
    )
