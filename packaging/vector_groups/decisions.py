"""The decision: each state, and both sides of each of its limits."""

from __future__ import annotations

from collections.abc import Iterator

from keystead.instants import DAY_MS, HOUR_MS
from vector_groups.world import (
    BOUNDARY_MS,
    EXPIRED,
    FEATURES,
    ISSUED_MS,
    PERIOD_END_MS,
    Json,
    clocks,
    entitlement,
    grace,
    license_text,
    unusable,
    usable,
    vector,
)

_STATUSES = ("active", "trialing", "paused", "canceled", "unpaid", "incomplete", "quantum_leap")
_INACTIVE = (
    "canceled",
    "unpaid",
    "paused",
    "incomplete",
    "incomplete_expired",
    "past_due",
    "device_removed",
    "device_limit",
    "active",
    "a status of the future",
)
_REASONS = ("refunded", "disputed", "not_paid", "other_product", "payment_not_confirmed")


def vectors() -> Iterator[Json]:
    yield from _edges()
    yield from _statuses()
    yield from _inactive()
    yield from _settling()
    yield from _periods()


def _edges() -> Iterator[Json]:
    for name, at_ms, expect in (
        ("a millisecond before its period ends", PERIOD_END_MS - 1, ("active", "active")),
        ("at the period's end", PERIOD_END_MS, ("grace", "period_over")),
        ("a millisecond after its period ended", PERIOD_END_MS + 1, ("grace", "period_over")),
        ("an hour before its boundary", BOUNDARY_MS - HOUR_MS, ("grace", "period_over")),
        ("a millisecond before its boundary", BOUNDARY_MS - 1, ("grace", "period_over")),
        ("at its boundary", BOUNDARY_MS, None),
        ("a millisecond after its boundary", BOUNDARY_MS + 1, None),
        ("ten years after its boundary", BOUNDARY_MS + 3653 * DAY_MS, None),
        ("when it was issued", ISSUED_MS, ("active", "active")),
    ):
        found = usable(*expect, now=at_ms) if expect else EXPIRED | {"now": at_ms}
        yield vector(f"a license {name}", "6.2", found, at=clocks(at_ms))
    # An exp of whole seconds below a boundary of milliseconds: the exp decides.
    boundary_ms = BOUNDARY_MS + 999
    text = license_text(offlineGrace=grace(boundary_ms))
    yield vector(
        "the end is exp, where the boundary is later",
        "6.2",
        EXPIRED,
        license=text,
        at=clocks(BOUNDARY_MS),
    )
    before = usable("grace", "period_over", now=BOUNDARY_MS - 1)
    yield vector(
        "and not a millisecond before it", "6.2", before, license=text, at=clocks(BOUNDARY_MS - 1)
    )
    # A period that ends between two seconds.
    text = license_text(entitlement=entitlement(currentPeriodEnd=PERIOD_END_MS + 500))
    for at_ms, state, reason in (
        (PERIOD_END_MS + 499, "active", "active"),
        (PERIOD_END_MS + 500, "grace", "period_over"),
    ):
        found = usable(state, reason, now=at_ms)
        name = f"a period that ends between two seconds, at {at_ms % 1000} ms"
        yield vector(name, "6.2", found, license=text, at=clocks(at_ms))


def _statuses() -> Iterator[Json]:
    for status in _STATUSES:
        text = license_text(status=status)
        yield vector(
            f"active is what decides, with status {status}",
            "6.2",
            usable("active", status),
            license=text,
        )
    yield vector(
        "a reason of an active license does not matter",
        "6.2",
        usable("active", "trialing"),
        license=license_text(status="trialing", reason="refunded"),
    )
    text = license_text(status="past_due")
    yield vector(
        "past_due is grace before its period ends", "6.2", usable("grace", "past_due"), license=text
    )
    late = usable("grace", "past_due", now=PERIOD_END_MS)
    yield vector(
        "past_due stays grace after its period", "6.2", late, license=text, at=clocks(PERIOD_END_MS)
    )
    yield vector(
        "past_due ends at its boundary", "6.2", EXPIRED, license=text, at=clocks(BOUNDARY_MS)
    )


def _inactive() -> Iterator[Json]:
    for status in _INACTIVE:
        text = license_text(active=False, status=status)
        found = unusable("inactive", status, features=FEATURES)
        yield vector(f"a signed inactive license with status {status}", "6.2", found, license=text)
    for reason in _REASONS:
        text = license_text(active=False, status="active", reason=reason)
        yield vector(
            f"an inactive license's reason {reason} is shown",
            "6.2",
            unusable("inactive", reason),
            license=text,
        )
    text = license_text(active=False, status="unpaid", reason="sunspots")
    yield vector(
        "a reason that is not known gives way to the status",
        "6.2",
        unusable("inactive", "unpaid"),
        license=text,
    )
    text = license_text(active=False, status="canceled")
    for at_ms in (BOUNDARY_MS - 1, BOUNDARY_MS, BOUNDARY_MS + 999 * DAY_MS):
        name = f"an inactive license stays inactive, {(at_ms - BOUNDARY_MS)} ms from its end"
        yield vector(name, "6.2", unusable("inactive", "canceled"), license=text, at=clocks(at_ms))


def _settling() -> Iterator[Json]:
    boundary_ms = ISSUED_MS + DAY_MS
    text = license_text(status="settling", period_end_ms=None, boundary_ms=boundary_ms)
    found = usable("pending", "settling", until=boundary_ms)
    yield vector("a payment that settles may be used", "6.2", found, license=text)
    last = usable("pending", "settling", until=boundary_ms, now=boundary_ms - 1)
    yield vector(
        "until a millisecond before its day ends",
        "6.2",
        last,
        license=text,
        at=clocks(boundary_ms - 1),
    )
    yield vector(
        "and not when its day has ended", "6.2", EXPIRED, license=text, at=clocks(boundary_ms)
    )
    text = license_text(active=False, status="settling", reason="payment_not_confirmed")
    waiting = unusable("pending", "payment_not_confirmed")
    yield vector(
        "a payment that the bank has not confirmed is pending", "6.2", waiting, license=text
    )
    yield vector(
        "it stays pending past its end", "6.2", waiting, license=text, at=clocks(BOUNDARY_MS)
    )
    text = license_text(active=False, status="settling", entitlement=None)
    found = unusable("pending", "settling", features=[])
    yield vector("settling without anything paid is pending", "6.2", found, license=text)


def _periods() -> Iterator[Json]:
    text = license_text(period_end_ms=None)
    found = usable("active", "active", now=BOUNDARY_MS - 1)
    yield vector(
        "without a period a license is active to its end",
        "6.2",
        found,
        license=text,
        at=clocks(BOUNDARY_MS - 1),
    )
    text = license_text(period_end_ms=0)
    yield vector(
        "a period that ended in 1970 is over", "6.2", usable("grace", "period_over"), license=text
    )
    text = license_text(boundary_ms=PERIOD_END_MS, entitlement=entitlement(cancelAtPeriodEnd=True))
    found = usable("active", "active", until=PERIOD_END_MS, now=PERIOD_END_MS - 1)
    yield vector(
        "what was canceled is active until its period ends",
        "6.2",
        found,
        license=text,
        at=clocks(PERIOD_END_MS - 1),
    )
    yield vector(
        "and has no grace after it", "6.2", EXPIRED, license=text, at=clocks(PERIOD_END_MS)
    )
