"""Random schedules of faults against real daemons and a real stub; a failure names its seed.

``make chaos ARGS="--schedules 1 --seed N"`` runs one of them again.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from keystead_stub.in_process import BillingStub
from support.chaos import chaos_stub, run_schedule

#: Nightly: eight parts of this many schedules, with new seeds each time.
PART = 25


@pytest.mark.long
def test_two_known_schedules_hold(billing_stub: BillingStub, short_folder: Path) -> None:
    for seed in (1, 2):
        run_schedule(billing_stub, short_folder, seed)


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.generated
@pytest.mark.parametrize("part", range(7))
def test_schedules_of_faults_hold(part: int, billing_stub: BillingStub, short_folder: Path) -> None:
    run_part(billing_stub, short_folder)


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.generated
def test_schedules_of_faults_hold_where_the_stub_is_killed_too(short_folder: Path) -> None:
    with chaos_stub(short_folder) as stub:
        run_part(stub, short_folder)


def run_part(stub: BillingStub, folder: Path) -> None:
    """Run schedules with new seeds, which the message of a failure names."""
    seeds = random.SystemRandom()
    for _ in range(PART):
        run_schedule(stub, folder, seeds.randrange(10**9))
