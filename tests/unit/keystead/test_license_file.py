"""A license in files as mail programs and editors leave them."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keystead.documents import issue
from keystead.license_file import license_in
from support.documents import BACKEND, make_license

LICENSE = issue(make_license(), BACKEND)
HEADER, PAYLOAD, SIGNATURE = LICENSE.split(".")
WRAPPED = textwrap.fill(LICENSE, 72, break_on_hyphens=False)


def quoted(text: str, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}" for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        LICENSE,
        f"  {LICENSE}\r\n",
        WRAPPED,
        WRAPPED.replace("\n", "\r\n"),
        WRAPPED.replace("\n", "\n\n"),
        WRAPPED.replace("\n", "=\n"),
        quoted(WRAPPED),
        quoted(WRAPPED, ">"),
        quoted(WRAPPED, ">> "),
        quoted(WRAPPED, " > > "),
        quoted(WRAPPED, "| "),
        quoted(WRAPPED, "\t"),
        f'"{LICENSE}"',
        f"\u201e{WRAPPED}\u201c",
        f"<{LICENSE}>",
        f"\ufeff{LICENSE}",
        "\u200b".join(textwrap.wrap(LICENSE, 40, break_on_hyphens=False)),
        f"Your license:\n\n{WRAPPED}\n\nRegards\nAda",
        f"Your license: {LICENSE}. Keep it.",
        f"{WRAPPED}\n-- \nAcme Inc.\n+49 30 1234",
        quoted(f"On Monday Ada wrote:\neyJust a word\n{WRAPPED}\nRegards"),
        "\n".join(f"{part}." for part in (HEADER, PAYLOAD)) + f"\n{SIGNATURE}",
    ],
)
def test_the_license_is_found(text: str) -> None:
    assert license_in(text) == LICENSE


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ('"ABCD EFGH"', "ABCD EFGH"),
        (quoted("ABCD EFGH"), "ABCD EFGH"),
        (f"{LICENSE}A", f"{LICENSE}A"),
        (LICENSE[:-1], LICENSE[:-1]),
        (f"{HEADER}.{PAYLOAD}", f"{HEADER}.{PAYLOAD}"),
        (f"x{LICENSE}", f"x{LICENSE}"),
        (f"{HEADER}.{PAYLOAD}!.{SIGNATURE}", f"{HEADER}.{PAYLOAD}!.{SIGNATURE}"),
    ],
)
def test_what_is_no_license_stays_as_it_is(text: str, kept: str) -> None:
    assert license_in(text) == kept


@given(st.text(max_size=200) | st.text(alphabet='eyJ.>-_ \n="', max_size=200))
@example("0\n>\n0")
def test_nothing_is_added_to_any_text(text: str) -> None:
    rest = iter(text)
    assert all(char in rest for char in license_in(text))


@given(st.integers(3, 100), st.sampled_from(["\n", "\r\n", " ", "\n> ", "\u00ad"]))
def test_a_license_broken_anywhere_is_whole_again(width: int, between: str) -> None:
    pieces = [LICENSE[at : at + width] for at in range(0, len(LICENSE), width)]
    assert license_in(between.join(pieces)) == LICENSE
