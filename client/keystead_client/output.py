"""What a command writes: words and tables for people, or one JSON object; trouble to stderr.

On a terminal there is colour, unless ``NO_COLOR`` or ``TERM=dumb`` asks for none; in a pipe the
same text comes clean.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from io import TextIOWrapper
from typing import Any, TextIO

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
    """Where a command writes; with ``as_json`` stdout is left to the one object."""

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
            # A locale that cannot write an umlaut is no reason to write nothing.
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")

    def say(self, text: str = "", *, at_once: bool = False) -> None:
        """A line for people, on stdout; ``at_once`` where more may be long in coming."""
        if not self.as_json:
            self.end_progress()
            print(text, file=self._stdout, flush=at_once)

    def note(self, text: str) -> None:
        """A line beside the result: on stdout, or on stderr where stdout holds the object."""
        self.end_progress()
        print(text, file=self._stderr if self.as_json else self._stdout, flush=True)

    def trouble(self, sentence: str, remedy: str | None = None) -> None:
        """What went wrong and what to do, on stderr."""
        self.end_progress()
        print(f"keystead: {printable(sentence)}", file=self._stderr)
        if remedy:
            print(f"          {printable(remedy)}", file=self._stderr)

    def object(self, members: Mapping[str, Any]) -> None:
        """The one JSON object, where JSON was asked for."""
        if self.as_json:
            print(json.dumps(members), file=self._stdout)

    def styled(self, text: str, style: str) -> str:
        """The text in a tone of `presentation` or a style, where there is colour."""
        return f"{_STYLES[style]}{text}{_RESET}" if self._coloured else text

    def progress(self, text: str) -> None:
        """A line that the next one overwrites; only on a terminal."""
        if self.interactive and not self.as_json:
            self._progress_shown = True
            print(f"\r\x1b[K{text}", end="", file=self._stdout, flush=True)

    def end_progress(self) -> None:
        """Take the progress line away."""
        if self._progress_shown:
            self._progress_shown = False
            print("\r\x1b[K", end="", file=self._stdout, flush=True)

    def facts(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Labels and values, one a line, the values under each other."""
        rows = list(pairs)
        width = max((columns(label) for label, _ in rows), default=0)
        for label, value in rows:
            self.say(f"  {self.styled(filled(f'{label}:', width + 2), 'dim')}{value}")

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table: drawn on a terminal, columns of clean text in a pipe."""
        if self.as_json:
            return
        cells = [[printable(cell) for cell in row] for row in rows]
        if self.interactive:
            self._drawn(headings, cells)
            return
        lines = [list(headings), *cells]
        widths = [max(columns(line[column]) for line in lines) for column in range(len(headings))]
        for line in lines:
            padded = (filled(cell, width) for cell, width in zip(line, widths, strict=True))
            self.say("  ".join(padded).rstrip())

    def _drawn(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*headings, box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        Console(file=self._stdout, no_color=not self._coloured).print(table)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )


def filled(text: str, width: int) -> str:
    """The text with spaces behind it, as wide as so many columns."""
    return text + " " * (width - columns(text))
