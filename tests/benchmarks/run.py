"""The command behind ``make bench``; what it does is in `benchmarks.main`."""

from __future__ import annotations

import sys
from pathlib import Path


def run() -> int:
    # As for the tests, `benchmarks` and `support` lie beside each other.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from benchmarks.main import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
