"""The table of exit codes (specification §11.4)."""

from __future__ import annotations

import pytest

from keystead.activation import State
from keystead_client import exit_codes


@pytest.mark.parametrize(
    ("state", "usable", "strict", "code"),
    [
        (State.ACTIVE, True, False, 0),
        (State.ACTIVE, True, True, 0),
        (State.GRACE, True, False, 0),
        (State.GRACE, True, True, 4),
        (State.PENDING, True, False, 0),
        (State.PENDING, True, True, 0),
        (State.PENDING, False, False, 3),
        (State.UNACTIVATED, False, False, 3),
        (State.EXPIRED, False, False, 5),
        (State.EXPIRED, False, True, 5),
        (State.INACTIVE, False, False, 5),
        (State.UNTRUSTED, False, False, 5),
    ],
)
def test_of_an_activation(state: State, usable: bool, strict: bool, code: int) -> None:
    assert exit_codes.of_activation(state, usable, strict=strict) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("daemon_unreachable", 6),
        ("backend_unreachable", 7),
        ("not_entitled", 5),
        ("usage", 2),
        ("already_entitled", 1),
        ("anything_else", 1),
    ],
)
def test_of_an_error(error: str, code: int) -> None:
    assert exit_codes.of_error(error) == code


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [(set(), 1), ({0}, 0), ({0, 3}, 3), ({0, 3, 5}, 5), ({0, 5, 1}, 1)],
)
def test_of_several(outcomes: set[int], code: int) -> None:
    assert exit_codes.worst(outcomes) == code
