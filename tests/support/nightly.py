"""Test matrices: a few values in every run, all of them in the nightly run.

`make test` leaves out what is marked nightly; `make nightly` runs everything, and loads
hypothesis's profile ``nightly``.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TypeVar

import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

PROFILES = {"nightly", "explore"}

T = TypeVar("T")


def nightly_except(values: Iterable[T], usual: Container[T]) -> list[ParameterSet]:
    """Parameters for pytest: those in `usual` belong to every run, the others to the nightly."""
    return [
        pytest.param(value, marks=[] if value in usual else pytest.mark.nightly) for value in values
    ]


def examples(usual: int, nightly: int) -> int:
    """How many examples hypothesis tries: few in every run, many at night and by `make explore`."""
    return nightly if settings.get_current_profile_name() in PROFILES else usual


def run_shard(
    machine: type[RuleBasedStateMachine], shard: int, *, max_examples: int, steps: int
) -> None:
    """Run one part of a state machine's examples, so that several workers can share the machine.

    Hypothesis derives what it tries in every run from the name of the class: each part differs.
    `steps` limits the length of a history.
    """
    part = type(f"{machine.__name__}{shard}", (machine,), {})
    run_state_machine_as_test(
        part, settings=settings(max_examples=max_examples, stateful_step_count=steps)
    )
