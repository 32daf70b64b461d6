"""When the next request is due: which policy of `retry` applies to a state. Pure."""

from __future__ import annotations

import msgspec

from keystead.activation import SETTLING
from keystead_daemon import retry
from keystead_daemon.effects import Credential
from keystead_daemon.events import Moment
from keystead_daemon.state import Due, PendingActivation, State, activation_of, now_of

#: After this many failures a person who asked for a refresh is assumed to have left.
URGENT_FAILURES = 10


def due_after(state: State, moment: Moment, wait_ms: int) -> Due:
    """Return the due time ``wait_ms`` from this moment."""
    now_ms = now_of(state, moment.reading).now_ms
    return Due(moment.reading.boot_ms + wait_ms, now_ms + wait_ms)


def due_now(state: State, moment: Moment) -> State:
    """Return the state with every request that can be sent due now."""
    due = due_after(state, moment, 0)
    return msgspec.structs.replace(
        state,
        refresh_due=due
        if state.persisted.token is not None or not state.ready
        else state.refresh_due,
        poll_due=due if state.polled is not None else None,
    )


def elapsed_ms(state: State, pending: PendingActivation, moment: Moment) -> int:
    """Return how long ago a pending activation was started (ms).

    Within the same boot this is the boot clock's difference. Before its first license a device has
    only the wall clock, and correcting that must not count as time that has passed.
    """
    reading = moment.reading
    if pending.boot_id == reading.boot_id and pending.boot_ms <= reading.boot_ms:
        return reading.boot_ms - pending.boot_ms
    return max(now_of(state, reading).now_ms - pending.started_at, 0)


def next_refresh(state: State, moment: Moment) -> Due | None:
    """Return the next regular refresh. While a payment settles it comes as often as a poll."""
    if state.persisted.token is None:
        return None
    license = state.license
    refresh_after_s = license.refresh_after_seconds if license is not None else None
    wait_ms = retry.regular_interval(refresh_after_s, moment.chance)
    # The customer has paid and waits for the final license.
    pending = state.persisted.pending
    if pending is not None and license is not None and license.status == SETTLING:
        wait_ms = min(
            wait_ms, retry.poll_interval(elapsed_ms(state, pending, moment), moment.chance)
        )
    return due_after(state, moment, wait_ms)


def next_poll(state: State, moment: Moment, retry_after_s: float | None = None) -> Due | None:
    """Return when to poll the pending activation next, None if it has been answered."""
    pending = state.polled
    if pending is None:
        return None
    wait_ms = retry.poll_interval(elapsed_ms(state, pending, moment), moment.chance)
    return due_after(state, moment, retry.with_retry_after(wait_ms, retry_after_s, moment.chance))


def next_retry(
    state: State, moment: Moment, failures: int, retry_after_s: float | None = None
) -> Due:
    """Return the next refresh after ``failures`` failures in a row (from 1)."""
    license, chance = state.license, moment.chance
    refresh_after_s = license.refresh_after_seconds if license is not None else None
    if _is_urgent(state, moment, failures):
        wait_ms = retry.urgent_backoff(failures, chance)
    # Many devices may start at the same time while the server is down, so retries are spread out.
    elif failures == 1 and not state.answered_since_start:
        wait_ms = retry.first_retry(refresh_after_s, chance)
    else:
        wait_ms = retry.background_retry(failures, refresh_after_s, chance)
    return due_after(state, moment, retry.with_retry_after(wait_ms, retry_after_s, moment.chance))


def with_retry(
    state: State, credential: Credential, moment: Moment, after_s: float | None
) -> State:
    """Return the state with its next request after the failure that it records."""
    if credential is Credential.PENDING:
        return msgspec.structs.replace(state, poll_due=next_poll(state, moment, after_s))
    failures = state.failure.count if state.failure is not None else 1
    return msgspec.structs.replace(state, refresh_due=next_retry(state, moment, failures, after_s))


def _is_urgent(state: State, moment: Moment, failures: int) -> bool:
    if state.user_waiting and failures <= URGENT_FAILURES:
        return True
    now_ms = now_of(state, moment.reading).now_ms
    until_ms = activation_of(state, now_ms).until
    return until_ms is not None and until_ms - now_ms < retry.URGENT_BEFORE_MS
