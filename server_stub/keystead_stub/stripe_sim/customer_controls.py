"""Controls of one customer: what they, their bank or time would do to them at a real Stripe.

Each acts on the customer's current subscription unless it says otherwise.
"""

from __future__ import annotations

from typing import Literal

from keystead_stub.stripe_sim.engine.errors import invalid_request, invalid_state
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.charges import operations as charges
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.discounts import operations as discounts
from keystead_stub.stripe_sim.resources.disputes import operations as disputes
from keystead_stub.stripe_sim.resources.payment_methods import default_card
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes.operations import UNKNOWN
from keystead_stub.stripe_sim.resources.refunds import operations as refunds
from keystead_stub.stripe_sim.resources.subscription_items import shape as item_shape
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle, operations, preview, update
from keystead_stub.stripe_sim.resources.subscriptions.preview import Preview
from keystead_stub.stripe_sim.resources.subscriptions.requests import SubscriptionChange
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.values import Card, Subscription


def _view(work: UnitOfWork, subscription: Json) -> Subscription:
    return views.subscription(subscription, work.rules.seed.price_ids)


def cancel(
    work: UnitOfWork,
    customer_id: str,
    *,
    at_period_end: bool = True,
    invoice_now: bool = False,
) -> Subscription:
    subscription = operations.find(work, customer_id)
    operations.cancel(work, subscription, at_period_end=at_period_end, invoice_now=invoice_now)
    return _view(work, subscription)


def resume(work: UnitOfWork, customer_id: str) -> Subscription:
    """End a pause, or a cancellation at the period's end."""
    subscription = operations.find(work, customer_id)
    operations.resume(work, subscription)
    return _view(work, subscription)


def pause(
    work: UnitOfWork, customer_id: str, *, behavior: Literal["status", "collection"] = "status"
) -> Subscription:
    """Pause the subscription (`status`), or only stop collecting payments (`collection`)."""
    subscription = operations.find(work, customer_id)
    pause_it = operations.pause if behavior == "status" else operations.pause_collection
    pause_it(work, subscription)
    return _view(work, subscription)


def update_subscription(
    work: UnitOfWork, customer_id: str, change: SubscriptionChange
) -> Subscription:
    """Change seats, price or billing day at once, prorated to the second."""
    subscription = operations.find(work, customer_id)
    update.apply_change(work, subscription, change)
    return _view(work, subscription)


def preview_change(work: UnitOfWork, customer_id: str, change: SubscriptionChange) -> Preview:
    """Return what a change costs, without charging the card. Run it with `Account.preview`."""
    subscription = operations.find(work, customer_id)
    outcome = update.apply_change(work, subscription, change, collect=False)
    return preview.preview(work, outcome)


def refund(work: UnitOfWork, customer_id: str, *, amount: int | None = None) -> Json:
    """Refund the newest paid charge, all of it unless `amount`; return the charge."""
    charge = charges.newest_refundable(work, customer_id)
    refunds.refund_charge(work, charge, amount)
    return charge


def fail_refund(work: UnitOfWork, customer_id: str) -> Json:
    """Let the newest refund fail, as where the bank can't pay it out; return the refund."""
    work.get("customer", customer_id)
    refund = refunds.newest_succeeded(work, customer_id)
    if refund is None:
        raise invalid_state("This customer has no refund that can fail.")
    refunds.fail(work, refund)
    return refund


def dispute(
    work: UnitOfWork, customer_id: str, *, reason: str = "fraudulent", inquiry: bool = False
) -> Json:
    """Dispute the newest paid charge, or inquire about it, as the customer's bank would.

    Returns the dispute.
    """
    charge = charges.newest_refundable(work, customer_id)
    return disputes.create(work, customer_id, charge, reason=reason, inquiry=inquiry)


def escalate_inquiry(work: UnitOfWork, customer_id: str) -> Json:
    """Turn the newest open inquiry into a chargeback; return the dispute."""
    dispute = _open_dispute(work, customer_id)
    disputes.escalate(work, dispute)
    return dispute


def close_dispute(work: UnitOfWork, customer_id: str, *, won: bool) -> Json:
    """Decide the newest open dispute as the customer's bank would; return the dispute."""
    dispute = _open_dispute(work, customer_id)
    disputes.decide(work, dispute, won=won)
    return dispute


def _open_dispute(work: UnitOfWork, customer_id: str) -> Json:
    # An unknown customer is "No such customer", not one without disputes.
    work.get("customer", customer_id)
    dispute = disputes.newest_open(work, customer_id)
    if dispute is None:
        raise invalid_state("This customer has no open dispute.")
    return dispute


def apply_promotion_code(work: UnitOfWork, customer_id: str, typed: str) -> Json:
    """Discount the subscription by a promotion code; return the discount."""
    subscription = operations.find(work, customer_id)
    if lifecycle.has_ended(subscription):
        raise invalid_state("This subscription is over.")
    code = promotion_codes.find(work, typed)
    if code is None:
        raise invalid_request(UNKNOWN, code="resource_missing", status=404)
    coupon = work.get("coupon", code["promotion"]["coupon"])
    subtotal = sum(map(item_shape.amount, lifecycle.items_of(subscription)))
    buyer = discounts.buyer(work, customer_id, subtotal, subscription["currency"])
    discounts.check(work, coupon, code, buyer)
    return discounts.replace_on_subscription(work, subscription, coupon, code)


def remove_discount(work: UnitOfWork, customer_id: str) -> None:
    subscription = operations.find(work, customer_id)
    if not subscription["discounts"]:
        # Stripe's own words for a subscription without a discount.
        raise invalid_state("No active discount for subscription.")
    discounts.remove_from_subscription(work, subscription)


def update_card(work: UnitOfWork, customer_id: str, card_name: str) -> Card:
    """Attach a test card and charge it from now on."""
    return views.card(default_card.replace(work, customer_id, card_name))


def fail_next_payment(work: UnitOfWork, customer_id: str) -> None:
    """Decline the next renewal and its retries, until the customer has another card."""
    retrieve(work, customer_id)
    # Beside the object: Stripe's customers have no such field, and developers must not come to rely
    # on one.
    work.update_private(customer_id, failing=True)
