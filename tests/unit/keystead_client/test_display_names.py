"""Keys as a person reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_client.display_names import brand_name, display_name


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("export", "Export"),
        ("priority_support", "Priority support"),
        ("offline-maps", "Offline maps"),
        ("reports.csv_export", "Reports CSV export"),
        ("cctv", "CCTV"),
        ("api_access", "API access"),
        ("GitHub", "GitHub"),
        ("iCloud für alle", "iCloud für alle"),
        ("エクスポート", "エクスポート"),
        ("__", "__"),
        ("", ""),
        ("\x1b[31mred", "�[31mred"),
    ],
)
def test_a_key_becomes_words_and_a_name_stays(key: str, words: str) -> None:
    assert display_name(key) == words


@given(st.text(max_size=40))
def test_display_names_do_not_change_when_applied_twice(key: str) -> None:
    once = display_name(key)
    assert display_name(once).casefold() == once.casefold()
    assert all(char.isprintable() for char in once)


@pytest.mark.parametrize(
    ("brand", "printed"),
    [("visa", "Visa"), ("amex", "American Express"), ("cartes_bancaires", "Cartes bancaires")],
)
def test_a_card_s_brand_is_as_printed_on_it(brand: str, printed: str) -> None:
    assert brand_name(brand) == printed
