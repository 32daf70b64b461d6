"""The time of ``import keystead``, against importing its three dependencies."""

from __future__ import annotations

import sys

from benchmarks import processes
from benchmarks.environment import BenchmarkEnvironment
from benchmarks.measurement import take_turns
from benchmarks.results import Row, of_turns

_AIM = 1.2
_TURNS = 25
_PROGRAMS = {
    "bare": "pass",
    "floor": "import nacl.bindings, msgspec, platformdirs",
    # The package loads its modules lazily: the import alone would measure almost nothing.
    "keystead": "import keystead; keystead.open",
    "core": "import keystead.local_client",
}


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    contenders = {
        name: processes.run_to_end([sys.executable, "-c", program], stage.environ)
        for name, program in _PROGRAMS.items()
    }
    turns = take_turns(contenders, stage.turns(_TURNS))
    peer = "nacl.bindings, msgspec, platformdirs"
    return [
        of_turns(turns, what="import keystead, process", peer=peer, ours="keystead", aim=_AIM),
        of_turns(turns, what="import keystead.local_client, process", peer=peer, ours="core"),
        of_turns(turns, what="bare Python, process", peer=peer, ours="bare"),
    ]
