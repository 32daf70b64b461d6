"""Ratios, verdicts and the order of the result table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks import result_table, results
from benchmarks.measurement import Spread, Turns, take_turns
from benchmarks.results import Row


def row(what: str, **changes: Any) -> Row:
    usual: dict[str, Any] = {
        "peer": "a floor",
        "unit": results.SECONDS,
        "floor": 1.0,
        "ours": 2.0,
        "ratio": Spread(1.5, 2.0, 2.5),
    }
    return Row(what=what, **(usual | changes))


def test_a_ratio_compares_samples_of_the_same_turn() -> None:
    # A busy moment doubles both of the second turn.
    turns = Turns({"floor": [1.0, 2.0, 1.0], "ours": [3.0, 6.0, 3.0]})
    assert turns.ratio("ours", "floor") == Spread(3.0, 3.0, 3.0)


def test_contenders_alternate_and_the_warm_up_round_is_discarded() -> None:
    order: list[str] = []

    def named(name: str) -> float:
        order.append(name)
        return float(len(order))

    turns = take_turns({"a": lambda: named("a"), "b": lambda: named("b")}, 3)
    assert "".join(order) == "ababbaab"
    assert turns.samples == {"a": [3, 6, 7], "b": [4, 5, 8]}


@pytest.mark.parametrize(
    ("changes", "of_aim", "verdict"),
    [
        ({}, None, "no aim"),
        ({"aim": 2.0}, 1.0, "holds"),
        ({"aim": 1.6}, 1.25, "missed"),
        ({"aim": 4.0, "aim_is_for_value": True}, 0.5, "holds"),
        ({"aim": 0.0, "aim_is_for_value": True, "ours": 0.0}, 0.0, "holds"),
        ({"aim": 0.0, "aim_is_for_value": True, "ours": 2.0}, 3.0, "missed"),
    ],
)
def test_the_verdict_follows_from_ratio_and_aim(
    changes: dict[str, Any], of_aim: float | None, verdict: str
) -> None:
    judged = row("one", **changes)
    assert judged.of_aim == (None if of_aim is None else pytest.approx(of_aim))
    assert judged.verdict == verdict


def test_the_worst_row_is_first_and_rows_without_an_aim_are_last() -> None:
    rows = [
        row("told"),
        row("told, worse", ratio=Spread(9, 9, 9)),
        row("missed", aim=1.0),
        row("holds", aim=4.0),
    ]
    said = json.loads(result_table.as_object(rows, {"area": "why"}))
    assert [one["what"] for one in said["rows"]] == ["missed", "holds", "told, worse", "told"]
    assert said["failed"] == [{"area": "area", "why": "why"}]
    lines = result_table.as_text(rows).splitlines()
    assert lines[2].split() == "missed a floor 1 s 2 s 2.00 (1.50–2.50) ≤ 1× 2.00 missed".split()


def test_a_rate_is_shown_per_second_and_judged_by_its_time() -> None:
    turns = Turns({"floor": [0.001], "ours": [0.002]})
    rate = results.of_turns(turns, what="requests", peer="bare", unit=results.PER_SECOND)
    assert (rate.floor, rate.ours) == (1000, 500)
    assert rate.ratio == Spread(2, 2, 2)
