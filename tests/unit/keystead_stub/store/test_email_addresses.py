"""Two spellings of one email address are found as one."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.store.email_addresses import comparable_email


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.com", "ada@example.com"),
        (" ada@example.com ", "ada@example.com"),
        (normalize("NFD", "büro@example.com"), "büro@example.com"),
        ("BÜRO@example.com", normalize("NFD", "büro@example.com")),
        ("ada@m\u00fcnchen.example", "ada@xn--mnchen-3ya.example"),
        ("ada@MU\u0308NCHEN.Example", "ada@XN--MNCHEN-3YA.example"),
        ("ada@stra\u00dfe.example", "ada@xn--strae-oqa.example"),
        ("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"),
    ],
)
def test_spellings_of_one_address_are_equal(one: str, other: str) -> None:
    assert comparable_email(one) == comparable_email(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.com", "adam@example.com"),
        ("joerg@example.com", "jörg@example.com"),
        ("ada@m\u00fcnchen.example", "ada@munchen.example"),
        ("ada@a..\u00fc", "ada@a.\u00fc"),
    ],
)
def test_different_addresses_stay_different(one: str, other: str) -> None:
    assert comparable_email(one) != comparable_email(other)


@given(st.text(max_size=60))
def test_the_form_of_any_text_is_final(text: str) -> None:
    once = comparable_email(text)
    assert comparable_email(once) == once
