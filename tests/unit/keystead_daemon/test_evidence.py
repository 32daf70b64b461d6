"""The license in force after each document, and the rest of the state."""

from typing import Any

import msgspec
import pytest

from keystead import hints
from keystead.device_statement import DeviceStatement
from keystead.documents import License, issue
from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS, HOUR_MS, to_seconds
from keystead.keys import SigningKey
from keystead.trust import Newest
from keystead.trusted_time import Anchor, ClockReading, NonceOpening, TimeState, nonce_for
from keystead.wire.nyra import DevicesAnswer, LicenseStatus
from keystead_daemon import evidence
from keystead_daemon.effects import Credential
from keystead_daemon.events import DocumentImported, KeysOpened, Moment, Started, StatusReceived
from keystead_daemon.state import (
    CHECKOUT,
    Due,
    Failure,
    PendingActivation,
    PersistedState,
    ProductConfig,
    State,
)
from support.documents import (
    BACKEND,
    DEVICE,
    KEYS,
    NOW_MS,
    OTHER_DEVICE,
    PRODUCT,
    STRANGER,
    make_license,
    make_token,
    signed_license,
)
from support.plan_world import wire_answer

READING = ClockReading(NOW_MS, 5_000, "boot-1")
MOMENT = Moment(READING, 0.5)
OPENING = NonceOpening("boot-1", 1_000, "salt")
EMPTY = State(config=ProductConfig(PRODUCT, KEYS))
MARK = Anchor(NOW_MS + DAY_MS, 4_000, "boot-1")
STATEMENT = DeviceStatement(
    device_id=DEVICE.thumbprint, binding="b", mark=MARK, nonce_opening=OPENING
)
PENDING = PendingActivation(
    kind=CHECKOUT, session_id="cs_1", url=None, started_at=NOW_MS, expires_at=NOW_MS + DAY_MS
)
LICENSE = signed_license()
ANSWERING = signed_license(nonce=nonce_for(OPENING))


def started(license: str | None, statement: DeviceStatement | None, **changes: Any) -> State:
    return evidence.load_public_files(EMPTY, Started(license, statement, **changes), MOMENT)


def opened(
    state: State, persisted: PersistedState | None, key: SigningKey = DEVICE, **changes: Any
) -> State:
    return evidence.merge_vault(state, KeysOpened(key.thumbprint, persisted, **changes), MOMENT)


def active(**changes: Any) -> State:
    """A state with a license in force, accepted with a nonce of this boot."""
    state = opened(EMPTY, PersistedState(license=ANSWERING, token="t", nonce_opening=OPENING))
    persisted = msgspec.structs.replace(state.persisted, **changes)
    return msgspec.structs.replace(state, persisted=persisted)


def status(
    license: License, *, nonce: str | None = None, token: str | None = None
) -> StatusReceived:
    text = issue(msgspec.structs.replace(license, nonce=nonce or nonce_for(OPENING)), BACKEND)
    answer: LicenseStatus = wire_answer(license.status, license=text, token=token)
    return StatusReceived(Credential.TOKEN, answer, OPENING)


def accept(state: State, event: StatusReceived) -> State:
    return evidence.accept_response(state, event, event.status.license or "", MOMENT)


# --- The public files, before the keys are open -----------------------------------------------


def test_without_files_the_state_is_empty() -> None:
    state = started(None, None)
    assert (state.license, state.refused, state.device_id) == (None, None, None)
    assert state.persisted == PersistedState()


def test_the_statement_alone_gives_device_time_and_nonce() -> None:
    state = started(None, STATEMENT)
    assert (state.device_id, state.license_file) == (DEVICE.thumbprint, None)
    assert state.persisted.time == TimeState(mark=MARK)
    assert state.persisted.nonce_opening == OPENING


def test_both_files_put_the_license_in_force_with_its_anchor() -> None:
    state = started(ANSWERING, STATEMENT)
    assert state.license == make_license(nonce=nonce_for(OPENING))
    assert (state.persisted.license, state.license_file) == (ANSWERING, ANSWERING)
    assert state.persisted.time.anchor == Anchor(NOW_MS, 1_000, "boot-1")
    assert state.persisted.newest == Newest(to_seconds(NOW_MS), f"lic_{NOW_MS}")
    assert state.persisted.time.mark == Anchor(MARK.at_ms + 1_000, 5_000, "boot-1")


def test_a_license_without_a_statement_is_refused() -> None:
    assert started(LICENSE, None).refused == "wrong_device"
    assert started(LICENSE, None, refused="copied").refused == "copied"


def test_device_and_time_of_the_statement_are_kept_for_a_refused_license() -> None:
    state = started(signed_license(STRANGER), STATEMENT)
    assert (state.license, state.refused) == (None, "unknown_key")
    assert state.persisted.time.mark == MARK


# --- The vault ---------------------------------------------------------------------------------


def test_the_vaults_license_replaces_an_older_file() -> None:
    newer = signed_license(now_ms=NOW_MS + HOUR_MS)
    state = opened(started(LICENSE, STATEMENT), PersistedState(license=newer, token="t"))
    assert (state.persisted.license, state.persisted.token) == (newer, "t")
    assert state.refused is None


