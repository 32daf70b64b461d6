"""Which of several events of one second is the last."""

from __future__ import annotations

from functools import reduce
from itertools import permutations

import pytest

from keystead_stub.billing.facts.statements import Statements, join, last, state

NOW, THEN = (2000, 5), (1000, 5)


def progress(value: str) -> int:
    return "incomplete trialing active canceled".split().index(value) if value.islower() else 0


def of(*steps: tuple[str, str | None], before: str | None = None) -> Statements[str]:
    """Return statements of one second, each a value and the value before it."""
    found = [state(NOW, value, earlier) for value, earlier in steps]
    if before is not None:
        found.append(state(THEN, before))
    return reduce(join, found)


@pytest.mark.parametrize(
    ("steps", "before", "expected"),
    [
        ([("A", None)], None, "A"),
        ([("A", "X"), ("B", "A")], None, "B"),
        ([("A", "X"), ("B", "A"), ("C", "B")], None, "C"),
        # A chain that comes through a value twice.
        ([("A", "X"), ("B", "A"), ("C", "B"), ("B", "C")], None, "B"),
        # There and back again ends where it began.
        ([("A", "B"), ("B", "A")], "A", "A"),
        ([("A", "B"), ("B", "A")], "B", "B"),
        # An event that changed nothing else is no step.
        ([("A", "A"), ("B", "A")], None, "B"),
        ([("A", "A")], None, "A"),
        # Without what was before, the object's own state decides.
        ([("incomplete", None), ("active", None)], None, "active"),
        ([("canceled", None), ("active", None)], None, "canceled"),
        ([("active", "trialing"), ("trialing", "active")], None, "active"),
        ([("active", "trialing"), ("trialing", "active")], "canceled", "active"),
    ],
)
def test_the_last_event_of_a_second_follows_from_what_was_before_each(
    steps: list[tuple[str, str | None]], before: str | None, expected: str
) -> None:
    for arrived in permutations(steps):
        assert last(of(*arrived, before=before), progress) == expected


def test_a_later_second_counts_whatever_the_object_was_before() -> None:
    assert last(join(state(NOW, "A", "X"), state(THEN, "X", "A")), progress) == "A"


def test_two_moments_are_kept() -> None:
    found = reduce(join, [state((second, 0), str(second)) for second in (3, 1, 4, 2)])
    assert [group.at[0] for group in found] == [4, 3]


def test_moments_with_a_needed_value_are_kept_beside_the_newest() -> None:
    def needed(value: str) -> bool:
        return value.isdigit()

    found = state((1, 0), "1")
    for second in (2, 3, 4):
        found = join(found, state((second, 0), "bare"), needed=needed)
    assert [group.at[0] for group in found] == [4, 3, 1]
    assert join(found, found, needed=needed) == found


def test_a_repeated_statement_is_kept_once() -> None:
    one = of(("A", "X"), ("B", "A"))
    assert join(one, state(NOW, "A", "X")) == one
