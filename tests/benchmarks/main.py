"""Speed and memory as ratios to a floor, measured in this run, worst first.

A missed aim is not a failure: the exit code is 1 only if a benchmark could not run.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from subprocess import SubprocessError

from benchmarks import result_table
from benchmarks.environment import BenchmarkEnvironment
from benchmarks.measurement import CannotMeasure
from benchmarks.results import Row
from keystead.errors import KeysteadError

#: Each is a module with ``measure(stage) -> list[Row]``.
AREAS = (
    "signature_verification",
    "usable_check",
    "import_time",
    "inspect_command",
    "round_trip",
    "status_command",
    "daemon_start",
    "daemon_idle",
    "stub_requests",
    "webhook_history",
    "window_start",
    "frame_time",
)


def main(argv: list[str]) -> int:
    options = _parser().parse_args(argv)
    rows: list[Row] = []
    failed: dict[str, str] = {}
    with BenchmarkEnvironment.built(effort=options.effort) as stage:
        for area in options.only or AREAS:
            print(f"measuring: {area.replace('_', ' ')}", file=sys.stderr, flush=True)
            try:
                rows += import_module(f"benchmarks.{area}").measure(stage)
            except (CannotMeasure, KeysteadError, OSError, SubprocessError) as error:
                failed[area] = f"{type(error).__name__}: {error}"
    print(result_table.as_object(rows, failed) if options.json else result_table.as_text(rows))
    for area, why in failed.items():
        print(f"could not be measured: {area}: {why}", file=sys.stderr)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument(
        "--effort", type=float, default=1.0, help="how many turns, as a multiple of the usual"
    )
    parser.add_argument("--only", nargs="+", choices=AREAS, metavar="AREA", help=", ".join(AREAS))
    return parser
