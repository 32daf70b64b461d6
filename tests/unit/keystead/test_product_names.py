"""Names that follow from a product's id: valid everywhere, and never those of another product."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead import product_names as names

IDS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,30}[a-z0-9]", fullmatch=True).filter(
    names.is_product_id
)
#: Pairs that met, or would meet, if names were put together carelessly.
NEIGHBOURS = ("acme", "acme-keystead", "acme-desktop", "desktop-acme", "acme_keystead", "acme.x")


@pytest.mark.parametrize("text", ["nyra", "acme-notes", "a1", "nyra.acct_1", "7zip", "x" * 64])
def test_an_id_may_have_letters_digits_and_marks_between_them(text: str) -> None:
    assert names.product_id_problem(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "2 to 64 characters"),
        ("a", "2 to 64 characters"),
        ("x" * 65, "2 to 64 characters"),
        ("Acme", "lower-case"),
        ("acme notes", "lower-case"),
        ("acme/notes", "lower-case"),
        ("acme+notes", "lower-case"),
        ("äcme", "lower-case"),
        ("acme\n", "lower-case"),
        ("-acme", "begin and end"),
        ("..", "begin and end"),
        ("acme.", "begin and end"),
        ("acme_", "begin and end"),
        ("acme..notes", "two dots"),
        ("nul", "device"),
        ("com1.acme", "device"),
    ],
)
def test_another_id_is_refused_with_the_reason(text: str, why: str) -> None:
    found = names.product_id_problem(text)
    assert found is not None
    assert why in found
    assert not names.is_product_id(text)


def all_names(product_id: str) -> list[str]:
    """Return every name that is a file, unit, package, icon or scheme of the machine."""
    makers: list[Callable[[str], str]] = [
        names.desktop_id,
        names.application_id,
        names.install_folder,
        names.link_scheme,
    ]
    launchers = [names.program_name(product_id, program) for program in names.PROGRAMS]
    # The menu entry has the command's name, in a folder of its own.
    return [*{*launchers, *(make(product_id) for make in makers)}]


@given(one=IDS, other=IDS)
def test_two_products_share_no_name(one: str, other: str) -> None:
    if one != other:
        assert not set(all_names(one)) & set(all_names(other))
        assert names.package_name(one) != names.package_name(other)


def test_products_with_similar_ids_share_no_name() -> None:
    found = [name for product_id in NEIGHBOURS for name in all_names(product_id)]
    assert len(found) == len(set(found))


@given(IDS)
def test_each_name_is_valid_where_it_is_used(product_id: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", names.package_name(product_id)), "Debian Policy"
    assert re.fullmatch(r"[a-z][a-z0-9+.-]*", names.link_scheme(product_id)), "RFC 3986"
    unit = names.program_name(product_id, names.DAEMON)
    assert re.fullmatch(r"[A-Za-z0-9:_.\\-]+", unit), "systemd.unit(5)"
    assert names.activated_link(product_id).startswith(f"{names.link_scheme(product_id)}://")
