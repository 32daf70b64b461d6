"""From the start of the daemon's process to its first answer, against a lean asyncio daemon."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter_ns

from benchmarks import lines
from benchmarks.measuring import NANOSECONDS, Sampler, take_turns
from benchmarks.processes import started
from benchmarks.results import Row, of_turns
from benchmarks.stage import Stage

_AIM = 1.5
_TURNS = 15
_CALL = lines.call("activation.get")


def measure(stage: Stage) -> list[Row]:
    with stage.activated("restarted") as daemon, lines.talking(daemon.socket) as connection:
        answer = lines.exchange(connection, _CALL)
    lean = stage.answering("lean_daemon", answer)
    ours = [stage.command("keysteadd"), "--foreground"]
    contenders = {
        "floor": _first_answer(lean.command, lean.socket, stage.environ),
        "activated": _first_answer(ours, daemon.socket, stage.environ_of(daemon.home)),
    }
    turns = take_turns(contenders, stage.turns(_TURNS))
    what = "daemon, start to first answer"
    return [of_turns(turns, what=what, peer="lean asyncio daemon", ours="activated", aim=_AIM)]


def _first_answer(command: list[str], socket: Path, environ: Mapping[str, str]) -> Sampler:
    def sample() -> float:
        socket.unlink(missing_ok=True)
        begin = perf_counter_ns()
        with started(command, environ) as process, lines.talking(socket, process) as connection:
            lines.exchange(connection, _CALL)
            return (perf_counter_ns() - begin) / NANOSECONDS

    return sample
