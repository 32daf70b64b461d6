"""When the next request or save is due: which policy of `retry` applies to a state. Pure."""

from __future__ import annotations

import msgspec

from keystead import hints
from keystead.activation import SETTLING
from keystead.instants import HOUR_MS, MINUTE_MS
from keystead_daemon import retry
from keystead_daemon.effects import Credential
from keystead_daemon.events import Moment, Saved
from keystead_daemon.state import Due, PendingActivation, State, activation_of, now_of

#: A saved high-water mark is older than this only while the daemon is not running.
MARK_INTERVAL_MS = HOUR_MS
#: An answer to a request older than this was delayed by a sleep, and its time is an upper bound.
LATE_ANSWER_MS = 2 * MINUTE_MS
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
    in_this_boot_ms = reading.elapsed_since(pending.boot_id, pending.boot_ms)
    if in_this_boot_ms is not None:
        return in_this_boot_ms
    return max(now_of(state, reading).now_ms - pending.started_at, 0)


def after_save(state: State, event: Saved, moment: Moment) -> State:
    """Return the state after a save, with its next one: each hour, or soon after a failure."""
    failed = event.code is not None
    failures = state.save_failures + 1 if failed else 0
    wait_ms = retry.resave_backoff(failures) if failed else MARK_INTERVAL_MS
    # Without a license there is no time to save.
    needed = failed or state.license is not None
    problem = {hints.STORAGE_FAILED}
    return msgspec.structs.replace(
        state,
        save_due=due_after(state, moment, wait_ms) if needed else None,
        save_failures=failures,
        hints=state.hints | problem if failed else state.hints - problem,
    )


def next_refresh(state: State, moment: Moment, waited_ms: int = 0) -> Due | None:
    """Return the refresh after an answer that was waited for.

    While a payment settles it comes as often as a poll.
    """
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
    if state.disputed_answers:
        wait_ms = min(wait_ms, retry.disputed_retry(state.disputed_answers, moment.chance))
    return due_after(state, moment, 0 if waited_ms > LATE_ANSWER_MS else wait_ms)


def disputed_answers(before: State, after: State, moment: Moment) -> int:
    """Count the answers in a row that ended a license by a jump of the server's clock."""
    now = now_of(after, moment.reading)
    if not now.server_clock or activation_of(after, now.now_ms).usable:
        return 0
    usable = activation_of(before, now_of(before, moment.reading).now_ms).usable
    return before.disputed_answers + 1 if usable or before.disputed_answers else 0


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
