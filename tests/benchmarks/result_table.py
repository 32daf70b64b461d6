"""The rows as a table for people, or as one JSON object."""

from __future__ import annotations

import json
from typing import Any

from benchmarks import results
from benchmarks.results import Row

_HEADINGS = (
    "what",
    "floor or peer",
    "floor",
    "ours",
    "ratio (quartiles)",
    "aim",
    "of aim",
    "verdict",
)
_LEFT = 2


def as_text(rows: list[Row]) -> str:
    """A line a row, worst first."""
    lines = [_HEADINGS, *(_cells(row) for row in results.worst_first(rows))]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEADINGS))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_line(line, widths) for line in (lines[0], rule, *lines[1:]))


def as_object(rows: list[Row], failed: dict[str, str]) -> str:
    """All of it as one JSON object, values in the row's unit."""
    members = {
        "rows": [_members(row) for row in results.worst_first(rows)],
        "failed": [{"area": area, "why": why} for area, why in failed.items()],
    }
    return json.dumps(members)


def _members(row: Row) -> dict[str, Any]:
    spread = row.ratio
    return {
        "what": row.what,
        "peer": row.peer,
        "unit": row.unit,
        "floor": row.floor,
        "ours": row.ours,
        "ratio": spread and spread.middle,
        "quartiles": spread and [spread.low, spread.high],
        "aim": row.aim,
        "aimIsFor": "value" if row.aim_is_for_value else "ratio",
        "ofAim": row.of_aim,
        "verdict": row.verdict,
    }


def _cells(row: Row) -> tuple[str, ...]:
    spread = row.ratio
    return (
        row.what,
        row.peer,
        "" if row.floor is None else _value(row.floor, row.unit),
        _value(row.ours, row.unit),
        f"{spread.middle:.2f} ({spread.low:.2f}–{spread.high:.2f})" if spread else "",
        _aim(row),
        "" if row.of_aim is None else f"{row.of_aim:.2f}",
        row.verdict,
    )


def _aim(row: Row) -> str:
    if row.aim is None:
        return ""
    if not row.aim_is_for_value:
        return f"≤ {row.aim:g}×"
    return f"≤ {_value(row.aim, row.unit)}" if row.aim else "0"


def _value(value: float, unit: str) -> str:
    if unit == results.SECONDS:
        return _duration(value)
    if unit == results.PER_SECOND:
        return f"{value:,.0f}/s"
    if unit == results.MEBIBYTES:
        return f"{value:.1f} MiB"
    return f"{value:g}"


def _duration(seconds: float) -> str:
    for size, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds / 1e-9:.3g} ns"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = (
        cell.ljust(width) if place < _LEFT else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()
