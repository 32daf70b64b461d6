"""Text written by people in a CSV file that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.billing_apis.dashclicks.merchants import csv_export

#: Characters that spreadsheets may drop on import, and characters that start a formula.
DROPPED = [" ", "\u00a0", "\u3000", "\u200b", "\ufeff", "\x0b", "\x1f", "\u2028", '"', "\t", "\r"]
BEGINS = ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66", "\u2212"]

texts = st.text(st.characters(exclude_categories=["Cs"]))
hostile = st.builds(
    lambda front, begin, rest: "".join(front) + begin + rest,
    st.lists(st.sampled_from(DROPPED)),
    st.sampled_from([*BEGINS, ""]),
    texts,
)
cells = st.one_of(texts, hostile)


def read(document: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(document.decode(), newline=""), strict=True))


def is_run(cell: str) -> bool:
    """Return whether a spreadsheet could run the cell as a formula."""
    seen = cell.lstrip("".join(DROPPED) + "".join(map(chr, range(33))))
    folded = unicodedata.normalize("NFKC", seen[:1]).replace("\u2212", "-")
    return folded.startswith(("=", "+", "-", "@")) or cell.startswith(("\t", "\r", "\n"))


@given(st.lists(st.tuples(cells, cells)))
def test_formulas_are_escaped_and_can_be_restored(rows: list[tuple[str, str]]) -> None:
    header, *found = read(csv_export.document(["one", "two"], rows))
    assert header == ["one", "two"]
    assert not any(is_run(cell) for row in found for cell in row)
    assert [tuple(cell.removeprefix(csv_export.MARK) for cell in row) for row in found] == rows


@pytest.mark.parametrize("begin", BEGINS)
@pytest.mark.parametrize("front", ["", *DROPPED])
def test_each_character_that_starts_a_formula_is_escaped(front: str, begin: str) -> None:
    assert csv_export.escape_formula(f"{front}{begin}1+1") == f"'{front}{begin}1+1"


@pytest.mark.parametrize(
    "cell", ["", "a=1", "1-2", "paid, -5 EUR", 'said "no"', "Grüße\n- x", "ﬁn"]
)
def test_other_cells_stay_unchanged(cell: str) -> None:
    assert csv_export.escape_formula(cell) == cell


def test_the_file_follows_rfc_4180() -> None:
    made = csv_export.document(["a", "b"], [('x"y', "1,\r\n2")])
    assert made == b'"a","b"\r\n"x""y","1,\r\n2"\r\n'
