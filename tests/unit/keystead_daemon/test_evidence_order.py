"""Which of two licenses is the newest, also where a backend's clock was ahead for one answer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from keystead.documents import issue
from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS
from keystead.trust import Newest
from keystead.trusted_time import ClockReading, NonceOpening, advance_mark, nonce_for
from keystead.wire.offline import OfflineRequest, write_request
from keystead_daemon import evidence
from keystead_daemon.effects import Credential
from keystead_daemon.events import DocumentImported, KeysOpened, Moment, Started, StatusReceived
from keystead_daemon.state import ProductConfig, State, now_of
from support.documents import BACKEND, DEVICE, KEYS, NOW_MS, PRODUCT, make_license
from support.plan_world import wire_answer

AHEAD_MS = NOW_MS + 365 * DAY_MS
EMPTY = State(config=ProductConfig(PRODUCT, KEYS), device_id=DEVICE.thumbprint, ready=True)


def moment(boot_ms: int = 5_000) -> Moment:
    return Moment(ClockReading(NOW_MS, boot_ms, "boot-1"), 0.5)


def answer(
    state: State, at_ms: int, *, salt: str = "1", asked_after: Newest | None = None, **changes: Any
) -> State:
    """Accept the answer to a question that was asked just now, or after another license."""
    opening = NonceOpening("boot-1", 4_000, salt)
    license = make_license(
        now_ms=at_ms, period_end_ms=at_ms + 30 * DAY_MS, nonce=nonce_for(opening), **changes
    )
    text = issue(license, BACKEND)
    event = StatusReceived(
        Credential.TOKEN,
        wire_answer(license.status, license=text),
        opening,
        asked_after=asked_after or state.persisted.newest,
    )
    return evidence.accept_response(state, event, text, moment())


def file(at_ms: int, **changes: Any) -> str:
    """Return a license that answers no question."""
    return issue(make_license(now_ms=at_ms, period_end_ms=at_ms + 30 * DAY_MS, **changes), BACKEND)


def import_file(state: State, text: str, boot_ms: int = 5_000) -> State:
    return evidence.accept_import(state, DocumentImported(text), moment(boot_ms))


def assert_superseded(state: State, text: str | None) -> None:
    with pytest.raises(InvalidDocument) as refused:
        import_file(state, text or "")
    assert refused.value.code == "superseded"


def test_the_answer_to_the_last_question_is_the_newest_with_a_lower_iat_too() -> None:
    ahead = answer(EMPTY, AHEAD_MS)
    state = answer(ahead, NOW_MS, salt="2")
    assert state.license is not None
    assert state.persisted.newest == Newest.of(state.license)
    assert state.persisted.highest == Newest(AHEAD_MS // 1000, f"lic_{AHEAD_MS}")
    assert now_of(state, moment().reading).now_ms == NOW_MS + 1_000


def test_documents_up_to_the_one_that_was_ahead_are_old() -> None:
    ahead = answer(EMPTY, AHEAD_MS)
    state = answer(ahead, NOW_MS, salt="2", active=False, status="canceled")
    assert_superseded(state, ahead.persisted.license)
    assert_superseded(state, file(AHEAD_MS - DAY_MS))
    assert_superseded(state, file(NOW_MS - DAY_MS))
    newer = import_file(state, file(AHEAD_MS + DAY_MS))
    assert newer.persisted.highest is None
    same = import_file(state, state.persisted.license or "")
    assert same.persisted.license == state.persisted.license
    third = answer(answer(state, NOW_MS + DAY_MS, salt="3"), NOW_MS + 2 * DAY_MS, salt="4")
    assert third.persisted.highest == state.persisted.highest


def test_an_answer_to_an_earlier_question_is_ordered_by_its_iat() -> None:
    first = answer(EMPTY, NOW_MS)
    asked_after = first.persisted.newest
    state = import_file(first, file(NOW_MS + DAY_MS, active=False, status="canceled"))
    with pytest.raises(InvalidDocument) as refused:
        answer(state, NOW_MS, salt="2", asked_after=asked_after)
    assert refused.value.code == "superseded"
    later = answer(state, NOW_MS + 2 * DAY_MS, salt="2", asked_after=asked_after)
    assert later.license is not None
    assert later.license.active


def test_an_answer_that_a_deactivation_overtook_does_not_undo_it() -> None:
    first = answer(EMPTY, NOW_MS)
    gone = evidence.deactivate(first)
    with pytest.raises(InvalidDocument):
        answer(gone, NOW_MS, asked_after=first.persisted.newest)


def test_a_kill_before_the_file_was_written_does_not_bring_the_other_license_back() -> None:
    ahead = answer(EMPTY, AHEAD_MS)
    state = answer(ahead, NOW_MS, salt="2")
    before = evidence.load_public_files(EMPTY, Started(ahead.persisted.license, None), moment())
    opened = evidence.merge_vault(before, KeysOpened(DEVICE.thumbprint, state.persisted), moment())
    assert opened.persisted.license == state.persisted.license
    assert opened.persisted.time == state.persisted.time


# --- Offline requests ------------------------------------------------------------------------


def ask_offline(state: State, nonce: str, boot_ms: int = 5_000) -> State:
    request = OfflineRequest(
        aud=PRODUCT,
        device_id=DEVICE.thumbprint,
        device_name="laptop",
        iat=NOW_MS // 1000,
        nonce=nonce,
    )
    return evidence.ask_offline(state, write_request(request, DEVICE), moment(boot_ms))


def test_a_file_that_answers_the_last_offline_request_is_the_newest() -> None:
    ahead = answer(EMPTY, AHEAD_MS)
    asked = ask_offline(ahead, "n" * 32)
    assert_superseded(asked, file(NOW_MS))
    # Three days pass between request and answer; the answer is known to be no older than those.
    state = import_file(asked, file(NOW_MS, nonce="n" * 32), 5_000 + 3 * DAY_MS)
    assert state.license is not None
    assert state.persisted.newest == Newest.of(state.license)
    now_ms = now_of(state, moment(5_000 + 3 * DAY_MS).reading).now_ms
    assert now_ms == NOW_MS + 3 * DAY_MS
    assert_superseded(state, ahead.persisted.license)


def test_the_answer_to_an_offline_request_is_not_the_newest_a_second_time() -> None:
    asked = ask_offline(answer(EMPTY, NOW_MS), "n" * 32)
    reply = file(NOW_MS + 1_000, nonce="n" * 32)
    state = import_file(asked, reply)
    over = answer(state, NOW_MS + 2_000, salt="2", active=False, status="canceled")
    assert_superseded(over, reply)
    # Neither when the online answer came first.
    overtaken = answer(asked, NOW_MS + 2_000, salt="2", active=False, status="canceled")
    assert_superseded(overtaken, reply)


def test_time_lived_through_since_an_offline_request_counts() -> None:
    """Waiting with an answer until later does not move time back to its issue."""
    asked = ask_offline(answer(EMPTY, NOW_MS), "n" * 32)
    later = moment(5_000 + 20 * DAY_MS)
    persisted = msgspec.structs.replace(
        asked.persisted,
        time=advance_mark(asked.persisted.time, later.reading),
    )
    waited = msgspec.structs.replace(asked, persisted=persisted)
    state = import_file(waited, file(NOW_MS + 1_000, nonce="n" * 32), 5_000 + 20 * DAY_MS)
    assert now_of(state, later.reading).now_ms == NOW_MS + 1_000 + 20 * DAY_MS
