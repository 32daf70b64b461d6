"""What happens to a customer later: cancelling, pausing, a card that fails or is changed."""

from __future__ import annotations

from typing import Literal

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import living_customer, refuse
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.customers import shape as people
from keystead_stub.stripe_sim.resources.payment_methods import operations as methods
from keystead_stub.stripe_sim.resources.products import shape as sale
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_sim.resources.subscriptions.rules import Cause, Status
from keystead_stub.stripe_types.errors import StripeError

REQUESTED = "cancellation_requested"


def subscription_of(work: UnitOfWork, customer_id: str, subscription_id: str | None = None) -> Json:
    """Return the subscription that a control is about, or raise StripeError.

    Where none is named it is the newest that lives.
    """
    living_customer(work, customer_id)
    if subscription_id is not None:
        return work.get("subscription", subscription_id)
    subscription = lifecycle.current(work, customer_id)
    if subscription is None:
        raise refuse("This customer has no subscription.", code="resource_missing", status=404)
    return subscription


def illegal(sentence: str) -> StripeError:
    return refuse(sentence, code="illegal_transition", status=409)


def cancel(
    work: UnitOfWork,
    customer_id: str,
    *,
    at_period_end: bool,
    subscription_id: str | None = None,
    invoice_now: bool = False,
) -> Json:
    subscription = subscription_of(work, customer_id, subscription_id)
    cause = Cause.CANCEL_AT_PERIOD_END if at_period_end else Cause.CANCEL_NOW
    lifecycle.apply(work, subscription, cause, reason=REQUESTED, invoice_now=invoice_now)
    return subscription


def resume(work: UnitOfWork, customer_id: str, *, subscription_id: str | None = None) -> Json:
    subscription = subscription_of(work, customer_id, subscription_id)
    if subscription["status"] == Status.PAUSED:
        customer = work.get("customer", customer_id)
        if methods.default(work, customer) is None:
            raise illegal("There is no card to charge: add one first.")
        lifecycle.apply(work, subscription, Cause.RESUME)
        work.emit("customer.subscription.resumed", subscription)
    elif subscription["pause_collection"]:
        work.change(subscription, lifecycle.UPDATED, pause_collection=None)
    elif subscription["cancel_at_period_end"] and not lifecycle.is_over(subscription):
        lifecycle.apply(work, subscription, Cause.KEEP)
    else:
        raise illegal("There is no pause and no cancellation to take back.")
    return subscription


def pause(
    work: UnitOfWork,
    customer_id: str,
    *,
    behavior: Literal["status", "collection"],
    subscription_id: str | None = None,
) -> Json:
    subscription = subscription_of(work, customer_id, subscription_id)
    if behavior == "status":
        lifecycle.apply(work, subscription, Cause.PAUSE)
        work.emit("customer.subscription.paused", subscription)
    elif subscription["status"] != Status.ACTIVE:
        raise illegal("Only an active subscription can pause its collection.")
    else:
        halt = {"behavior": "void", "resumes_at": None}
        work.change(subscription, lifecycle.UPDATED, pause_collection=halt)
    return subscription


def discount(work: UnitOfWork, customer_id: str, typed: str) -> Json:
    """Give the subscription the discount of a promotion code; return the discount."""
    subscription = subscription_of(work, customer_id)
    if lifecycle.is_over(subscription):
        raise illegal("This subscription is over.")
    code = coupons.find_code(work, typed)
    if code is None:
        raise refuse(coupons.UNKNOWN, code="resource_missing", status=404)
    coupon = work.get("coupon", code["promotion"]["coupon"])
    subtotal = sum(map(sale.item_amount, lifecycle.items_of(subscription)))
    buyer = coupons.buyer(work, customer_id, subtotal, subscription["currency"])
    coupons.check(work, coupon, code, buyer)
    return coupons.put(work, subscription, coupon, code)


def discount_customer(
    work: UnitOfWork, customer_id: str, coupon_id: str | None, code_id: str | None
) -> Json:
    """Give a customer the discount of a coupon or promotion code; return the discount."""
    customer = living_customer(work, customer_id)
    found = coupons.named(work, coupon_id, code_id)
    if found is None:
        raise refuse("Name a coupon or a promotion code.")
    currency = found[0]["currency"] or customer["currency"] or ""
    # What they will buy is not known: a smallest amount is looked at with nothing.
    coupons.check(work, *found, coupons.buyer(work, customer_id, 0, currency))
    return coupons.give_customer(work, customer, *found)


def undiscount_customer(work: UnitOfWork, customer_id: str) -> Json:
    """Let a customer pay the plain price again; return the discount that they had."""
    return coupons.take_from_customer(work, living_customer(work, customer_id))


def remove_discount(work: UnitOfWork, customer_id: str) -> None:
    subscription = subscription_of(work, customer_id)
    if not subscription["discounts"]:
        raise illegal("There is no discount to remove.")
    coupons.take_off(work, subscription)


def fail_next_payment(work: UnitOfWork, customer_id: str) -> None:
    living_customer(work, customer_id)
    work.remember(customer_id, failing=True)


def update_card(work: UnitOfWork, customer_id: str, card_name: str) -> Json:
    """Attach another card and charge that from now on; raises StripeError if it is declined."""
    customer = living_customer(work, customer_id)
    card = methods.card_named(card_name)
    if card.at_checkout == "declined":
        raise methods.declined(card.decline_code)
    method = methods.set_up(work, card, customer)
    work.remember(customer_id, failing=False)
    for subscription in work.of_customer("subscription", customer_id):
        if not lifecycle.is_over(subscription):
            work.change(subscription, lifecycle.UPDATED, default_payment_method=method["id"])
    return method


def delete_customer(work: UnitOfWork, customer_id: str) -> None:
    """Delete the customer, and cancel at once what they subscribe to."""
    customer = living_customer(work, customer_id)
    for subscription in work.of_customer("subscription", customer_id):
        if not lifecycle.is_over(subscription):
            lifecycle.apply(work, subscription, Cause.CANCEL_NOW, reason=REQUESTED)
    work.emit("customer.deleted", customer)
    for name in set(customer) - {"id", "object"}:
        del customer[name]
    customer.update(people.deleted_customer(customer_id))
    work.save(customer)
