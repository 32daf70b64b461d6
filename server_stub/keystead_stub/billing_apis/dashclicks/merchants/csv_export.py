"""CSV that a spreadsheet opens, and in which nothing that people wrote is run as a formula. Pure.

RFC 4180, with every cell in quotation marks. A cell that a spreadsheet would take for a formula
gets an apostrophe in front, which makes it text: OWASP, "CSV Injection"
(https://owasp.org/www-community/attacks/CSV_Injection), and its list of what to look for at the
beginning: = + - @, their full-width forms, tab, carriage return, line feed.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

MARK = "'"
#: What begins a formula; the last is the mathematical minus, which some take for one.
_BEGINS = frozenset("=+-@\u2212")
_BREAKS = ("\t", "\r", "\n")
#: Separators, controls and what has no width: spreadsheets may drop them from a cell's beginning.
_DROPPED = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


def document(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The whole file, UTF-8, lines ended by CRLF (RFC 4180 §2)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def inert(cell: str) -> str:
    """The cell as text; without the first apostrophe, if it begins with one, it is `cell` again.

    So that no two cells look alike, what begins with an apostrophe gets another.
    """
    return MARK + cell if cell.startswith(MARK) or _is_live(cell) else cell


def _is_live(cell: str) -> bool:
    if cell.startswith(_BREAKS):
        return True
    first = next((char for char in cell if not _is_dropped(char)), "")
    return bool(first) and unicodedata.normalize("NFKC", first)[0] in _BEGINS


def _is_dropped(char: str) -> bool:
    # A quotation mark, too: who reads the file twice has lost it by then.
    return char == '"' or unicodedata.category(char) in _DROPPED
