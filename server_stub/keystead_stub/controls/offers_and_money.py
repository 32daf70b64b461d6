"""Controls of what is sold, and of the account's own money."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromQuery
from msgspec import Meta

from keystead_stub.controls.guards import MAX_BODY, AnyRequest, read, rehearsal_of
from keystead_stub.controls.sandbox import Rehearsal, stripe_answers
from keystead_stub.http.local_callers import local_only, simulated_only
from keystead_stub.services import NO_TRIAL, Trial
from keystead_stub.stripe_sim.resources.coupons.requests import (
    NewCoupon,
    NewPromotionCode,
    PromotionCode,
)

_OPTIONS: dict[str, Any] = {
    "guards": [local_only, simulated_only],
    "include_in_schema": False,
    "status_code": 200,
    "request_max_body_size": MAX_BODY,
}
Json = dict[str, Any]
_Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class TrialSwitch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The trial that each new checkout gets; 0 days is none."""

    days: Annotated[int, Meta(ge=0, le=730)] = 14
    card_needed: bool = True
    without_card: Literal["cancel", "create_invoice", "pause"] = "cancel"


class Promotion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A promotion code and the coupon behind it."""

    code: Annotated[str, Meta(min_length=1, max_length=100)]
    name: Annotated[str, Meta(max_length=40)] | None = None
    percent_off: float | None = None
    amount_off: int | None = None
    currency: Annotated[str, Meta(pattern="^[a-z]{3}$")] = "eur"
    duration: Literal["once", "repeating", "forever"] = "once"
    months: _Count | None = None
    max_redemptions: _Count | None = None
    expires_at: int | None = None
    first_time_only: bool = False
    minimum_amount: _Count | None = None


@put("/_stub/trial", **_OPTIONS)
async def put_trial(request: AnyRequest) -> Json:
    wanted = await read(request, TrialSwitch)
    rehearsal_of(request).services.switches.trial = Trial(
        days=wanted.days, card_needed=wanted.card_needed, without_card=wanted.without_card
    )
    return _trial(request)


@delete("/_stub/trial", **_OPTIONS)
async def delete_trial(request: AnyRequest) -> Json:
    rehearsal_of(request).services.switches.trial = NO_TRIAL
    return _trial(request)


def _trial(request: AnyRequest) -> Json:
    trial = rehearsal_of(request).services.switches.trial
    return {
        "days": trial.days,
        "cardNeeded": trial.card_needed,
        "withoutCard": trial.without_card,
    }


@get("/_stub/promotions", **_OPTIONS)
async def get_promotions(request: AnyRequest) -> Json:
    found = rehearsal_of(request).controls.promotion_codes()
    return {"promotions": [_shown(one) for one in found]}


@post("/_stub/promotions", **_OPTIONS)
async def post_promotion(request: AnyRequest) -> Json:
    wanted = await read(request, Promotion)
    rehearsal = rehearsal_of(request)
    with stripe_answers():
        coupon = rehearsal.controls.create_coupon(_coupon(wanted))
        made = rehearsal.controls.create_promotion_code(_code(wanted, coupon["id"]))
    await rehearsal.deliver()
    codes = rehearsal.controls.promotion_codes()
    return _shown(next(one for one in codes if one.id == made["id"]))


def _coupon(wanted: Promotion) -> NewCoupon:
    return NewCoupon(
        name=wanted.name,
        percent_off=wanted.percent_off,
        amount_off=wanted.amount_off,
        currency=wanted.currency,
        duration=wanted.duration,
        duration_in_months=wanted.months,
    )


def _code(wanted: Promotion, coupon_id: str) -> NewPromotionCode:
    return NewPromotionCode(
        coupon_id=coupon_id,
        code=wanted.code,
        max_redemptions=wanted.max_redemptions,
        expires_at_ms=wanted.expires_at,
        first_time_transaction=wanted.first_time_only,
        minimum_amount=wanted.minimum_amount,
        minimum_amount_currency=wanted.currency if wanted.minimum_amount else None,
    )


def _shown(promotion: PromotionCode) -> Json:
    gives = promotion.reduction
    return {
        "id": promotion.id,
        "status": "active" if promotion.active else "inactive",
        "code": promotion.code,
        "name": gives.name,
        "percentOff": gives.percent_off,
        "amountOff": gives.amount_off,
        "currency": gives.currency,
        "duration": gives.duration,
        "months": gives.months,
        "timesRedeemed": promotion.times_redeemed,
        "maxRedemptions": promotion.max_redemptions,
        "expiresAt": promotion.expires_at_ms,
    }


@get("/_stub/money", **_OPTIONS)
async def get_money(request: AnyRequest, account: FromQuery[str | None] = None) -> Json:
    """The money of our own Stripe account, or of the connected `account`, as Stripe's objects."""
    with stripe_answers():
        return _money(rehearsal_of(request).within(account))


@post("/_stub/money/fail-next-payout", **_OPTIONS)
async def post_fail_next_payout(request: AnyRequest, account: FromQuery[str | None] = None) -> Json:
    with stripe_answers():
        rehearsal = rehearsal_of(request).within(account)
        rehearsal.controls.fail_next_payout()
        return _money(rehearsal)


def _money(rehearsal: Rehearsal) -> Json:
    return {
        "balance": rehearsal.controls.balance(),
        "payouts": list(rehearsal.controls.payouts()),
    }


ROUTES = (
    put_trial,
    delete_trial,
    get_promotions,
    post_promotion,
    get_money,
    post_fail_next_payout,
)
