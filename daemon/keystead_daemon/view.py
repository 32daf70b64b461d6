"""The view of a state that the local API returns (specification §10.2). Pure.

What a license allows is decided by `keystead.activation`.
"""

from __future__ import annotations

from keystead import hints
from keystead.activation import PAST_DUE, period_end
from keystead.device_statement import COPIED
from keystead.documents import License
from keystead.errors import InvalidDocument
from keystead.local_api import Account, ActivationView, Checkout
from keystead.trusted_time import ClockReading, TrustedNow
from keystead_daemon.state import PendingActivation, State, activation_of, now_of

_UNPAID = {PAST_DUE, "unpaid"}


def view(state: State, reading: ClockReading, device_text: str | None) -> ActivationView:
    """Return the view of a state at a reading; ``device_text`` is the text of ``device.jws``."""
    # Trusted time, not the wall clock: clients must not decide with another time than the daemon.
    now = now_of(state, reading)
    activation = activation_of(state, now.now_ms)
    license = state.license
    dues = [due.at_ms for due in (state.refresh_due, state.poll_due) if due is not None]
    return ActivationView(
        product=state.config.product,
        state=activation.state,
        usable=activation.usable,
        until=activation.until,
        reason=activation.reason,
        device_id=state.device_id,
        entitlement=license.entitlement if license is not None else None,
        current_period_end=period_end(license),
        grace_ends_at=license.offline_grace.ends_at if license and license.active else None,
        last_refresh_at=state.persisted.last_refresh_at,
        # Without keys nothing can be requested, so there is no next time.
        next_refresh_at=min(dues) if dues and state.ready else None,
        hints=hints_of(state, now),
        now=now.now_ms,
        refreshing=state.request_in_flight is not None,
        checkout=_shown(state.persisted.pending),
        last_error=_last_error(state),
        license=state.persisted.license,
        device=device_text,
        key_manifest=state.signing_keys.text,
        account=_account(state) if state.config.capabilities.sign_in else None,
        capabilities=state.config.capabilities,
    )


def hints_of(state: State, now: TrustedNow) -> tuple[str, ...]:
    """Return the hints, sorted so that equal states have equal views."""
    failure, closed, license = state.failure, state.vault_error, state.license
    known = {
        hints.CLOCK_BEHIND: now.clock_behind,
        hints.SERVER_CLOCK: now.server_clock,
        # With files of another place the keyring is not the problem, and the state says what is.
        hints.KEYRING_UNAVAILABLE: closed is not None and closed.code != COPIED,
        hints.BACKEND_UNREACHABLE: failure is not None and failure.unreachable,
        hints.REFRESH_REFUSED: _is_refused(state),
        hints.KEYS_REFUSED: keys_error(state) is not None,
        hints.KEYS_STALE: state.signing_keys.is_stale(now.now_ms),
        hints.PAYMENT_FAILED: license is not None and license.status in _UNPAID,
        hints.CANCEL_AT_PERIOD_END: _cancels(license),
    }
    return tuple(sorted(state.hints | {hint for hint, holds in known.items() if holds}))


def keys_error(state: State) -> str | None:
    """Return the code with which the last key manifest was refused, or why the keys are missing."""
    failure = state.key_updates.failure
    if failure is not None and not failure.unreachable:
        return failure.code
    try:
        state.signing_keys.in_force()
    except InvalidDocument as error:
        return error.code
    return None


def _is_refused(state: State) -> bool:
    """Return whether the last refresh was refused, and no other hint says so."""
    failure = state.failure
    if failure is None or failure.unreachable or failure.polled:
        return False
    return not state.hints & {hints.LICENSE_REFUSED, hints.DEVICE_LIMIT}


def _cancels(license: License | None) -> bool:
    paid = license.entitlement if license is not None and license.active else None
    return paid is not None and paid.cancel_at_period_end


def _account(state: State) -> Account:
    session = state.persisted.session
    return Account(
        signed_in=session is not None,
        subject=session.subject if session is not None else None,
        account=session.account if session is not None else None,
        waiting=state.sign_in_open,
        problem=state.sign_in_error,
    )


def _last_error(state: State) -> str | None:
    failure = state.failure or state.vault_error
    return failure.code if failure is not None else None


def _shown(pending: PendingActivation | None) -> Checkout | None:
    if pending is None:
        return None
    return Checkout(
        kind=pending.kind,
        session_id=pending.session_id,
        url=pending.url,
        started_at=pending.started_at,
        expires_at=pending.expires_at,
    )