def test_a_newer_file_replaces_the_vaults_license() -> None:
    newer = signed_license(now_ms=NOW_MS + HOUR_MS)
    state = opened(started(newer, STATEMENT), PersistedState(license=LICENSE, token="t"))
    assert (state.persisted.license, state.persisted.token) == (newer, "t")


def test_a_license_that_is_refused_with_the_vault_open_is_not_in_force() -> None:
    state = opened(started(LICENSE, STATEMENT), PersistedState(), OTHER_DEVICE)
    assert (state.license, state.persisted.license, state.refused) == (None, None, "wrong_device")
    spoilt = opened(started("x.y.z", STATEMENT), PersistedState())
    assert spoilt.refused == "malformed"
    assert opened(spoilt, PersistedState(license=LICENSE)).refused is None


def test_the_time_in_public_files_never_moves_the_vaults_time_back() -> None:
    before = started(ANSWERING, STATEMENT)
    state = opened(before, PersistedState())
    assert state.persisted.time == before.persisted.time
    later = TimeState(mark=Anchor(NOW_MS + 9 * DAY_MS, 4_000, "boot-1"))
    state = opened(before, PersistedState(time=later))
    assert state.persisted.time.mark == Anchor(NOW_MS + 9 * DAY_MS + 1_000, 5_000, "boot-1")
    assert state.persisted.time.anchor == Anchor(NOW_MS, 1_000, "boot-1")


def test_without_a_vault_the_nonce_opening_is_that_of_the_statement() -> None:
    state = opened(started(ANSWERING, STATEMENT), None)
    assert state.persisted.nonce_opening == OPENING
    assert state.persisted.former_device_id is None


def test_the_license_of_a_lost_key_stays_in_force_for_the_new_one() -> None:
    state = opened(started(LICENSE, STATEMENT), None, OTHER_DEVICE, renewed=True)
    assert state.device_id == OTHER_DEVICE.thumbprint
    assert state.persisted.former_device_id == DEVICE.thumbprint
    assert state.license == make_license()
    nothing = opened(started(None, STATEMENT), None, OTHER_DEVICE, renewed=True)
    assert nothing.persisted.former_device_id is None
    forged = opened(started(signed_license(STRANGER), STATEMENT), None, OTHER_DEVICE, renewed=True)
    assert forged.refused == "unknown_key"


# --- Responses ---------------------------------------------------------------------------------


