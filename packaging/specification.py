"""Write the examples into the specification: ``shared/SPECIFICATION.md``.

Usage: ``python packaging/specification.py [--check]``. What stands between the comments
``<!-- example: NAME -->`` and ``<!-- end of example -->`` is made by the project's own code. With
``--check`` nothing is written, and the exit code is 1 where the text differs.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from specification_examples import EXAMPLES

SPECIFICATION = Path(__file__).parents[1] / "shared" / "SPECIFICATION.md"
_EXAMPLE = re.compile(r"<!-- example: ([a-z-]+) -->\n.*?<!-- end of example -->", re.DOTALL)


def with_examples(text: str) -> str:
    """Return the text with every example made anew. Raises KeyError for an unknown one."""

    def written(found: re.Match[str]) -> str:
        made = EXAMPLES[found[1]]()
        return f"<!-- example: {found[1]} -->\n\n{made}\n\n<!-- end of example -->"

    return _EXAMPLE.sub(written, text)


def main(arguments: list[str]) -> int:
    """Write the file, or compare it. Returns the exit code."""
    text = SPECIFICATION.read_text("utf-8")
    made = with_examples(text)
    if arguments == ["--check"]:
        if made != text:
            print("SPECIFICATION.md differs; run: make specification", file=sys.stderr)
        return int(made != text)
    SPECIFICATION.write_text(made, "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
