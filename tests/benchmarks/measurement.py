"""Measuring by pairs: what is compared takes turns, so that a busy moment falls on all alike.

A sample is one turn of one contender, in the unit of its row. Samples of the same turn belong
together: a ratio is the median of the quotients within turns, never a quotient of two medians
that were taken at different times.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from itertools import repeat
from statistics import median, quantiles
from time import thread_time_ns
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

#: One turn: measures once and returns the sample.
Sampler = Callable[[], float]
#: Nanoseconds since whenever.
Clock = Callable[[], int]

NANOSECONDS = 1e9


class CannotMeasure(Exception):
    """A benchmark could not run; the message says why."""


class Spread(msgspec.Struct, frozen=True):
    """A median with its quartiles."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, samples: list[float]) -> Spread:
        if len(samples) < 2:
            return cls(samples[0], samples[0], samples[0])
        low, _, high = quantiles(samples, n=4, method="inclusive")
        return cls(low, median(samples), high)


class Turns(msgspec.Struct, frozen=True):
    """The samples of several contenders, in the order of the turns."""

    samples: dict[str, list[float]]

    def value(self, name: str) -> float:
        """The median of one contender's samples."""
        return median(self.samples[name])

    def ratio(self, ours: str, floor: str) -> Spread:
        """How many times the floor's sample ours is, turn by turn."""
        pairs = zip(self.samples[ours], self.samples[floor], strict=True)
        return Spread.of([one / other for one, other in pairs])


def take_turns(contenders: Mapping[str, Sampler], turns: int) -> Turns:
    """Let each measure once, in order, ``turns`` times; a first round that nobody counts warms up.

    Every second round goes backwards, so that nobody always follows the same neighbour.
    """
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    for sampler in contenders.values():
        sampler()
    order = list(contenders)
    for _ in range(turns):
        for name in order:
            samples[name].append(contenders[name]())
        order.reverse()
    return Turns(samples)


def calls(function: Callable[[], object], times: int, clock: Clock = thread_time_ns) -> Sampler:
    """Seconds that one call takes, as the mean of ``times`` in a row.

    By the usual clock only time on a core counts: what else the machine does is not ours. For a
    call that waits for another process it has to be `perf_counter_ns`.
    """

    def loop(count: int) -> None:
        for _ in repeat(None, count):
            function()

    return loop_time(loop, times, clock)


def loop_time(loop: Callable[[int], object], times: int, clock: Clock = thread_time_ns) -> Sampler:
    """Seconds a turn of a loop that goes round as often as it is told."""

    def sample() -> float:
        with _without_collector():
            begin = clock()
            loop(times)
            return (clock() - begin) / NANOSECONDS / times

    return sample


@contextmanager
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