def test_an_accepted_response_replaces_license_nonce_and_token() -> None:
    state = active(former_device_id="f", nonce_opening=None)
    token = issue(make_token(), BACKEND)
    taken = accept(state, status(make_license(jti="z"), token=token))
    assert taken.license is not None
    assert taken.license.jti == "z"
    assert taken.persisted.token == token
    assert taken.persisted.nonce_opening == OPENING
    assert taken.persisted.former_device_id is None
    assert taken.persisted.last_refresh_at == NOW_MS + 4_000
    assert taken.persisted.time.anchor == Anchor(NOW_MS, 1_000, "boot-1")
    assert accept(state, status(make_license(jti="z"))).persisted.token == "t"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (status(make_license(aud="another")), "wrong_product"),
        (status(make_license(device=OTHER_DEVICE)), "wrong_device"),
        (status(make_license(), nonce="n" * 32), "wrong_nonce"),
        (status(make_license(now_ms=NOW_MS - HOUR_MS)), "superseded"),
        (status(make_license(), token="x.y.z"), "malformed"),
        (
            status(
                make_license(),
                token=issue(msgspec.structs.replace(make_token(), aud="another"), BACKEND),
            ),
            "wrong_product",
        ),
        (
            status(make_license(), token=issue(make_token(device=OTHER_DEVICE), BACKEND)),
            "wrong_device",
        ),
    ],
)
def test_a_response_that_breaks_a_rule_is_refused(event: StatusReceived, code: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        accept(active(), event)
    assert refused.value.code == code


def test_without_a_device_no_response_is_accepted() -> None:
    with pytest.raises(InvalidDocument) as refused:
        accept(EMPTY, status(make_license()))
    assert refused.value.code == "wrong_device"


def test_an_abandoned_checkout_is_forgotten_once_the_license_is_active() -> None:
    state = active(abandoned_checkout=PENDING)
    inactive = make_license(active=False, status="canceled", jti="z")
    assert accept(state, status(inactive)).persisted.abandoned_checkout == PENDING
    assert accept(state, status(make_license(jti="z"))).persisted.abandoned_checkout is None


def test_an_accepted_response_clears_an_earlier_refusal() -> None:
    state = msgspec.structs.replace(
        active(), refused="malformed", hints=frozenset({hints.LICENSE_REFUSED, hints.DEVICE_LIMIT})
    )
    taken = accept(state, status(make_license(jti="z")))
    assert (taken.refused, taken.hints) == (None, frozenset({hints.DEVICE_LIMIT}))


# --- Imports -----------------------------------------------------------------------------------


def imported(state: State, text: str) -> State:
    return evidence.accept_import(state, DocumentImported(f" {text}\n"), MOMENT)


def test_an_imported_license_ends_what_is_pending_and_has_no_anchor() -> None:
    newer = signed_license(now_ms=NOW_MS + HOUR_MS, nonce=nonce_for(OPENING))
    state = imported(active(pending=PENDING, time=TimeState()), newer)
    assert state.persisted.license == newer
    assert (state.persisted.pending, state.persisted.nonce_opening) == (None, None)
    assert state.persisted.time.anchor is None
    assert state.persisted.time.mark == Anchor(NOW_MS + HOUR_MS, 5_000, "boot-1")


def test_importing_the_license_in_force_keeps_its_anchor() -> None:
    state = imported(active(), ANSWERING)
    assert state.persisted.nonce_opening == OPENING
    assert state.persisted.time.anchor == Anchor(NOW_MS, 1_000, "boot-1")


def test_a_license_of_the_former_device_may_be_imported() -> None:
    state = msgspec.structs.replace(EMPTY, device_id=OTHER_DEVICE.thumbprint)
    with pytest.raises(InvalidDocument) as refused:
        imported(state, LICENSE)
    assert refused.value.code == "wrong_device"
    persisted = PersistedState(former_device_id=DEVICE.thumbprint)
    state = msgspec.structs.replace(state, persisted=persisted)
    assert imported(state, LICENSE).license == make_license()
    for text, code in ((signed_license(STRANGER), "unknown_key"), ("a.b.c", "malformed")):
        with pytest.raises(InvalidDocument) as refused:
            imported(state, text)
        assert refused.value.code == code


def test_without_any_device_an_import_is_for_another_device() -> None:
    with pytest.raises(InvalidDocument) as refused:
        imported(EMPTY, LICENSE)
    assert refused.value.code == "wrong_device"


def test_a_license_of_another_product_is_not_imported() -> None:
    with pytest.raises(InvalidDocument) as refused:
        imported(active(), signed_license(aud="another", now_ms=NOW_MS + HOUR_MS))
    assert refused.value.code == "wrong_product"


# --- Deactivation ------------------------------------------------------------------------------


def test_a_deactivated_device_keeps_no_credential() -> None:
    state = msgspec.structs.replace(
        active(pending=PENDING, request="r"),
        refresh_due=Due(1, 1),
        poll_due=Due(1, 1),
        failure=Failure("timeout", "No.", True),
        devices_at_limit=DevicesAnswer(devices=(), device_limit=1),
    )
    gone = evidence.deactivate(state)
    kept = gone.persisted
    assert (kept.token, kept.pending, kept.request) == (None, None, None)
    assert (kept.license, kept.nonce_opening, gone.license) == (None, None, None)
    assert (gone.refresh_due, gone.poll_due, gone.failure) == (None, None, None)
    assert gone.devices_at_limit is None
    assert kept.newest is not None
    newest = Newest.of(make_license())
    assert newest < kept.newest < Newest(newest.iat, newest.jti + "\uffff")
    assert kept.time == state.persisted.time


def test_a_signed_inactive_license_outlives_the_deactivation() -> None:
    inactive = make_license(active=False, status="device_removed", jti="z")
    gone = evidence.deactivate(accept(active(), status(inactive)))
    assert gone.license is not None
    assert gone.persisted.license is not None
    assert (gone.license.status, gone.persisted.nonce_opening) == ("device_removed", OPENING)


def test_a_vaults_license_that_is_refused_is_not_kept_in_force() -> None:
    state = opened(EMPTY, PersistedState(license=signed_license(STRANGER), token="t"))
    assert (state.license, state.persisted.license) == (None, None)
    assert (state.refused, state.persisted.token) == ("unknown_key", "t")


def test_a_refusal_without_any_license_left_is_cleared() -> None:
    refused = msgspec.structs.replace(EMPTY, refused="malformed")
    assert opened(refused, PersistedState()).refused is None


@pytest.mark.parametrize(("pending_id", "answered"), [("cs_1", True), ("cs_2", False)])
def test_a_settling_license_marks_the_pending_activation_as_answered(
    pending_id: str, answered: bool
) -> None:
    event = msgspec.structs.replace(
        status(make_license(status="settling", jti="z")), pending_id=pending_id
    )
    pending = accept(active(pending=PENDING), event).persisted.pending
    assert pending == msgspec.structs.replace(PENDING, answered=answered)


@pytest.mark.parametrize(
    ("changes", "license", "ends"),
    [
        ({}, make_license(jti="z"), True),
        ({"session_id": "cs_2"}, make_license(jti="z"), False),
        ({}, make_license(jti="z", active=False, status="canceled"), False),
        (
            {"answered": True},
            make_license(jti="z", active=False, status="canceled"),
            True,
        ),
    ],
)
def test_a_settled_license_ends_its_pending_activation(
    changes: dict[str, Any], license: License, ends: bool
) -> None:
    event = msgspec.structs.replace(status(license), pending_id="cs_1")
    pending = msgspec.structs.replace(PENDING, **changes)
    assert (accept(active(pending=pending), event).persisted.pending is None) == ends
