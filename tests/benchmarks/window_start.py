"""The desktop window's first paint and weight, against a plain form of ten widgets, offscreen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter_ns

from benchmarks.environment import BenchmarkEnvironment, pause
from benchmarks.measurement import NANOSECONDS, CannotMeasure, Sampler, Turns, take_turns
from benchmarks.processes import Started, Weight, running_process
from benchmarks.results import MEBIBYTES, Row, of_turns

_PAINT_AIM = 1.25
_MEMORY_AIM = 1.3
_TURNS = 12
_WEIGHED = 3
#: Seconds for what is loaded after the first picture.
_SETTLED_S = 2.0
_PEER = "plain form, ten widgets"


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    environ = stage.environ_of(stage.daemon.home)
    ours, plain = stage.peer("our_window"), stage.peer("plain_window")
    painted = take_turns(
        {"floor": _first_paint(plain, environ), "ours": _first_paint(ours, environ)},
        stage.turns(_TURNS),
    )
    worked = take_turns(
        {"floor": _work_before_it(plain, environ), "ours": _work_before_it(ours, environ)},
        stage.turns(_TURNS),
    )
    weighed = take_turns(
        {"floor": _weight(plain, environ), "ours": _weight(ours, environ)}, _WEIGHED
    )
    return [
        of_turns(painted, what="window, start to first paint", peer=_PEER, aim=_PAINT_AIM),
        of_turns(worked, what="window, start to first paint, on a core", peer=_PEER),
        _weights(weighed),
    ]


def _weights(turns: Turns) -> Row:
    what = "window, resident memory when all is shown"
    return of_turns(turns, what=what, peer=_PEER, unit=MEBIBYTES, aim=_MEMORY_AIM)


def _first_paint(command: list[str], environ: Mapping[str, str]) -> Sampler:
    def sample() -> float:
        begin = perf_counter_ns()
        with _painted(command, environ):
            return (perf_counter_ns() - begin) / NANOSECONDS

    return sample


def _work_before_it(command: list[str], environ: Mapping[str, str]) -> Sampler:
    def sample() -> float:
        with _painted(command, environ) as process:
            return Weight(process.pid).busy()

    return sample


def _weight(command: list[str], environ: Mapping[str, str]) -> Sampler:
    def sample() -> float:
        with _painted(command, environ) as process:
            pause(_SETTLED_S)
            return Weight(process.pid).resident()

    return sample


@contextmanager
def _painted(command: list[str], environ: Mapping[str, str]) -> Iterator[Started]:
    with running_process(command, environ) as process:
        if process.line() != "painted":
            raise CannotMeasure("the window said something else than that it was painted")
        yield process
