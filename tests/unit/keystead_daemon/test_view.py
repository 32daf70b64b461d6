"""The view of a state."""

import msgspec
import pytest

from keystead import hints
from keystead.instants import DAY_MS, MINUTE_MS
from keystead.local_api import ActivationView, Checkout
from keystead.trusted_time import ClockReading
from keystead_daemon.effects import Credential
from keystead_daemon.state import (
    Due,
    Failure,
    PendingActivation,
    PersistedState,
    ProductConfig,
    State,
)
from keystead_daemon.view import view
from support.documents import KEYS, NOW_MS, PRODUCT, make_license

READING = ClockReading(NOW_MS, 1000, "boot-1")
STATE = State(
    config=ProductConfig(PRODUCT, KEYS),
    license=make_license(),
    persisted=PersistedState(license="l", last_refresh_at=5),
    device_id="d",
    ready=True,
)
FAILURE = Failure("timeout", "No.", True)


def shown(**changes: object) -> ActivationView:
    return view(msgspec.structs.replace(STATE, **changes), READING, "device text")


def test_an_active_license_is_shown_with_its_signed_documents() -> None:
    seen = shown()
    license = make_license()
    assert (seen.product, seen.device_id, seen.now) == (PRODUCT, "d", NOW_MS)
    assert (seen.state, seen.usable, seen.reason) == ("active", True, "active")
    assert seen.entitlement == license.entitlement
    assert seen.current_period_end == NOW_MS + 30 * DAY_MS
    assert seen.until == seen.grace_ends_at == license.offline_grace.ends_at
    assert (seen.license, seen.device, seen.last_refresh_at) == ("l", "device text", 5)
    assert (seen.refreshing, seen.checkout, seen.last_error) == (False, None, None)
    assert (seen.hints, seen.account, seen.next_refresh_at) == ((), None, None)


def test_an_inactive_license_has_no_boundary() -> None:
    assert shown(license=make_license(active=False)).grace_ends_at is None
    seen = shown(license=None)
    assert (seen.entitlement, seen.current_period_end, seen.grace_ends_at) == (None, None, None)


def test_the_next_refresh_is_the_earlier_due_time_and_needs_keys() -> None:
    refresh, poll = Due(1, 20), Due(1, 10)
    assert shown(refresh_due=refresh).next_refresh_at == 20
    assert shown(refresh_due=refresh, poll_due=poll).next_refresh_at == 10
    assert shown(poll_due=poll, ready=False).next_refresh_at is None


def test_a_request_in_flight_and_a_checkout_are_shown() -> None:
    pending = PendingActivation(
        kind="restore", session_id="s", url="u", started_at=1, expires_at=2, boot_ms=3
    )
    persisted = PersistedState(pending=pending)
    seen = shown(request_in_flight=Credential.TOKEN, persisted=persisted)
    assert seen.refreshing
    assert seen.checkout == Checkout(
        kind="restore", session_id="s", url="u", started_at=1, expires_at=2
    )


def test_a_request_error_is_shown_before_a_keyring_error() -> None:
    locked = Failure("keyring_unavailable", "No.", False)
    assert shown(vault_error=locked).last_error == "keyring_unavailable"
    assert shown(vault_error=locked, failure=FAILURE).last_error == "timeout"


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"failure": FAILURE}, hints.BACKEND_UNREACHABLE),
        ({"vault_error": FAILURE}, hints.KEYRING_UNAVAILABLE),
        ({"license": make_license(status="past_due")}, hints.PAYMENT_FAILED),
        ({"license": make_license(status="unpaid")}, hints.PAYMENT_FAILED),
        ({"license": make_license(now_ms=NOW_MS + 6 * MINUTE_MS)}, hints.CLOCK_BEHIND),
        ({"hints": frozenset({hints.DEVICE_LIMIT})}, hints.DEVICE_LIMIT),
    ],
)
def test_each_cause_has_its_hint(changes: dict[str, object], hint: str) -> None:
    assert shown(**changes).hints == (hint,)


def test_a_refusal_does_not_make_the_backend_unreachable() -> None:
    assert shown(failure=Failure("forbidden", "No.", False)).hints == (hints.REFRESH_REFUSED,)


def test_a_refused_refresh_is_reported_once_and_a_poll_is_not() -> None:
    refused = Failure("wrong_nonce", "No.", False)
    by_content = frozenset({hints.LICENSE_REFUSED})
    assert shown(failure=refused, hints=by_content).hints == (hints.LICENSE_REFUSED,)
    assert shown(failure=Failure("unknown_device", "No.", False, polled=True)).hints == ()


def test_hints_are_sorted() -> None:
    seen = shown(failure=FAILURE, vault_error=FAILURE, hints=frozenset({hints.DEVICE_LIMIT}))
    assert seen.hints == ("backend_unreachable", "device_limit", "keyring_unavailable")


def test_an_active_subscription_that_will_cancel_has_a_hint() -> None:
    license = make_license()
    paid = license.entitlement
    assert paid is not None
    cancels = msgspec.structs.replace(paid, cancel_at_period_end=True)
    ending = msgspec.structs.replace(license, entitlement=cancels)
    assert shown(license=ending).hints == (hints.CANCEL_AT_PERIOD_END,)
    ended = msgspec.structs.replace(ending, active=False)
    assert shown(license=ended).hints == ()
