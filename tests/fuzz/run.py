"""Fuzz what comes from outside, guided by coverage where atheris is installed (``make fuzz``).

Usage: run.py [SECONDS] [TARGET…]

Each target runs in a process of its own for SECONDS (default 60). Its corpus and what it found are
kept in ``build/fuzz/TARGET``. Without atheris the same targets run with random bytes.
"""

from __future__ import annotations

import importlib.util
import os
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "build" / "fuzz"
TESTS = ROOT / "tests"
DEFAULT_S = 60
#: Seconds for one input; the slowest takes a hundredth.
INPUT_LIMIT_S = 30
MAX_BYTES = 4096
#: Of the stub, what reads input and decides from it: to instrument all of it takes a minute.
STUB_PARTS = ("billing.", "http.", "stripe_types.", "stripe_sim.rest.")
STUB = ROOT / "server_stub" / "keystead_stub"


def main(arguments: list[str]) -> int:
    """Run the named targets one after another; return 1 if one found a fault."""
    seconds = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else DEFAULT_S
    sys.path.insert(0, str(TESTS))
    from support.fuzz_targets import TARGETS

    unknown = set(arguments) - set(TARGETS)
    if unknown:
        print(f"no such target: {', '.join(unknown)}; there are {', '.join(TARGETS)}")
        return 2
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: random bytes, without coverage")
    failed = [name for name in arguments or TARGETS if not _passes(name, seconds)]
    print(f"found faults: {', '.join(failed)}" if failed else "no fault found")
    return 1 if failed else 0


def _passes(name: str, seconds: int) -> bool:
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{name}: {seconds} s", flush=True)
    command = [sys.executable, __file__, "--one", name, str(seconds), str(folder)]
    return subprocess.run(command, check=False).returncode == 0


def _fuzz_one(name: str, seconds: int, folder: str) -> int:
    sys.path.insert(0, str(TESTS))
    if importlib.util.find_spec("atheris") is None:
        from support.fuzz_targets import TARGETS, run_random

        print(f"{name}: {run_random(TARGETS[name], seconds, random.randrange(2**32))} inputs")
        return 0
    import atheris

    with atheris.instrument_imports(
        include=["keystead", "keystead_daemon", "keystead_client", "keystead_stub"],
        exclude=sorted(_uninstrumented()),
    ):
        from support.fuzz_targets import TARGETS

    options = [
        f"-max_total_time={seconds}", f"-timeout={INPUT_LIMIT_S}", f"-max_len={MAX_BYTES}",
        "-print_final_stats=1", "-verbosity=0", f"-artifact_prefix={folder}/found-",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, folder], TARGETS[name])
    atheris.Fuzz()
    return 0


def _uninstrumented() -> set[str]:
    names = (
        ".".join(path.relative_to(STUB).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        for path in STUB.rglob("*.py")
    )
    return {f"keystead_stub.{name}" for name in names if name and not name.startswith(STUB_PARTS)}


if __name__ == "__main__":
    os.chdir(ROOT)
    if sys.argv[1:2] == ["--one"]:
        sys.exit(_fuzz_one(sys.argv[2], int(sys.argv[3]), sys.argv[4]))
    sys.exit(main(sys.argv[1:]))
