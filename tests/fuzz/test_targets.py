"""A short run of every fuzz target, without coverage: `make fuzz` runs them for long."""

import pytest

from support.fuzz_targets import TARGETS, run_random

SECONDS = 3.0


@pytest.mark.nightly
@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_a_target_finds_no_fault_in_random_bytes(name: str) -> None:
    assert run_random(TARGETS[name], SECONDS, seed=len(name)) > 0
