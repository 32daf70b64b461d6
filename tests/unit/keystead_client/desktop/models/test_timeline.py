"""The time line: what stands on it, in which order, and what is said of it."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.instants import DAY_MS, HOUR_MS
from keystead.local_api import ActivationView
from keystead_client.desktop.models.timeline import MarkerShape, SpanKind, Timeline, timeline
from support import activations


def line_of(view: ActivationView, now_ms: int = activations.NOW_MS) -> Timeline:
    line = timeline(view, now_ms, zone=UTC)
    assert line is not None
    return line


NOW, PERIOD, LIMIT = MarkerShape.NOW, MarkerShape.PERIOD, MarkerShape.LIMIT
PAID, GRACE, OVER = SpanKind.PAID, SpanKind.GRACE, SpanKind.OVER
DRAWN = [
    (activations.active(), [NOW, PERIOD, LIMIT], [PAID, GRACE]),
    (activations.ending(), [NOW, LIMIT], [PAID]),
    (activations.settling(), [NOW, LIMIT], [PAID]),
    (activations.grace(), [PERIOD, NOW, LIMIT], [GRACE, GRACE]),
    (activations.expired(), [PERIOD, LIMIT, NOW], [GRACE, OVER]),
]


@pytest.mark.parametrize(("view", "signs", "stretches"), DRAWN)
def test_markers_are_in_the_order_of_time(
    view: ActivationView, signs: list[MarkerShape], stretches: list[SpanKind]
) -> None:
    line = line_of(view)
    assert [mark.shape for mark in line.marks] == signs
    assert [span.span_kind for span in line.spans] == stretches


@pytest.mark.parametrize(
    "view",
    [
        activations.unactivated(),
        activations.pending(),
        activations.inactive(),
        activations.inactive("refunded", current_period_end=activations.PERIOD_MS),
        activations.bought_once(),
    ],
)
def test_without_an_instant_there_is_no_timeline(view: ActivationView) -> None:
    assert timeline(view, activations.NOW_MS, zone=UTC) is None


def test_the_description_is_in_order() -> None:
    assert line_of(activations.active()).description == (
        "Now. 29 days paid. Next renewal: 2026-12-21 09:00."
        " 3 days of grace. Works until: 2026-12-24 09:00."
    )


def test_day_and_time_are_on_separate_lines() -> None:
    now, period, _ = line_of(activations.active()).marks
    assert (now.day, now.time, now.when) == ("", "", "")
    assert (period.day, period.time, period.when) == ("2026-12-21", "09:00", "2026-12-21 09:00")


def test_the_last_day_is_shown_to_the_minute() -> None:
    labels = [span.label for span in line_of(activations.grace(5 * HOUR_MS + 90_000)).spans]
    assert labels == ["", "5 hours 1 minute of grace"]


@given(st.integers(0, 100 * DAY_MS))
def test_timelines_are_consistent_at_any_time(passed_ms: int) -> None:
    line = line_of(activations.active(), activations.NOW_MS + passed_ms)
    entries = [mark.at for mark in line.marks]
    assert entries == sorted(entries)
    assert (entries[0], entries[-1]) == (0.0, 1.0)
    assert [span.begin for span in line.spans] == entries[:-1]
    assert all(mark.when in line.description for mark in line.marks)
