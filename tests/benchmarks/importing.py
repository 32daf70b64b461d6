"""What ``import keystead`` costs a program, against importing its three dependencies."""

from __future__ import annotations

import sys

from benchmarks import processes
from benchmarks.measuring import take_turns
from benchmarks.results import Row, of_turns
from benchmarks.stage import Stage

_AIM = 1.2
_TURNS = 25
_PROGRAMS = {
    "bare": "pass",
    "floor": "import nacl.bindings, msgspec, platformdirs",
    # Naming what a program begins with loads the package, which on its own is next to nothing.
    "keystead": "import keystead; keystead.open",
    "core": "import keystead.local_client",
}


def measure(stage: Stage) -> list[Row]:
    contenders = {
        name: processes.whole([sys.executable, "-c", program], stage.environ)
        for name, program in _PROGRAMS.items()
    }
    turns = take_turns(contenders, stage.turns(_TURNS))
    peer = "nacl.bindings, msgspec, platformdirs"
    return [
        of_turns(turns, what="import keystead, process", peer=peer, ours="keystead", aim=_AIM),
        of_turns(turns, what="import keystead.local_client, process", peer=peer, ours="core"),
        of_turns(turns, what="bare Python, process", peer=peer, ours="bare"),
    ]
