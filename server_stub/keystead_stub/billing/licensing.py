"""Decide what a device may do, and build the claims of the documents that state it. Pure.

`grace_boundary` is the expiry table of specification §3.8, a line for each row. Every boundary is a
whole second, so `expiresAt`, `offlineGrace.endsAt` and `exp` are one instant.
"""

from __future__ import annotations

import msgspec

from keystead.documents import (
    Confirmation,
    DeviceAccessToken,
    License,
)
from keystead.entitlement import Entitlement, OfflineGrace
from keystead.instants import DAY_MS, MAX_MS, SECOND_MS, iso, to_ms, to_seconds
from keystead_stub.billing.billing_state import SETTLING, BillingState
from keystead_stub.billing.entitlements import ProductEntitlement

#: How long a completed checkout entitles while no period is known (specification §3.8).
SETTLING_MS = DAY_MS
#: How long a single purchase entitles without another status call (specification §3.8).
ROLLING_MS = DAY_MS
#: How long a refusal is valid.
REFUSAL_MS = DAY_MS
DEVICE_REMOVED = "device_removed"
OTHER_PRODUCT = "other_product"
#: Reasons that are signed, because a person is told them: a status does not say them.
SIGNED_REASONS = frozenset(
    {"refunded", "disputed", "not_paid", "payment_not_confirmed", OTHER_PRODUCT}
)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The vendor's terms. `audience` is the product id; times in seconds."""

    issuer: str
    audience: str
    offline_grace_s: int = 72 * 3600
    refresh_after_s: int = 21_600
    device_limit: int = 3
    exchange_limit: int = 5
    exchange_window_s: int = 30 * 86_400


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What one device may do, decided at one instant.

    `boundary_ms` is the grace boundary, or the end of a refusal; `grace_s` is the grace before it.
    """

    active: bool
    status: str
    reason: str | None
    boundary_ms: int
    grace_s: int
    entitlement: Entitlement | None


def decide_standing(
    state: BillingState,
    *,
    entitles: ProductEntitlement | None,
    now_ms: int,
    terms: Terms,
    removed: bool = False,
) -> Standing:
    """Decide at `now_ms`. `entitles` is what the state's price entitles to, null for no license."""
    entitlement = _entitlement(state, entitles) if entitles else None
    refused = Standing(
        active=False,
        status=state.status,
        reason=state.reason,
        boundary_ms=_whole_second(now_ms + REFUSAL_MS),
        grace_s=0,
        entitlement=entitlement if state.ever_paid else None,
    )
    if removed:
        return msgspec.structs.replace(refused, status=DEVICE_REMOVED, reason=DEVICE_REMOVED)
    if not state.entitled:
        return refused
    if state.seats < 1:
        # Stripe bills nothing for a quantity of 0, and nothing is what it buys.
        return msgspec.structs.replace(refused, reason=state.reason or "not_paid")
    if entitlement is None:
        bought_else = state.price_id is not None or state.subscription_id is not None
        reason = OTHER_PRODUCT if bought_else and not state.free else "not_paid"
        return msgspec.structs.replace(refused, reason=state.reason or reason)
    ends_at, grace_s = grace_boundary(state, terms, now_ms)
    if not _runs(state, terms, now_ms):
        reason = state.reason or (
            "payment_not_confirmed" if state.status == SETTLING else "period_ended"
        )
        return msgspec.structs.replace(refused, reason=reason)
    return Standing(
        active=True,
        status=state.status,
        reason=state.reason,
        boundary_ms=_whole_second(ends_at),
        grace_s=grace_s,
        entitlement=entitlement,
    )


