"""CSV for spreadsheets, in which no cell is run as a formula. Pure.

RFC 4180, with every cell quoted. A cell that a spreadsheet would take for a formula gets an
apostrophe in front, which makes it text: OWASP, "CSV Injection"
(https://owasp.org/www-community/attacks/CSV_Injection), which lists the first characters to look
for: = + - @, their full-width forms, tab, carriage return, line feed.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

MARK = "'"
#: Characters that begin a formula; the last is the mathematical minus, which some programs accept.
_BEGINS = frozenset("=+-@\u2212")
_BREAKS = ("\t", "\r", "\n")
#: Separators, controls and zero-width characters, which spreadsheets may drop from the beginning.
_DROPPED = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


def document(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return the whole file, UTF-8, with lines ended by CRLF (RFC 4180 §2)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def escape_formula(cell: str) -> str:
    """Return the cell as text. Removing one leading apostrophe gives the original back.

    A cell that begins with an apostrophe gets another one, so that no two cells look alike.
    """
    return MARK + cell if cell.startswith(MARK) or _is_formula(cell) else cell


def _is_formula(cell: str) -> bool:
    if cell.startswith(_BREAKS):
        return True
    first = next((char for char in cell if not _is_dropped(char)), "")
    # NFKC turns the full-width forms into the plain characters.
    return bool(first) and unicodedata.normalize("NFKC", first)[0] in _BEGINS


def _is_dropped(char: str) -> bool:
    # A quotation mark, too: a file that is imported twice has lost it by then.
    return char == '"' or unicodedata.category(char) in _DROPPED
