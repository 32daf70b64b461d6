"""Subscriptions created through the API, with a saved payment method or none yet.

https://docs.stripe.com/api/subscriptions/create#create_subscription-payment_behavior
"""

from __future__ import annotations

from keystead.instants import to_seconds
from keystead_stub.stripe_sim.engine.calendar import DAY_S
from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions.line_items import (
    LineItem,
    for_subscription,
)
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.discounts import operations as discounts
from keystead_stub.stripe_sim.resources.invoices import lifecycle as invoice_lifecycle
from keystead_stub.stripe_sim.resources.payment_methods import attempts
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle, start
from keystead_stub.stripe_sim.resources.subscriptions.requests import NewSubscription
from keystead_stub.stripe_sim.resources.subscriptions.rules import MAX_TRIAL_DAYS, Cause, Status

#: How long an incomplete subscription waits for its first payment.
_WAITED_S = 23 * 3600


def create(work: UnitOfWork, request: NewSubscription) -> Json:
    """Create a subscription. Nothing is created if it raises StripeError."""
    customer = retrieve(work, request.customer_id)
    lines = for_subscription(work, request.items)
    method = payment_methods.default_for(work, customer)
    if request.payment_method_id is not None:
        method = work.get("payment_method", request.payment_method_id)
        if method["customer"] != customer["id"]:
            raise invalid_request("The payment method must be attached to the customer.")
    # Checked before anything is created: an invalid discount refuses the whole request.
    discount = _discount(work, request, lines)
    terms = _terms(work, request, lines)
    subscription = start.create(work, customer, terms, discount)
    invoice = start.first_invoice(work, customer, subscription)
    _collect(work, request, customer, invoice, method)
    if subscription["status"] == Status.INCOMPLETE:
        work.set_timer(work.now_s + _WAITED_S, "never_paid", subscription["id"])
    # Only once it is active: an incomplete subscription has no period to end.
    elif request.cancel_at_period_end:
        lifecycle.apply(
            work, subscription, Cause.CANCEL_AT_PERIOD_END, reason=lifecycle.CANCELLATION_REQUESTED
        )
    return subscription


def _terms(work: UnitOfWork, request: NewSubscription, lines: list[LineItem]) -> start.Terms:
    end_s = None
    if request.trial_end_ms is not None:
        end_s = to_seconds(request.trial_end_ms)
    elif request.trial_period_days:
        end_s = work.now_s + request.trial_period_days * DAY_S
    longest = work.now_s + MAX_TRIAL_DAYS * DAY_S
    if end_s is not None and not work.now_s < end_s <= longest:
        raise invalid_request(
            f"Invalid trial_end: must be in the future, at most {MAX_TRIAL_DAYS} days from now."
        )
    return start.Terms(
        items=tuple((one.price, one.quantity) for one in lines),
        description=request.description,
        metadata=request.metadata,
        payment_method_id=request.payment_method_id,
        trial_end=end_s,
        trial_end_behavior=request.trial_end_behavior,
    )


def _discount(
    work: UnitOfWork, request: NewSubscription, lines: list[LineItem]
) -> start.Discount | None:
    found = promotion_codes.resolve(work, request.coupon_id, request.promotion_code_id)
    if found is None:
        return None
    subtotal, currency = sum(one.amount for one in lines), lines[0].price["currency"]
    buyer = discounts.buyer(work, request.customer_id, subtotal, currency)
    discounts.check(work, *found, buyer)
    return start.Discount(*found)


def _collect(
    work: UnitOfWork, request: NewSubscription, customer: Json, invoice: Json, method: Json | None
) -> None:
    if invoice["amount_due"] == 0:
        invoice_lifecycle.mark_paid(work, invoice, None)
        lifecycle.invoice_paid(work, invoice)
        return
    # The caller's front end confirms the payment intent; see the module's link.
    if request.payment_behavior == "default_incomplete":
        return
    decline_code = payment_methods.off_session_decline(work, customer, method)
    if decline_code is None:
        invoice_lifecycle.mark_paid(work, invoice, method)
        lifecycle.invoice_paid(work, invoice)
        return
    if request.payment_behavior == "error_if_incomplete" or method is None:
        # The error rolls the transaction back, so the subscription does not exist.
        raise attempts.card_error(decline_code)
    invoice_lifecycle.record_failed_payment(
        work, invoice, method, decline_code, next_attempt_s=None
    )
    # Not spent: a first payment has no retries, but 23 hours to be made.
    lifecycle.invoice_failed(work, invoice, spent=False)


def expire_incomplete(work: UnitOfWork, subscription_id: str) -> None:
    """Expire a subscription whose first payment is overdue."""
    subscription = work.get("subscription", subscription_id)
    if subscription["status"] == Status.INCOMPLETE:
        lifecycle.apply(work, subscription, Cause.NEVER_PAID)
