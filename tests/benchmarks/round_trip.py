"""``activation.get`` over an open connection, against blocking sockets with the same bytes.

All on one core, so that what is compared is the work and not how soon another core wakes; once
more with the cores as the system deals them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter_ns

from benchmarks import json_lines
from benchmarks.environment import BenchmarkEnvironment
from benchmarks.measurement import Sampler, Turns, calls, take_turns
from benchmarks.processes import running_process
from benchmarks.results import Row, of_turns
from keystead.local_client import LocalClient

_AIM = 3.0
_TIMES = 200
_TURNS = 30
_CALL = json_lines.call("activation.get")


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    daemon = stage.daemon
    with ExitStack() as stack:
        bare = stack.enter_context(json_lines.connect(daemon.socket))
        answer = json_lines.exchange(bare, _CALL)
        peer = stage.answering("blocking_answers", answer)
        process = stack.enter_context(running_process(peer.command, stage.environ))
        floor = stack.enter_context(json_lines.connect(peer.socket, process))
        client = stack.enter_context(LocalClient(daemon.socket))
        contenders: dict[str, Sampler] = {
            "floor": calls(lambda: json_lines.exchange(floor, _CALL), _TIMES, perf_counter_ns),
            "bare": calls(lambda: json_lines.exchange(bare, _CALL), _TIMES, perf_counter_ns),
            "client": calls(lambda: client.call("activation.get"), _TIMES, perf_counter_ns),
        }
        apart = take_turns(contenders, stage.turns(_TURNS))
        with _one_core(os.getpid(), daemon.pid, process.pid):
            together = take_turns(contenders, stage.turns(_TURNS))
    return _rows(together, len(answer), "one core", _AIM) + _rows(
        apart, len(answer), "any core", None
    )


def _rows(turns: Turns, size: int, where: str, aim: float | None) -> list[Row]:
    peer = f"blocking sockets, {size:,} bytes"
    what = f"round trip, {where}"
    return [
        of_turns(turns, what=what, peer=peer, ours="bare", aim=aim),
        of_turns(turns, what=f"{what}, by LocalClient", peer=peer, ours="client", aim=aim),
    ]


@contextmanager
def _one_core(*pids: int) -> Iterator[None]:
    before = {pid: os.sched_getaffinity(pid) for pid in pids}
    one = {min(before[os.getpid()])}
    for pid in pids:
        os.sched_setaffinity(pid, one)
    try:
        yield
    finally:
        for pid, cores in before.items():
            os.sched_setaffinity(pid, cores)
