"""A row of the table, and its verdict."""

from __future__ import annotations

import msgspec

from benchmarks.measurement import Spread, Turns

SECONDS = "s"
PER_SECOND = "1/s"
MEBIBYTES = "MiB"
COUNT = ""

HOLDS = "holds"
MISSED = "missed"
TOLD = "no aim"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """``ours`` against ``floor``, both in ``unit``.

    The aim is for the ratio or, where ``aim_is_for_value``, for ``ours`` itself. A rate is kept in
    its unit and its ratio is that of the times, so more is always worse.
    """

    what: str
    peer: str
    unit: str
    floor: float | None
    ours: float
    ratio: Spread | None
    aim: float | None = None
    aim_is_for_value: bool = False

    @property
    def of_aim(self) -> float | None:
        """Return the used share of the aim: above 1 it is missed; None without an aim."""
        if self.aim is None:
            return None
        reached = self.ours if self.aim_is_for_value or self.ratio is None else self.ratio.middle
        # An aim of nothing at all is either met, or missed by as much as there is.
        return reached / self.aim if self.aim else (1 + reached if reached else 0.0)

    @property
    def verdict(self) -> str:
        if self.of_aim is None:
            return TOLD
        return HOLDS if self.of_aim <= 1 else MISSED


def of_turns(
    turns: Turns,
    *,
    what: str,
    peer: str,
    ours: str = "ours",
    floor: str = "floor",
    unit: str = SECONDS,
    aim: float | None = None,
) -> Row:
    """A row of samples in seconds; with `PER_SECOND` they are shown as a rate."""
    floor_value, ours_value = turns.value(floor), turns.value(ours)
    if unit == PER_SECOND:
        floor_value, ours_value = 1 / floor_value, 1 / ours_value
    return Row(
        what=what,
        peer=peer,
        unit=unit,
        floor=floor_value,
        ours=ours_value,
        ratio=turns.ratio(ours, floor),
        aim=aim,
    )


def worst_first(rows: list[Row]) -> list[Row]:
    """Aims by how much of them is used up, then what has none by its ratio."""

    def key(row: Row) -> tuple[bool, float]:
        plain = row.ratio.middle if row.ratio else 0.0
        return (row.of_aim is None, -(plain if row.of_aim is None else row.of_aim))

    return sorted(rows, key=key)
