"""Write the test vectors of the specification: ``shared/vectors``.

Usage: ``python packaging/vectors.py [--check]``. With ``--check`` nothing is written, and the exit
code is 1 where a committed file differs from what this script makes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vector_groups import backend, decisions, devices, documents, manifests, sequences, times

FOLDER = Path(__file__).parents[1] / "shared" / "vectors"
GROUPS: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    "documents.json": documents.vectors,
    "devices.json": devices.vectors,
    "times.json": times.vectors,
    "backend/proofs.json": backend.proofs,
    "backend/tokens.json": backend.tokens,
    "backend/requests.json": backend.requests,
    "decisions.json": decisions.vectors,
    "manifests.json": manifests.vectors,
    "sequences.json": sequences.vectors,
}


def text_of(vectors: Iterator[dict[str, Any]]) -> str:
    """Return a file's text: a list with one vector a line, so that a change is one line."""
    lines = [json.dumps(one, separators=(",", ":"), ensure_ascii=True) for one in vectors]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main(arguments: list[str]) -> int:
    """Write the files, or compare them. Returns the exit code."""
    texts = {FOLDER / name: text_of(group()) for name, group in GROUPS.items()}
    if arguments == ["--check"]:
        stale = [path for path, text in texts.items() if _read(path) != text]
        for path in stale:
            print(f"{path.name} differs; run: make specification", file=sys.stderr)
        return 1 if stale else 0
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
