"""Webhooks in a burst, while processes are stopped and killed; `make burst` runs many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from burst.burst import Result, burst
from support.postgresql import postgresql

pytestmark = [pytest.mark.nightly, pytest.mark.long, pytest.mark.timeout(900)]


def assert_all_well(result: Result) -> None:
    assert (result.lost, result.doubled, result.wrong) == (0, 0, ())
    answers = result.answers
    # What was committed while its process was killed is answered as a duplicate the second time.
    assert answers["taken"] + answers["duplicate"] == 2 * result.events
    assert 0 < answers["taken"] <= result.events


def test_one_process_over_sqlite_loses_and_doubles_nothing(tmp_path: Path) -> None:
    assert_all_well(burst(tmp_path, events=300, connections=16, seed=11))


def test_three_processes_over_postgresql_lose_and_double_nothing(tmp_path: Path) -> None:
    with postgresql() as database:
        assert_all_well(burst(tmp_path, events=300, connections=16, seed=12, database=database))
