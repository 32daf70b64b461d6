"""``keystead status`` as a whole process, against a script that does nothing else but ask."""

from __future__ import annotations

from benchmarks import processes
from benchmarks.environment import BenchmarkEnvironment
from benchmarks.measurement import take_turns
from benchmarks.results import Row, of_turns

_AIM = 2.5
_TURNS = 25


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    daemon = stage.daemon
    environ = stage.environ_of(daemon.home)
    status = [stage.command("keystead"), "status"]
    bare = [*stage.peer("bare_status"), str(daemon.socket)]
    plain = environ | {"LC_ALL": "C.UTF-8"}
    named = environ | {"LC_ALL": "en_GB.UTF-8"}
    contenders = {
        "floor": processes.run_to_end(bare, plain),
        "words": processes.run_to_end(status, plain),
        "named": processes.run_to_end(status, named),
        "json": processes.run_to_end([*status, "--json"], plain),
    }
    turns = take_turns(contenders, stage.turns(_TURNS))
    peer = "bare socket script"
    return [
        of_turns(turns, what="keystead status, process", peer=peer, ours="words", aim=_AIM),
        # What it costs to write a date as a region does: babel. No aim, but worth knowing.
        of_turns(turns, what="keystead status in en_GB, process", peer=peer, ours="named"),
        of_turns(turns, what="keystead status --json, process", peer=peer, ours="json", aim=_AIM),
    ]