def grace_boundary(state: BillingState, terms: Terms, now_ms: int) -> tuple[int, int]:
    """The instant (ms) until which an entitled device may work offline, and its grace in seconds.

    While settling it is a day after the checkout was completed, and not after each status call:
    calling again must not prolong a payment that never comes. A single purchase is paid and has
    no period, so each call gives it another day.
    """
    if state.bought_once:
        return now_ms + ROLLING_MS, to_seconds(ROLLING_MS)
    if state.period_end_ms is None:
        return (state.settling_since_ms or 0) + SETTLING_MS, to_seconds(SETTLING_MS)
    # A canceled subscription has no renewal to wait for. While past due, the grace is for paying
    # what is owed already, and canceling takes none of it away.
    no_grace = state.no_grace or (state.cancel_at_period_end and state.status != "past_due")
    ends_at = state.period_end_ms
    if state.due_ms is not None:
        ends_at = min(ends_at, state.due_ms) if no_grace else state.due_ms
    grace_s = 0 if no_grace else terms.offline_grace_s
    # A period may end with the calendar, and no document can name an instant after it.
    return min(ends_at + to_ms(grace_s), MAX_MS), grace_s


def state_at(state: BillingState, terms: Terms, now_ms: int) -> BillingState:
    """What counts at `now_ms`: the state, or what else entitles once its period has run out."""
    found = (state, *state.alternatives)
    running = (one for one in found if one.entitled and _runs(one, terms, now_ms))
    return next(running, state)


def _runs(state: BillingState, terms: Terms, now_ms: int) -> bool:
    # In whole seconds, like `exp`: a license that has already expired must not be issued.
    return to_seconds(grace_boundary(state, terms, now_ms)[0]) > to_seconds(now_ms)


def _whole_second(ms: int) -> int:
    return ms - ms % SECOND_MS


def _entitlement(state: BillingState, entitles: ProductEntitlement) -> Entitlement:
    return Entitlement(
        key=entitles.key,
        features=_features(state.features, entitles.features),
        seats=state.seats,
        modules=state.modules,
        price_id=state.price_id,
        current_period_end=state.period_end_ms,
        cancel_at_period_end=state.cancel_at_period_end,
    )


def _features(at_stripe: tuple[str, ...] | None, sold: tuple[str, ...]) -> tuple[str, ...]:
    """What Stripe's own list grants, if it keeps one, in the order in which it is sold."""
    if at_stripe is None:
        return sold
    return (
        *(one for one in sold if one in at_stripe),
        *(one for one in at_stripe if one not in sold),
    )


def license_for(
    standing: Standing,
    *,
    customer_id: str,
    device_id: str,
    terms: Terms,
    audience: str,
    now_ms: int,
    jti: str,
    nonce: str | None,
) -> License:
    """The license that states the standing; `active: false` is signed like any other.

    `audience` is that of the seller (`license_seller`).
    """
    return License(
        iss=terms.issuer,
        sub=customer_id,
        aud=audience,
        iat=to_seconds(now_ms),
        exp=to_seconds(standing.boundary_ms),
        jti=jti,
        device_id=device_id,
        cnf=Confirmation(jkt=device_id),
        active=standing.active,
        status=standing.status,
        entitlement=standing.entitlement,
        offline_grace=grace_of(standing),
        refresh_after_seconds=terms.refresh_after_s,
        nonce=nonce,
        reason=standing.reason if standing.reason in SIGNED_REASONS else None,
    )


def grace_of(standing: Standing) -> OfflineGrace:
    return OfflineGrace(
        seconds=standing.grace_s,
        ends_at=standing.boundary_ms,
        ends_at_iso=iso(standing.boundary_ms),
    )


def token_for(license_: License) -> DeviceAccessToken | None:
    """The credential that goes with an active license and expires with it; none with a refusal."""
    if not license_.active:
        return None
    return DeviceAccessToken(
        iss=license_.iss,
        sub=license_.sub,
        aud=license_.aud,
        iat=license_.iat,
        exp=license_.exp,
        jti=license_.jti,
        device_id=license_.device_id,
        expires_at=to_ms(license_.exp),
        cnf=license_.cnf,
    )
