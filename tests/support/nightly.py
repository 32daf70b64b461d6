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

PROFILE = "nightly"

T = TypeVar("T")


def nightly_except(values: Iterable[T], usual: Container[T]) -> list[ParameterSet]:
    """Parameters for pytest: those in `usual` belong to every run, the others to the nightly."""
    return [
        pytest.param(value, marks=[] if value in usual else pytest.mark.nightly) for value in values
    ]


def examples(usual: int, nightly: int) -> int:
    """How many examples hypothesis tries: few in every run, many in the nightly one."""
    return nightly if settings.get_current_profile_name() == PROFILE else usual
