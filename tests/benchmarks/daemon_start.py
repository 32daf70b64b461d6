"""The time from a daemon's start to its first response, against a minimal asyncio daemon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns

from benchmarks import json_lines
from benchmarks.environment import BenchmarkEnvironment
from benchmarks.measurement import NANOSECONDS, Sampler, take_turns
from benchmarks.processes import Started, Weight, running_process
from benchmarks.results import Row, of_turns

_AIM = 1.5
_TURNS = 15
_CALL = json_lines.call("activation.get")


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    with stage.activated("restarted") as daemon, json_lines.connect(daemon.socket) as connection:
        answer = json_lines.exchange(connection, _CALL)
    lean = stage.answering("lean_daemon", answer)
    ours = [stage.command("keysteadd"), "--foreground"]
    contenders = {
        "floor": (lean.command, lean.socket, stage.environ),
        "ours": (ours, daemon.socket, stage.environ_of(daemon.home)),
    }
    clock = {name: _first_answer(*one) for name, one in contenders.items()}
    core = {name: _work_before_it(*one) for name, one in contenders.items()}
    what, peer = "daemon, start to first answer", "lean asyncio daemon"
    return [
        of_turns(take_turns(clock, stage.turns(_TURNS)), what=what, peer=peer, aim=_AIM),
        of_turns(
            take_turns(core, stage.turns(_TURNS)), what=f"{what}, on a core", peer=peer, aim=_AIM
        ),
    ]


def _first_answer(command: list[str], socket: Path, environ: Mapping[str, str]) -> Sampler:
    """Return the elapsed seconds, which include the work of other programs."""

    def sample() -> float:
        begin = perf_counter_ns()
        with _answered(command, socket, environ):
            return (perf_counter_ns() - begin) / NANOSECONDS

    return sample


def _work_before_it(command: list[str], socket: Path, environ: Mapping[str, str]) -> Sampler:
    """Return the CPU seconds of the daemon until its first response."""

    def sample() -> float:
        with _answered(command, socket, environ) as process:
            return Weight(process.pid).busy()

    return sample


@contextmanager
def _answered(command: list[str], socket: Path, environ: Mapping[str, str]) -> Iterator[Started]:
    socket.unlink(missing_ok=True)
    with (
        running_process(command, environ) as process,
        json_lines.connect(socket, process) as connection,
    ):
        json_lines.exchange(connection, _CALL)
        yield process
