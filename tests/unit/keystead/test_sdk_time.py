"""The SDK's time and order of licenses: a backend that was ahead, and clocks of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from keystead import machine
from keystead.files import replace_atomically
from keystead.instants import DAY_MS, HOUR_MS
from keystead.trusted_time import Anchor, ClockReading, NonceOpening, nonce_for
from support.device_home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr("keystead.sdk.RECHECK_MS", 0)
    return Home(tmp_path / "home")


def answer(home: Home, at_ms: int, asked_ms: int, **changes: Any) -> None:
    """Put a license there that answers a question asked at a reading of this boot's clock."""
    opening = NonceOpening(machine.read_clocks().boot_name, asked_ms, "salt")
    home.put(now_ms=at_ms, nonce=nonce_for(opening), **changes)
    home.state_device(nonce_opening=opening, mark=Anchor(at_ms, asked_ms, opening.boot_id))


def test_the_answer_to_a_later_question_replaces_one_from_a_clock_that_was_ahead(
    home: Home,
) -> None:
    clocks = machine.read_clocks()
    ahead_ms = clocks.wall_ms + 365 * DAY_MS
    answer(home, ahead_ms, clocks.boot_ms - 2_000, active=False, status="canceled")
    license = home.open()
    assert license.state == "inactive"
    before = [path.read_bytes() for path in (home.paths.license, home.paths.device)]
    answer(home, clocks.wall_ms, clocks.boot_ms - 1_000)
    assert (license.state, license.usable) == ("active", True)
    for path, data in zip((home.paths.license, home.paths.device), before, strict=True):
        replace_atomically(path, data)
    assert license.state == "active"


def test_an_answer_of_this_boot_replaces_one_of_an_earlier_boot(home: Home) -> None:
    clocks = machine.read_clocks()
    ahead_ms = clocks.wall_ms + 365 * DAY_MS
    home.put(now_ms=ahead_ms, active=False, status="canceled")
    home.state_device(mark=Anchor(ahead_ms, 5, "an earlier boot"))
    license = home.open()
    assert license.state == "inactive"
    answer(home, clocks.wall_ms, clocks.boot_ms - 1_000)
    assert license.state == "active"


def test_a_boot_clock_of_the_users_own_does_not_stop_time(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = machine.read_clocks()
    answer(home, clocks.wall_ms - 400 * DAY_MS, clocks.boot_ms - HOUR_MS)
    if clocks.boot_clock_is_trusted:
        assert home.open().state == "active"
    private = ClockReading(clocks.wall_ms, clocks.boot_ms, clocks.boot_id, False)
    monkeypatch.setattr(machine, "read_clocks", lambda: private)
    assert home.open().state == "expired"


def test_a_process_without_a_boot_id_counts_the_time_that_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "boot_id", lambda: "")
    first, second = machine.read_clocks(), machine.read_clocks()
    assert first.boot_id == second.boot_id != ""
    assert second.elapsed_since(first.boot_name, first.boot_ms) is not None
