"""``keystead inspect``: a thousand documents in one call, against a thousand bare verifies."""

from __future__ import annotations

from nacl import bindings

from benchmarks import processes
from benchmarks.customer import buy_license
from benchmarks.environment import SIGNING_KEY, BenchmarkEnvironment
from benchmarks.measurement import Sampler, calls, take_turns
from benchmarks.results import SECONDS, Row, of_turns
from keystead.encoding import b64u_decode

_LINES = 1000
_TURNS = 9
#: Seconds for a thousand documents, after the start of the process.
_AIM_S = 0.5


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    license = buy_license(stage.stub).license
    whole = _inspection(stage, license, _LINES)
    start = _inspection(stage, license, 1)
    contenders: dict[str, Sampler] = {
        "floor": _bare(license),
        "start": start,
        "whole": whole,
        "lines": lambda: whole() - start(),
    }
    turns = take_turns(contenders, stage.turns(_TURNS))
    what = f"inspect {_LINES} licenses, start taken off"
    ratio = turns.ratio("lines", "floor")
    taken = Row(
        what=what,
        peer=f"{_LINES} libsodium verifies",
        unit=SECONDS,
        floor=turns.value("floor"),
        ours=turns.value("lines"),
        ratio=ratio,
        aim=_AIM_S,
        aim_is_for_value=True,
    )
    peer = "inspect of one license"
    process = of_turns(
        turns,
        what=f"inspect {_LINES} licenses, process",
        peer=peer,
        ours="whole",
        floor="start",
    )
    return [taken, process]


def _inspection(stage: BenchmarkEnvironment, license: str, lines: int) -> Sampler:
    file = stage.folder / f"licenses-{lines}"
    file.write_text(f"{license}\n" * lines, "ascii")
    command = [stage.command("keystead"), "inspect", str(file), "--json"]
    return processes.run_to_end([*command, "--keys", str(stage.stub.keys)], stage.environ)


def _bare(license: str) -> Sampler:
    signed, _, signature = license.encode().rpartition(b".")
    message, public = b64u_decode(signature) + signed, SIGNING_KEY.public
    one = calls(lambda: bindings.crypto_sign_open(message, public), _LINES)
    return lambda: one() * _LINES
