"""The time line: where now is between what was paid for and what is the last moment.

Not to scale, and it does not pretend to be: the marks are in their order, at equal distances that
leave room for what is written under them; how long it is stands between them.
"""

from __future__ import annotations

from datetime import tzinfo
from enum import StrEnum
from itertools import pairwise

import msgspec

from keystead.instants import DAY_MS
from keystead.local_api import ActivationView
from keystead_client import formats, presentation
from keystead_client.desktop.models.catalog import WORDS

#: From here on (ms) a length is told in whole days.
IN_DAYS_MS = 2 * DAY_MS


class Sign(StrEnum):
    """The shape of a mark."""

    NOW = "now"
    PERIOD = "period"
    LIMIT = "limit"


class Stretch(StrEnum):
    """How the line is drawn: filled, in dashes, or in dots."""

    PAID = "paid"
    GRACE = "grace"
    OVER = "over"


class Mark(msgspec.Struct, frozen=True):
    """``at`` is a part of the line, 0 where it begins and 1 where it ends.

    ``day`` and ``time`` are written one below the other, ``when`` is both as they are told. Of now
    it is not said when it is: a clock would have to tick for that.
    """

    sign: Sign
    at: float
    label: str
    day: str = ""
    time: str = ""
    when: str = ""


class Span(msgspec.Struct, frozen=True):
    begin: float
    end: float
    stretch: Stretch
    label: str


class TimeLine(msgspec.Struct, frozen=True):
    """``told`` says all of it in words."""

    marks: tuple[Mark, ...]
    spans: tuple[Span, ...]
    told: str


def timeline(view: ActivationView, now_ms: int, *, zone: tzinfo | None) -> TimeLine | None:
    """The time line at the trusted time ``now_ms``; None where no instant is known.

    Nor is there one of what was bought once: nothing ends where it has to be checked again.
    """
    instants = _instants(view, now_ms)
    if len(instants) < 2 or (view.usable and presentation.bought_once(view)):
        return None
    ordered = sorted(instants, key=lambda one: (one[1], one[0] is not Sign.NOW))
    places = [place / (len(ordered) - 1) for place in range(len(ordered))]
    named = [(sign, ms, _label(sign, view)) for sign, ms in ordered]
    marks = tuple(
        _mark(sign, at, label, ms, zone)
        for (sign, ms, label), at in zip(named, places, strict=True)
    )
    limits_ms = dict(instants)
    spans = tuple(
        Span(begin, end, stretch, _length(stretch, from_ms, to_ms, now_ms))
        for (begin, end), (from_ms, to_ms) in zip(
            pairwise(places), pairwise(ms for _, ms in ordered), strict=True
        )
        for stretch in (_stretch(to_ms, limits_ms),)
    )
    return TimeLine(marks, spans, _told(marks, spans))


def _instants(view: ActivationView, now_ms: int) -> list[tuple[Sign, int]]:
    """Now, the end of the period and the last moment; one mark where the last two are one."""
    period_ms, limit_ms = view.current_period_end, view.grace_ends_at
    found = [(Sign.NOW, now_ms)]
    if period_ms is not None and period_ms != limit_ms:
        found.append((Sign.PERIOD, period_ms))
    if limit_ms is not None:
        found.append((Sign.LIMIT, limit_ms))
    return found


def _mark(sign: Sign, at: float, label: str, ms: int, zone: tzinfo | None) -> Mark:
    if sign is Sign.NOW:
        return Mark(sign, at, label)
    day, time = formats.day(ms, zone, WORDS), formats.time_of_day(ms, zone, WORDS)
    return Mark(sign, at, label, day, time, formats.minute(ms, zone, WORDS))


def _stretch(to_ms: int, limits_ms: dict[Sign, int]) -> Stretch:
    """What a stretch is, by where it ends."""
    period_ms, limit_ms = limits_ms.get(Sign.PERIOD), limits_ms.get(Sign.LIMIT)
    if period_ms is not None and to_ms <= period_ms:
        return Stretch.PAID
    if limit_ms is not None and to_ms <= limit_ms:
        return Stretch.PAID if period_ms is None else Stretch.GRACE
    return Stretch.OVER


def _label(sign: Sign, view: ActivationView) -> str:
    if sign is Sign.NOW:
        return WORDS("timeline.now")
    if sign is Sign.PERIOD:
        renews = view.state == "active"
        return WORDS("fact.renewal" if renews else "fact.period_over")
    ends = view.current_period_end == view.grace_ends_at
    if ends and view.usable:
        return WORDS("fact.ends")
    return WORDS("fact.until" if view.usable else "fact.ended")


def _length(stretch: Stretch, from_ms: int, to_ms: int, now_ms: int) -> str:
    """How long a stretch is, in days where it is days; what has passed is not told."""
    if from_ms < now_ms or stretch is Stretch.OVER:
        return ""
    length_ms = to_ms - from_ms
    if length_ms >= IN_DAYS_MS:
        length_ms -= length_ms % DAY_MS
    return WORDS(f"timeline.{stretch}", span=formats.span(length_ms, WORDS))


def _told(marks: tuple[Mark, ...], spans: tuple[Span, ...]) -> str:
    """What somebody reads out who sees the drawing, from its beginning to its end."""
    said = [_mark_told(marks[0])]
    for span, mark in zip(spans, marks[1:], strict=True):
        said += [span.label] if span.label else []
        said.append(_mark_told(mark))
    return ". ".join(said) + "."


def _mark_told(mark: Mark) -> str:
    return WORDS("timeline.mark", label=mark.label, when=mark.when) if mark.when else mark.label
