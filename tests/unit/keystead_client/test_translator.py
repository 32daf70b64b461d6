"""Messages by id: single ones, counted ones, and ids that do not exist."""

from __future__ import annotations

import pytest

from keystead_client.messages import Plural
from keystead_client.translator import PLAIN_ENGLISH, Translator

TR = Translator({"one": "One {thing}.", "many": Plural(one="{number} day", other="{number} days")})


def test_values_fill_a_message() -> None:
    assert TR("one", thing="lock") == "One lock."
    assert "one" in TR
    assert "two" not in TR


@pytest.mark.parametrize(("number", "text"), [(0, "0 days"), (1, "1 day"), (2, "2 days")])
def test_a_counted_message_has_a_form_for_its_number(number: int, text: str) -> None:
    assert TR.count("many", number) == text


def test_a_message_is_counted_or_it_is_not() -> None:
    with pytest.raises(KeyError):
        TR("many")
    with pytest.raises(KeyError):
        TR.count("one", 1)
    with pytest.raises(KeyError):
        TR("two")


def test_lists_and_digits_of_plain_english() -> None:
    assert PLAIN_ENGLISH.listed(["a", "b"]) == "a, b"
    assert PLAIN_ENGLISH.digits("12") == "12"
