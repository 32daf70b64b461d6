"""Write what a command has to say: text and tables, or one JSON object; errors go to stderr.

On a terminal there is colour, unless ``NO_COLOR`` or ``TERM=dumb`` asks for none. A pipe gets the
same text without escape sequences.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from io import TextIOWrapper
from typing import Any, TextIO

from keystead.bootstrap import launcher_name
from keystead.product_names import COMMAND
from keystead_client.formats import printable

_STYLES = {
    "ok": "\x1b[32m",
    "wait": "\x1b[36m",
    "attention": "\x1b[33m",
    "blocked": "\x1b[31m",
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "skipped": "\x1b[2m",
}
_RESET = "\x1b[0m"


class Output:
    """The streams of a command; with ``as_json`` stdout holds one JSON object and nothing else."""

    def __init__(
        self, stdout: TextIO, stderr: TextIO, environ: Mapping[str, str], *, as_json: bool
    ) -> None:
        self.as_json = as_json
        self.interactive = stdout.isatty()
        self._stdout, self._stderr = stdout, stderr
        plain = bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"
        self._coloured = self.interactive and not plain
        self._progress_shown = False
        for stream in (stdout, stderr):
            # Some locales cannot encode every character: print a question mark instead of failing.
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")

    def say(self, text: str = "", *, at_once: bool = False) -> None:
        """Print a line on stdout; ``at_once`` flushes it, where the next one may take long."""
        if not self.as_json:
            self.end_progress()
            print(text, file=self._stdout, flush=at_once)

    def note(self, text: str) -> None:
        """Print a line beside the result: on stderr if stdout holds the JSON object."""
        self.end_progress()
        print(text, file=self._stderr if self.as_json else self._stdout, flush=True)

    def ask(self, question: str) -> None:
        """Print a question; the answer is typed on the same line."""
        self.end_progress()
        print(question, end=" ", file=self._stdout, flush=True)

    def error(self, sentence: str, remedy: str | None = None) -> None:
        """Print an error and what to do about it on stderr."""
        self.end_progress()
        name = launcher_name(COMMAND)
        print(f"{name}: {printable(sentence)}", file=self._stderr)
        if remedy:
            print(f"{' ' * len(name)}  {printable(remedy)}", file=self._stderr)

    def object(self, members: Mapping[str, Any]) -> None:
        """Print the JSON object, if JSON was asked for."""
        if self.as_json:
            print(json.dumps(members), file=self._stdout)

    def styled(self, text: str, style: str) -> str:
        """Return the text in a tone of `presentation` or in a style, if there is colour."""
        return f"{_STYLES[style]}{text}{_RESET}" if self._coloured else text

    def progress(self, text: str) -> None:
        """Show a line that the next one overwrites; only on a terminal."""
        if self.interactive and not self.as_json:
            self._progress_shown = True
            print(f"\r\x1b[K{text}", end="", file=self._stdout, flush=True)

    def end_progress(self) -> None:
        """Remove the progress line."""
        if self._progress_shown:
            self._progress_shown = False
            print("\r\x1b[K", end="", file=self._stdout, flush=True)

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Print labels and values, one a line, with the values aligned."""
        rows = list(pairs)
        width = max((columns(label) for label, _ in rows), default=0)
        for label, value in rows:
            self.say(f"  {self.styled(filled(f'{label}:', width + 2), 'dim')}{value}")

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print a table in aligned columns; on a terminal the heading is bold and underlined.

        Cells are never cut or wrapped: links in them must stay whole to be copied.
        """
        if self.as_json:
            return
        cells = [[printable(cell) for cell in row] for row in rows]
        lines = [list(headings), *cells]
        widths = [max(columns(line[at]) for line in lines) for at in range(len(headings))]
        self.say(self.styled(_aligned(headings, widths), "bold"))
        if self.interactive:
            self.say(_aligned(["─" * width for width in widths], widths))
        for row in cells:
            self.say(_aligned(row, widths))


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(
        filled(cell, width) for cell, width in zip(cells, widths, strict=True)
    ).rstrip()


def columns(text: str) -> int:
    """Return the terminal columns that a text takes (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


def filled(text: str, width: int) -> str:
    """Return the text padded with spaces to a width in columns."""
    return text + " " * (width - columns(text))
