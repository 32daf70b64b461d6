"""What is said of a code while it is typed, and how it is written in groups."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.wire import base32_groups
from keystead_client.desktop.models.app_state import AppState, Operation, Problem
from keystead_client.desktop.models.offline_activation import (
    code_model,
    in_groups,
    offline_model,
    span_of,
)
from support import activations

CODE = base32_groups.encode_groups(1 << 637, 640)


def test_the_request_is_loading_shown_or_explained() -> None:
    assert offline_model(AppState(connected=True)).loading
    there = offline_model(AppState(connected=True, request=activations.REQUEST))
    assert (there.link, there.loading, there.enabled) == (activations.REQUEST.link, False, True)
    locked = offline_model(AppState(connected=True, request_problem=Problem("Locked.")))
    assert (locked.loading, locked.problem) == (False, Problem("Locked."))


def test_a_code_cannot_be_sent_twice_at_a_time() -> None:
    model = offline_model(AppState(connected=True, in_progress=frozenset({Operation.IMPORT})))
    assert not model.enabled
    assert model.busy


@pytest.mark.parametrize(
    ("typed", "sentence", "ready"),
    [
        ("", "Upper or lower case", False),
        (CODE[:3], "Upper or lower case", False),
        (CODE[:5], "Groups typed: 1. ", False),
        (CODE[: 20 * 6], "Groups typed: 20 of 32.", False),
        (CODE, "The code is complete.", True),
        (CODE + "0", "The code has only 32 groups.", False),
        ("00001" + CODE[5:], "Group 1 is not right: 00001.", False),
        ("4000U", "“U” is in no activation code.", False),
        ("a.b.c!", "This is a license.", True),
    ],
)
def test_typed_text_is_described(typed: str, sentence: str, ready: bool) -> None:
    model = code_model(typed)
    assert model.sentence.startswith(sentence)
    assert model.ready is ready


@given(st.text(alphabet="0123456789abcdefghjkmnp -", max_size=60), st.integers(0, 60))
def test_grouping_changes_only_spaces_and_case(text: str, cursor: int) -> None:
    shown, place = in_groups(text, min(cursor, len(text)))
    assert base32_groups.parse_groups(shown) == base32_groups.parse_groups(text)
    before = base32_groups.parse_groups(text[: min(cursor, len(text))])
    after = base32_groups.parse_groups(shown[:place])
    assert (after.groups, after.rest) == (before.groups, before.rest)
    assert in_groups(shown, place) == (shown, place)


def test_a_wrong_group_is_located_in_the_text() -> None:
    start, length = span_of(3)
    assert CODE[start : start + length] == CODE.split()[2]


def test_text_that_is_no_code_stays_as_it_was_typed() -> None:
    assert in_groups("this is no code!", 4) == ("this is no code!", 4)
