"""The timeline: where now is between the end of the paid period and the end of use.

It is not to scale. The markers are in order at equal distances, which leaves room for their labels;
the lengths are written between them.
"""

from __future__ import annotations

from datetime import tzinfo
from enum import StrEnum
from itertools import pairwise

import msgspec

from keystead.instants import DAY_MS
from keystead.local_api import ActivationView
from keystead_client import formats, presentation
from keystead_client.desktop.models.catalog import tr

#: From this length on (ms), whole days are shown.
IN_DAYS_MS = 2 * DAY_MS
_TAKEN_BACK = ("refunded", "disputed")


class MarkerShape(StrEnum):
    """The shape of a marker."""

    NOW = "now"
    PERIOD = "period"
    LIMIT = "limit"


class SpanKind(StrEnum):
    """How a part of the line is drawn: solid, dashed or dotted."""

    PAID = "paid"
    GRACE = "grace"
    OVER = "over"


class Marker(msgspec.Struct, frozen=True):
    """A point in time; ``at`` is its place on the line, from 0 to 1.

    ``day`` and ``time`` are written one below the other, ``when`` is both in one line. Now has
    none: the text would have to change every minute.
    """

    shape: MarkerShape
    at: float
    label: str
    day: str = ""
    time: str = ""
    when: str = ""


class Span(msgspec.Struct, frozen=True):
    begin: float
    end: float
    span_kind: SpanKind
    label: str


class Timeline(msgspec.Struct, frozen=True):
    """``description`` is the whole timeline in words, for screen readers."""

    marks: tuple[Marker, ...]
    spans: tuple[Span, ...]
    description: str


def timeline(view: ActivationView, now_ms: int, *, zone: tzinfo | None) -> Timeline | None:
    """Build the timeline at the trusted time ``now_ms``; None if it would say nothing.

    A one-time purchase has none: nothing ends at the instant when it is checked again. Nor has a
    payment that was returned: its period is not paid any more.
    """
    if view.reason in _TAKEN_BACK:
        return None
    instants = _instants(view, now_ms)
    if len(instants) < 2 or (view.usable and presentation.bought_once(view)):
        return None
    # At equal instants now comes first, so that the span after it is still the paid one.
    ordered = sorted(instants, key=lambda one: (one[1], one[0] is not MarkerShape.NOW))
    # Evenly spaced and not to scale: labels of instants that are close together would overlap.
    entries = [place / (len(ordered) - 1) for place in range(len(ordered))]
    named = [(shape, ms, _label(shape, view)) for shape, ms in ordered]
    marks = tuple(
        _mark(shape, at, label, ms, zone)
        for (shape, ms, label), at in zip(named, entries, strict=True)
    )
    limits_ms = dict(instants)
    spans = tuple(
        Span(begin, end, span_kind, _length(span_kind, from_ms, to_ms, now_ms))
        for (begin, end), (from_ms, to_ms) in zip(
            pairwise(entries), pairwise(ms for _, ms in ordered), strict=True
        )
        for span_kind in (_span_kind(to_ms, limits_ms),)
    )
    return Timeline(marks, spans, _describe(marks, spans))


def _instants(view: ActivationView, now_ms: int) -> list[tuple[MarkerShape, int]]:
    """Return now, the end of the period and the last usable instant; the last two may be one."""
    period_ms, limit_ms = view.current_period_end, view.grace_ends_at
    found = [(MarkerShape.NOW, now_ms)]
    if period_ms is not None and period_ms != limit_ms:
        found.append((MarkerShape.PERIOD, period_ms))
    if limit_ms is not None:
        found.append((MarkerShape.LIMIT, limit_ms))
    return found


def _mark(shape: MarkerShape, at: float, label: str, ms: int, zone: tzinfo | None) -> Marker:
    if shape is MarkerShape.NOW:
        return Marker(shape, at, label)
    day, time = formats.day(ms, zone, tr), formats.time_of_day(ms, zone, tr)
    return Marker(shape, at, label, day, time, formats.minute(ms, zone, tr))


def _span_kind(to_ms: int, limits_ms: dict[MarkerShape, int]) -> SpanKind:
    """Return the kind of a span, from the instant at which it ends."""
    period_ms, limit_ms = limits_ms.get(MarkerShape.PERIOD), limits_ms.get(MarkerShape.LIMIT)
    if period_ms is not None and to_ms <= period_ms:
        return SpanKind.PAID
    if limit_ms is not None and to_ms <= limit_ms:
        return SpanKind.PAID if period_ms is None else SpanKind.GRACE
    return SpanKind.OVER


def _label(shape: MarkerShape, view: ActivationView) -> str:
    if shape is MarkerShape.NOW:
        return tr("timeline.now")
    if shape is MarkerShape.PERIOD:
        renews = view.state == "active"
        return tr("fact.renewal" if renews else "fact.period_over")
    ends = view.current_period_end == view.grace_ends_at
    if ends and view.usable:
        return tr("fact.ends")
    return tr("fact.until" if view.usable else "fact.ended")


def _length(span_kind: SpanKind, from_ms: int, to_ms: int, now_ms: int) -> str:
    """Return the length of a span that lies ahead, in whole days if it is long."""
    if from_ms < now_ms or span_kind is SpanKind.OVER:
        return ""
    length_ms = to_ms - from_ms
    if length_ms >= IN_DAYS_MS:
        length_ms -= length_ms % DAY_MS
    return tr(f"timeline.{span_kind}", span=formats.span(length_ms, tr))


def _describe(marks: tuple[Marker, ...], spans: tuple[Span, ...]) -> str:
    """Return the timeline in words, in order."""
    said = [_describe_marker(marks[0])]
    for span, mark in zip(spans, marks[1:], strict=True):
        said += [span.label] if span.label else []
        said.append(_describe_marker(mark))
    return ". ".join(said) + "."


def _describe_marker(mark: Marker) -> str:
    return tr("timeline.mark", label=mark.label, when=mark.when) if mark.when else mark.label
