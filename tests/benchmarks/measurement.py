"""Measurement in turns: contenders alternate, so that a busy moment affects all of them alike.

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
#: A clock in nanoseconds with an arbitrary start.
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
        """Return the median of one contender's samples."""
        return median(self.samples[name])

    def ratio(self, ours: str, floor: str) -> Spread:
        """Return the ratios of our samples to the floor's, turn by turn."""
        pairs = zip(self.samples[ours], self.samples[floor], strict=True)
        return Spread.of([one / other for one, other in pairs])


def take_turns(contenders: Mapping[str, Sampler], turns: int) -> Turns:
    """Let each measure once, in order, ``turns`` times, after a warm-up round that is discarded.

    Every second round is in reverse order, so that no contender always follows the same one.
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
    """Return the seconds of one call, as the mean of ``times`` in a row.

    The default clock counts CPU time only, which excludes the machine's other work. For a
    call that waits for another process it has to be `perf_counter_ns`.
    """

    def loop(count: int) -> None:
        for _ in repeat(None, count):
            function()

    return loop_time(loop, times, clock)


def loop_time(loop: Callable[[int], object], times: int, clock: Clock = thread_time_ns) -> Sampler:
    """Return the seconds per iteration of a loop that runs a given number of times."""

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
