"""Trusted time for each combination of clocks and evidence, and the proof of an anchor."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.instants import DAY_MS, HOUR_MS
from keystead.trusted_time import (
    BEHIND_TOLERANCE_MS,
    SAME_TIME_MS,
    Anchor,
    ClockReading,
    NonceOpening,
    TimeState,
    advance_mark,
    anchor_of,
    nonce_for,
    trusted_now,
    with_anchor,
    with_answer,
    with_ceiling,
    with_floor,
)
from support.documents import NOW_MS, make_license

THIS_BOOT = "boot-1"
NEXT_BOOT = "boot-2"
Y2038 = 2_147_483_647_000


def reading(boot_ms: int, *, wall_ms: int = NOW_MS, boot: str = THIS_BOOT) -> ClockReading:
    return ClockReading(wall_ms, boot_ms, boot)


def anchored(at_ms: int = NOW_MS, boot_ms: int = 1000) -> TimeState:
    return with_anchor(TimeState(), Anchor(at_ms, boot_ms, THIS_BOOT), reading(boot_ms))


def test_with_a_signed_time_of_this_boot_the_wall_clock_is_ignored() -> None:
    for wall_ms in (0, NOW_MS - DAY_MS, NOW_MS, Y2038):
        now = trusted_now(anchored(), reading(1000 + HOUR_MS, wall_ms=wall_ms))
        assert now.now_ms == NOW_MS + HOUR_MS
        assert now.signed


def test_after_a_reboot_time_is_the_later_of_wall_clock_and_mark() -> None:
    state = advance_mark(anchored(), reading(1000 + HOUR_MS))
    ahead = trusted_now(state, reading(5, wall_ms=NOW_MS + DAY_MS, boot=NEXT_BOOT))
    behind = trusted_now(state, reading(5, wall_ms=NOW_MS - DAY_MS, boot=NEXT_BOOT))
    assert (ahead.now_ms, ahead.clock_behind) == (NOW_MS + DAY_MS, False)
    assert (behind.now_ms, behind.clock_behind) == (NOW_MS + HOUR_MS, True)
    assert not ahead.signed


def test_a_wall_clock_that_was_in_2038_has_no_lasting_effect() -> None:
    state = anchored()
    for boot in (THIS_BOOT, NEXT_BOOT):
        state = advance_mark(state, reading(2000, wall_ms=Y2038, boot=boot))
    now = trusted_now(state, reading(3000, wall_ms=NOW_MS + DAY_MS, boot="boot-3"))
    assert now.now_ms == NOW_MS + DAY_MS


def test_elapsed_time_counts_although_the_wall_clock_stands_still() -> None:
    state = anchored()
    for hour in range(1, 10):
        state = advance_mark(state, reading(hour * HOUR_MS, boot=NEXT_BOOT))
    now = trusted_now(state, reading(10 * HOUR_MS, wall_ms=0, boot=NEXT_BOOT))
    assert now.now_ms == NOW_MS + 9 * HOUR_MS


def test_the_signed_time_of_the_license_is_a_floor() -> None:
    assert trusted_now(TimeState(), reading(1, wall_ms=0), floor_ms=NOW_MS).now_ms == NOW_MS
    assert trusted_now(TimeState(), reading(1, wall_ms=0), floor_ms=NOW_MS).clock_behind


def test_time_elapses_after_a_license_file_without_an_anchor() -> None:
    state = with_floor(TimeState(), NOW_MS, reading(1000, wall_ms=0))
    now = trusted_now(state, reading(1000 + HOUR_MS, wall_ms=0), floor_ms=NOW_MS)
    assert (now.now_ms, now.signed) == (NOW_MS + HOUR_MS, False)


def test_an_older_license_file_does_not_move_time_back() -> None:
    state = anchored()
    assert with_floor(state, NOW_MS - DAY_MS, reading(1000)) == advance_mark(state, reading(1000))


def test_a_delayed_response_does_not_move_time_back() -> None:
    """A response that is delayed by an hour counts from the time of its request."""
    state = with_anchor(TimeState(), Anchor(NOW_MS, 1000, THIS_BOOT), reading(1000 + HOUR_MS))
    assert trusted_now(state, reading(1000 + HOUR_MS)).now_ms == NOW_MS + HOUR_MS


def test_of_two_responses_the_later_time_is_used() -> None:
    state = with_anchor(anchored(), Anchor(NOW_MS - 5000, 1000, THIS_BOOT), reading(2000))
    assert trusted_now(state, reading(2000)).now_ms == NOW_MS + 1000


def test_an_anchor_of_another_boot_is_ignored() -> None:
    state = with_anchor(TimeState(), Anchor(NOW_MS, 1000, "boot-0"), reading(2000))
    assert state.anchor is None


WITNESS = NonceOpening(THIS_BOOT, 1000, "c2FsdA")


def test_a_license_proves_the_anchor_that_its_nonce_commits_to() -> None:
    license = make_license(nonce=nonce_for(WITNESS))
    assert anchor_of(license, WITNESS) == Anchor(NOW_MS, 1000, THIS_BOOT)


def test_an_altered_nonce_opening_gives_no_anchor() -> None:
    """With an altered boot reading, an attacker could stop trusted time."""
    license = make_license(nonce=nonce_for(WITNESS))
    for forged in (
        msgspec.structs.replace(WITNESS, boot_ms=2000),
        msgspec.structs.replace(WITNESS, boot_id=NEXT_BOOT),
        msgspec.structs.replace(WITNESS, salt="other"),
        None,
    ):
        assert anchor_of(license, forged) is None
    assert anchor_of(make_license(), WITNESS) is None


@given(st.text(), st.integers(0), st.text())
def test_nonces_have_the_form_of_the_contract(boot: str, boot_ms: int, salt: str) -> None:
    nonce = nonce_for(NonceOpening(boot, boot_ms, salt))
    assert len(nonce) == 43
    assert nonce.isascii()
    assert nonce.replace("-", "").replace("_", "").isalnum()


@given(st.integers(0, 2**50), st.integers(0, 2**50), st.integers(0, 2**42))
def test_within_a_boot_trusted_time_never_runs_backwards(
    one_ms: int, other_ms: int, wall_ms: int
) -> None:
    one_ms, other_ms = sorted((one_ms, other_ms))
    state = anchored(boot_ms=0)
    before = trusted_now(state, reading(one_ms, wall_ms=Y2038)).now_ms
    after = trusted_now(
        advance_mark(state, reading(one_ms)), reading(other_ms, wall_ms=wall_ms)
    ).now_ms
    assert before <= after


def test_the_signed_time_of_the_license_is_a_floor_under_an_anchor_too() -> None:
    now = trusted_now(anchored(NOW_MS - DAY_MS), reading(1000), floor_ms=NOW_MS)
    assert (now.now_ms, now.signed) == (NOW_MS, True)


def test_a_later_signed_time_moves_the_mark_and_an_earlier_one_does_not() -> None:
    state = with_floor(TimeState(), NOW_MS, reading(1000, wall_ms=0))
    state = with_floor(state, NOW_MS + DAY_MS, reading(2000, wall_ms=0))
    assert state.mark == Anchor(NOW_MS + DAY_MS, 2000, THIS_BOOT)
    state = with_floor(state, NOW_MS, reading(3000, wall_ms=0))
    assert state.mark == Anchor(NOW_MS + DAY_MS + 1000, 3000, THIS_BOOT)


def test_without_evidence_the_wall_clock_is_used() -> None:
    now = trusted_now(TimeState(), reading(1, wall_ms=0))
    assert (now.now_ms, now.signed, now.clock_behind) == (0, False, False)
    assert advance_mark(TimeState(), reading(5)).mark == Anchor(0, 5, THIS_BOOT)


def test_a_clock_is_behind_beyond_the_tolerance() -> None:
    for state in (anchored(), with_floor(TimeState(), NOW_MS, reading(1000))):
        within = reading(1000, wall_ms=NOW_MS - BEHIND_TOLERANCE_MS)
        beyond = reading(1000, wall_ms=NOW_MS - BEHIND_TOLERANCE_MS - 1)
        assert not trusted_now(state, within).clock_behind
        assert trusted_now(state, beyond).clock_behind


def test_the_nonce_is_that_of_the_specification() -> None:
    opening = NonceOpening("boot", 1, "salt")
    assert nonce_for(opening) == "n5ePuuOuP9PaE2PGg1Mm6kAb3NDzkjfzI_y898KygRE"


# --- A boot clock that may not be the machine's, and no boot id --------------------------------


def private(boot_ms: int, *, wall_ms: int = NOW_MS, boot: str = THIS_BOOT) -> ClockReading:
    return ClockReading(wall_ms, boot_ms, boot, boot_clock_is_trusted=False)


def test_with_a_boot_clock_of_the_users_own_time_is_the_latest_of_three() -> None:
    state = advance_mark(anchored(), reading(1000))
    for boot_ms, wall_ms, now_ms in (
        (1000 + HOUR_MS, NOW_MS, NOW_MS + HOUR_MS),
        (1000, NOW_MS + DAY_MS, NOW_MS + DAY_MS),
        (1000, NOW_MS - DAY_MS, NOW_MS),
    ):
        now = trusted_now(state, private(boot_ms, wall_ms=wall_ms))
        assert (now.now_ms, now.signed) == (now_ms, False)
    marked = msgspec.structs.replace(state, mark=Anchor(NOW_MS + DAY_MS, 1000, "boot-0"))
    assert trusted_now(marked, private(1000)).now_ms == NOW_MS + DAY_MS


def test_a_signed_time_under_a_users_own_boot_clock_proves_nothing_under_the_machines() -> None:
    mine = private(1000 + 30 * DAY_MS)
    state = with_answer(TimeState(), Anchor(NOW_MS, mine.boot_ms, mine.boot_name), mine)
    assert trusted_now(state, private(mine.boot_ms + HOUR_MS, wall_ms=0)).now_ms == NOW_MS + HOUR_MS
    later = reading(1000 + 60 * DAY_MS, wall_ms=NOW_MS + 60 * DAY_MS)
    now = trusted_now(state, later)
    assert (now.now_ms, now.signed) == (NOW_MS + 60 * DAY_MS, False)


def test_an_empty_boot_id_equals_nothing() -> None:
    for saved, now in (("", ""), ("private:", ""), ("", THIS_BOOT), (THIS_BOOT, "")):
        for trusted in (True, False):
            found = ClockReading(NOW_MS, 2000, now, boot_clock_is_trusted=trusted)
            state = TimeState(Anchor(NOW_MS - DAY_MS, 1000, saved), Anchor(NOW_MS, 0, saved))
            assert not trusted_now(state, found).signed
            assert trusted_now(state, found).now_ms == NOW_MS
            assert with_answer(state, Anchor(NOW_MS, 1000, saved), found) == state


# --- The answer to the last question -----------------------------------------------------------


def test_the_answer_to_the_last_question_moves_time_back() -> None:
    ahead = with_answer(TimeState(), Anchor(NOW_MS + 365 * DAY_MS, 1000, THIS_BOOT), reading(1000))
    state = with_answer(ahead, Anchor(NOW_MS, 2000, THIS_BOOT), reading(3000))
    assert trusted_now(state, reading(3000)).now_ms == NOW_MS + 1000
    rebooted = trusted_now(state, reading(5, wall_ms=0, boot=NEXT_BOOT))
    assert rebooted.now_ms == NOW_MS + 1000


def test_the_time_until_the_answer_arrives_counts() -> None:
    for found in (reading(3 * DAY_MS, wall_ms=0), private(3 * DAY_MS, wall_ms=0)):
        state = with_answer(TimeState(), Anchor(NOW_MS, 1000, found.boot_name), found)
        assert trusted_now(state, found).now_ms == NOW_MS + 3 * DAY_MS - 1000


def test_answers_that_differ_by_a_round_trip_leave_time_as_it_is() -> None:
    state = anchored()
    for back_ms in (0, 1, SAME_TIME_MS - 1):
        same = with_answer(state, Anchor(NOW_MS - back_ms, 1000, THIS_BOOT), reading(1000))
        assert (same.anchor, same.mark) == (state.anchor, state.mark)
        marked = with_floor(state, Y2038, reading(1000))
        assert with_answer(marked, Anchor(NOW_MS - back_ms, 1000, THIS_BOOT), reading(1000)) == same
    back = with_answer(state, Anchor(NOW_MS - SAME_TIME_MS, 1000, THIS_BOOT), reading(1000))
    assert trusted_now(back, reading(1000)).now_ms == NOW_MS - SAME_TIME_MS


def test_a_ceiling_moves_only_a_later_time_back() -> None:
    state = anchored()
    assert with_ceiling(state, NOW_MS, reading(1000)) == advance_mark(state, reading(1000))
    lowered = with_ceiling(state, NOW_MS - DAY_MS, reading(1000))
    assert lowered == TimeState(mark=Anchor(NOW_MS - DAY_MS, 1000, THIS_BOOT))
    unborn = with_ceiling(TimeState(), 0, reading(1000))
    assert unborn.mark == Anchor(0, 1000, THIS_BOOT)


@pytest.mark.parametrize("far_ms", [DAY_MS + 10_000, -DAY_MS - 10_000, 3650 * DAY_MS])
def test_a_far_server_clock_is_not_blamed_on_this_computer(far_ms: int) -> None:
    state = with_answer(anchored(), Anchor(NOW_MS + far_ms, 2000, THIS_BOOT), reading(2000))
    now = trusted_now(state, reading(2000))
    assert (now.now_ms, now.clock_behind, now.server_clock) == (NOW_MS + far_ms, False, True)
    again = with_answer(state, Anchor(NOW_MS + far_ms, 3000, THIS_BOOT), reading(3000))
    assert trusted_now(again, reading(3000)).server_clock
    right = with_answer(again, Anchor(NOW_MS + 3000, 4000, THIS_BOOT), reading(4000))
    assert not trusted_now(right, reading(4000)).server_clock


def test_a_server_clock_is_only_blamed_where_both_of_this_computers_agree() -> None:
    far = Anchor(NOW_MS + 365 * DAY_MS, 2000, THIS_BOOT)
    for wall_ms in (0, NOW_MS - DAY_MS - 1, Y2038, NOW_MS + 365 * DAY_MS):
        state = with_answer(anchored(), far, reading(2000, wall_ms=wall_ms))
        assert not trusted_now(state, reading(2000, wall_ms=wall_ms)).server_clock
    near = Anchor(NOW_MS + DAY_MS, 1000, THIS_BOOT)
    assert not trusted_now(with_answer(anchored(), near, reading(1000)), reading(1000)).server_clock
    assert not trusted_now(with_answer(TimeState(), far, reading(2000)), reading(2000)).server_clock
