"""The decision: what this device may do now, and until when.

`decide` maps the license in force and the trusted time to a state. It reads no clock, file or
socket. Daemon, SDK and ``keystead inspect`` use it, and nothing else decides.

The first rule that applies counts:

 1. Without a license: ``pending`` while a checkout is open, ``untrusted`` where a license was
    refused, else ``unactivated``.
 2. A signed ``active: false`` is ``inactive``, even past the license's end; or ``pending`` while
    ``settling``, because the payment is under way and the bank has not confirmed it.
 3. At or after the license's end: ``expired``.
 4. ``settling``: ``pending``, and usable.
 5. ``past_due``, or a paid period that is over: ``grace``.
 6. Otherwise ``active``.

Only rules 3 and 5 depend on the time, and only as "not before". So without new evidence a state can
only fall: active → grace → expired.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from keystead.instants import DAY_MS, HOUR_MS, to_ms

if TYPE_CHECKING:
    from keystead.documents import License


class State(StrEnum):
    """The activation states; the values are those of specification §6.1."""

    UNACTIVATED = "unactivated"
    PENDING = "pending"
    ACTIVE = "active"
    GRACE = "grace"
    EXPIRED = "expired"
    INACTIVE = "inactive"
    UNTRUSTED = "untrusted"


#: A license's own reasons, which say more than its status (specification §3.7); unknown ones don't.
PAYMENT_NOT_CONFIRMED = "payment_not_confirmed"
REASONS = frozenset({"refunded", "disputed", "not_paid", PAYMENT_NOT_CONFIRMED, "other_product"})
SETTLING = "settling"
PAST_DUE = "past_due"


class Activation(msgspec.Struct, frozen=True):
    """What this device may do.

    ``until`` (ms) is when ``usable`` ends without new evidence, None where it is not usable.
    ``reason`` is machine-readable: the license's Stripe status, or its own ``reason`` where it is
    not active; ``no_license``, ``checkout_open``, ``period_over``, ``boundary_passed``, or the
    `keystead.trust` code of a refused license.
    """

    state: State
    usable: bool
    until: int | None
    reason: str


def decide(
    license: License | None,
    now_ms: int,
    *,
    checkout_open: bool = False,
    refused: str | None = None,
) -> Activation:
    """Decide what ``license`` allows at the trusted time ``now_ms``.

    ``checkout_open`` is true while a checkout that was started here may still be paid. ``refused``
    is the code with which the license on this device was refused, if it was.
    """
    if license is None:
        return _without_license(checkout_open, refused)
    # Before the end: "removed" or "canceled" tells a customer more than "expired".
    if not license.active:
        reason = license.reason if license.reason in REASONS else license.status
        state = State.PENDING if license.status == SETTLING else State.INACTIVE
        return Activation(state, False, None, reason)
    if now_ms >= to_ms(license.exp):
        return Activation(State.EXPIRED, False, None, "boundary_passed")
    return _usable(license, max(now_ms, to_ms(license.iat)))


def turning_points(license: License | None) -> tuple[int, ...]:
    """Return the instants (ms, ascending) at which a license's state or its warnings change.

    These are the period's end, 24 h and 1 h before the boundary, and the boundary.
    """
    if license is None or not license.active:
        return ()
    boundary_ms, period_ms = to_ms(license.exp), period_end(license)
    points = {boundary_ms - DAY_MS, boundary_ms - HOUR_MS, boundary_ms}
    return tuple(sorted(points | ({period_ms} if period_ms is not None else set())))


def period_end(license: License | None) -> int | None:
    """Return the end of the paid period (ms), None where there is no period."""
    return license.entitlement.current_period_end if license and license.entitlement else None


def _without_license(checkout_open: bool, refused: str | None) -> Activation:
    if checkout_open:
        return Activation(State.PENDING, False, None, "checkout_open")
    if refused is not None:
        return Activation(State.UNTRUSTED, False, None, refused)
    return Activation(State.UNACTIVATED, False, None, "no_license")


def _usable(license: License, now_ms: int) -> Activation:
    until_ms, period_ms = to_ms(license.exp), period_end(license)
    if license.status == SETTLING:
        return Activation(State.PENDING, True, until_ms, SETTLING)
    if license.status == PAST_DUE:
        return Activation(State.GRACE, True, until_ms, PAST_DUE)
    if period_ms is not None and now_ms >= period_ms:
        return Activation(State.GRACE, True, until_ms, "period_over")
    return Activation(State.ACTIVE, True, until_ms, license.status)
