"""What a checkout session asks its customer to agree to. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keystead.instants import to_ms
from keystead_stub.stripe_sim.engine.calendar import DAY_S
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.resources.checkout_sessions import line_items
from keystead_stub.stripe_sim.resources.discounts import views as discount_views
from keystead_stub.stripe_sim.resources.discounts.views import AppliedDiscount
from keystead_stub.stripe_types.api import Document


def terms(
    session: Document,
    wanted: Json,
    lines: Sequence[line_items.LineItem],
    *,
    coupon: Document | None,
    code: Document | None,
    now_s: int,
) -> CheckoutTerms:
    """Return what the session asks the person to agree to. Pure."""
    once = session["mode"] == "payment"
    recurring = 0 if once else sum(one.amount for one in lines)
    off = session["total_details"]["amount_discount"]
    # Computed from the lines, because the session's own discount is 0 during a trial.
    later = sum(line_items.discount_amounts(lines, coupon))
    discount = None
    if coupon is not None:
        reduction = discount_views.reduction(coupon)
        discount = AppliedDiscount(
            reduction=reduction, code=code["code"] if code else None, amount=off
        )
    days = wanted["trial_days"]
    total = session["amount_total"]
    return CheckoutTerms(
        currency=session["currency"],
        once=once,
        lines=tuple(
            CheckoutLine(
                name=one.name,
                quantity=one.quantity,
                unit_amount=one.price["unit_amount"],
                amount=one.amount,
            )
            for one in lines
        ),
        subtotal=session["amount_subtotal"],
        total=total,
        recurring=recurring,
        then=recurring - later if days else recurring,
        discount=discount,
        trial_end_ms=to_ms(now_s + days * DAY_S) if days else None,
        needs_card=total > 0 or session["payment_method_collection"] == "always",
        takes_codes=bool(session["allow_promotion_codes"]),
    )


class CheckoutLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a checkout: `quantity` of a product."""

    name: str
    quantity: int
    unit_amount: int
    amount: int


class CheckoutTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer of a session is asked to agree to.

    `subtotal` and `total` are due today. What is bought `once` is the `lines` and no more; else
    `recurring` is the plain price of each period, and `then` what the invoice after a trial asks
    for, which ends at `trial_end_ms`.
    """

    currency: str
    once: bool
    lines: tuple[CheckoutLine, ...]
    subtotal: int
    total: int
    recurring: int
    then: int
    discount: AppliedDiscount | None
    trial_end_ms: int | None
    needs_card: bool
    takes_codes: bool
