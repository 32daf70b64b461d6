"""``license.usable`` in a hot loop, against the clock comparison that it cannot do without."""

from __future__ import annotations

from itertools import repeat
from time import monotonic_ns

import keystead
from benchmarks.customer import buy_license
from benchmarks.environment import PRODUCT, BenchmarkEnvironment
from benchmarks.measurement import CannotMeasure, loop_time, take_turns
from benchmarks.results import Row, of_turns
from keystead import machine
from keystead.device_statement import DeviceStatement, write_statement
from keystead.files import make_private_folder, replace_atomically
from keystead.paths import paths_of

_AIM = 2.0
_TIMES = 20_000
_TURNS = 60


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    license = _opened(stage)

    def usable(times: int) -> None:
        for _ in repeat(None, times):
            if license.usable:
                pass

    def allowed(times: int) -> None:
        for _ in repeat(None, times):
            if license.allows("export"):
                pass

    contenders = {
        "floor": loop_time(_compared, _TIMES),
        "usable": loop_time(usable, _TIMES),
        "allows": loop_time(allowed, _TIMES),
    }
    turns = take_turns(contenders, stage.turns(_TURNS))
    peer = "monotonic_ns() < deadline"
    return [
        of_turns(turns, what="license.usable", peer=peer, ours="usable", aim=_AIM),
        of_turns(turns, what='license.allows("export")', peer=peer, ours="allows"),
    ]


def _compared(times: int) -> None:
    deadline = monotonic_ns() + 10**15
    for _ in repeat(None, times):
        if monotonic_ns() < deadline:
            pass


def _opened(stage: BenchmarkEnvironment) -> keystead.License:
    """Return an active license from the two files that a daemon writes."""
    customer = buy_license(stage.stub)
    home = stage.folder / "program"
    paths = paths_of(PRODUCT, home)
    make_private_folder(paths.state)
    binding = machine.binding_of(paths.state)
    statement = DeviceStatement(device_id=customer.key.thumbprint, binding=binding)
    replace_atomically(paths.license, customer.license.encode())
    replace_atomically(paths.device, write_statement(statement, customer.key).encode())
    environ = {"KEYSTEAD_HOME": str(home)}
    license = keystead.open(stage.stub.profile, environ=environ)
    if not license.usable:
        raise CannotMeasure(f"the license is not usable: {license.reason}")
    return license
