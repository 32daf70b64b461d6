"""Controls of trials, promotions, and the account's money."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar.params import FromQuery
from msgspec import Meta

from keystead_stub.controls.billing_sandbox import BillingSandbox
from keystead_stub.controls.guards import CurrentSandbox, control_routes
from keystead_stub.http.api_routes import Body
from keystead_stub.services import NO_TRIAL, Trial
from keystead_stub.stripe_sim.resources.balance import queries as balance
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon
from keystead_stub.stripe_sim.resources.payouts import operations as payouts_operations
from keystead_stub.stripe_sim.resources.payouts import queries as payouts
from keystead_stub.stripe_sim.resources.promotion_codes import (
    operations as promotion_codes_operations,
)
from keystead_stub.stripe_sim.resources.promotion_codes import queries as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode
from keystead_stub.stripe_sim.resources.promotion_codes.views import PromotionCode
from keystead_stub.stripe_sim.sandbox import stripe_errors_as_problems

Json = dict[str, Any]
_Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class TrialSwitch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The trial of each new checkout; 0 days means none."""

    #: Stripe's limit for `trial_period_days`, two years.
    days: Annotated[int, Meta(ge=0, le=730)] = 14
    card_needed: bool = True
    without_card: Literal["cancel", "create_invoice", "pause"] = "cancel"


class Promotion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A promotion code and the coupon behind it."""

    code: Annotated[str, Meta(min_length=1, max_length=100)]
    #: Stripe's limit for a coupon's name.
    name: Annotated[str, Meta(max_length=40)] | None = None
    # Not limited here: simulated Stripe checks both, and refuses them in Stripe's words.
    percent_off: float | None = None
    amount_off: int | None = None
    currency: Annotated[str, Meta(pattern="^[a-z]{3}$")] = "eur"
    duration: Literal["once", "repeating", "forever"] = "once"
    months: _Count | None = None
    max_redemptions: _Count | None = None
    expires_at: int | None = None
    first_time_only: bool = False
    minimum_amount: _Count | None = None


routes = control_routes()


@routes.put("/_stub/trial")
async def put_trial(sandbox: CurrentSandbox, data: Body[TrialSwitch]) -> Json:
    sandbox.services.switches.trial = Trial(
        days=data.days, card_needed=data.card_needed, without_card=data.without_card
    )
    return _trial(sandbox)


@routes.delete("/_stub/trial")
async def delete_trial(sandbox: CurrentSandbox) -> Json:
    sandbox.services.switches.trial = NO_TRIAL
    return _trial(sandbox)


def _trial(sandbox: BillingSandbox) -> Json:
    trial = sandbox.services.switches.trial
    return {
        "days": trial.days,
        "cardNeeded": trial.card_needed,
        "withoutCard": trial.without_card,
    }


@routes.get("/_stub/promotions")
async def get_promotions(sandbox: CurrentSandbox) -> Json:
    found = sandbox.stripe.read(promotion_codes.list_all)
    return {"promotions": [_shown(one) for one in found]}


@routes.post("/_stub/promotions")
async def post_promotion(sandbox: CurrentSandbox, data: Body[Promotion]) -> Json:
    with stripe_errors_as_problems():
        coupon = sandbox.stripe.submit(coupons.create, _coupon(data))
        made = sandbox.stripe.submit(promotion_codes_operations.create, _code(data, coupon["id"]))
    await sandbox.deliver()
    codes = sandbox.stripe.read(promotion_codes.list_all)
    return _shown(next(one for one in codes if one.id == made["id"]))


def _coupon(request: Promotion) -> NewCoupon:
    return NewCoupon(
        name=request.name,
        percent_off=request.percent_off,
        amount_off=request.amount_off,
        currency=request.currency,
        duration=request.duration,
        duration_in_months=request.months,
    )


def _code(request: Promotion, coupon_id: str) -> NewPromotionCode:
    return NewPromotionCode(
        coupon_id=coupon_id,
        code=request.code,
        max_redemptions=request.max_redemptions,
        expires_at_ms=request.expires_at,
        first_time_transaction=request.first_time_only,
        minimum_amount=request.minimum_amount,
        minimum_amount_currency=request.currency if request.minimum_amount else None,
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


@routes.get("/_stub/money")
async def get_money(sandbox: CurrentSandbox, account: FromQuery[str | None] = None) -> Json:
    """Get the money of the platform's account, or of the connected `account`, as Stripe objects."""
    with stripe_errors_as_problems():
        return _money(sandbox.within(account))


@routes.post("/_stub/money/fail-next-payout")
async def post_fail_next_payout(
    sandbox: CurrentSandbox, account: FromQuery[str | None] = None
) -> Json:
    with stripe_errors_as_problems():
        sandbox = sandbox.within(account)
        sandbox.stripe.run(payouts_operations.fail_next)
        return _money(sandbox)


def _money(sandbox: BillingSandbox) -> Json:
    return {
        "balance": sandbox.stripe.read(balance.get),
        "payouts": list(sandbox.stripe.read(payouts.list_all)),
    }
