"""The command behind ``make burst``: a burst of webhooks over SQLite and over PostgreSQL.

`make burst ARGS="--events 5000 --seed 7"`. Exit code 1 where anything was lost, doubled or wrong.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path


def run(arguments: list[str]) -> int:
    # As for the tests, `burst` and `support` lie beside each other.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from burst.burst import burst
    from support.postgresql import postgresql

    parser = argparse.ArgumentParser(prog="make burst", description=__doc__)
    parser.add_argument("--events", type=int, default=50_000, help="each is delivered twice")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    chosen = parser.parse_args(arguments)
    print(f"seed {chosen.seed}")
    ok = True
    for name in ("sqlite", "postgresql"):
        if chosen.only not in (None, name):
            continue
        options = {
            "events": chosen.events,
            "connections": chosen.connections,
            "seed": chosen.seed,
        }
        with tempfile.TemporaryDirectory() as folder:
            if name == "sqlite":
                result = burst(Path(folder), **options)
            else:
                with postgresql() as database:
                    result = burst(Path(folder), **options, database=database)
        print(
            f"{name}: {result.events} events of {result.customers} customers, each twice, in "
            f"{result.seconds:.0f} s: {result.lost} lost, {result.doubled} doubled, "
            f"{len(result.wrong)} wrong; answers {result.answers}"
        )
        for sentence in result.wrong:
            print(f"  {sentence}")
        ok = ok and result.ok
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
