"""Example events, created as `stripe trigger` does: by carrying out what causes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.engine.errors import invalid_request, invalid_state
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions import subscription_mode
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon
from keystead_stub.stripe_sim.resources.customers import deletion as customer_deletion
from keystead_stub.stripe_sim.resources.customers import operations as customers
from keystead_stub.stripe_sim.resources.discounts import operations as discounts
from keystead_stub.stripe_sim.resources.entitlements import operations as entitlements
from keystead_stub.stripe_sim.resources.invoices import upcoming
from keystead_stub.stripe_sim.resources.payment_methods.operations import card_named
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode
from keystead_stub.stripe_sim.resources.refunds import operations as refunds
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_sim.resources.subscriptions import operations as subscriptions
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout

_EMAIL = "triggered@example.com"


def trigger(work: UnitOfWork, event_type: str, *, customer_id: str | None = None) -> str:
    """Cause an event of this type; return its id.

    Without a customer, one is created that has just bought the first product. Raises StripeError
    `unknown_event_type`, or whatever the cause itself is refused with.
    """
    if event_type not in _CAUSES:
        raise invalid_request("The event is not supported by trigger.", code="unknown_event_type")
    needs_customer, cause = _CAUSES[event_type]
    if needs_customer and customer_id is None:
        customer_id = _buy(work, None, "pm_card_visa")["customer"]
    cause(work, customer_id)
    # Entitlements are otherwise updated only at the end of the transaction.
    for touched in work.changed_customers:
        entitlements.publish_summary(work, touched)
    # The cause may emit several events; the requested one is found by its type.
    made = work.emitted(event_type)
    if made is None:
        raise invalid_request(
            "The customer is in a state that cannot cause this event.",
            code="illegal_transition",
            status=409,
        )
    return made


def _request(work: UnitOfWork, customer_id: str | None) -> NewCheckout:
    offered = (
        (product, price)
        for product in work.rules.seed.products
        for price in product.prices
        if price.interval is not None
    )
    product, price = next(offered, (None, None))
    if product is None or price is None:
        raise invalid_request("There is no recurring price to create an example with.")
    page = f"{work.rules.base_url}/_stub/success"
    return NewCheckout(
        items=(CheckoutItem(price_id=price.id, quantity=product.min_quantity),),
        success_url=page,
        cancel_url=page,
        customer_id=customer_id,
        customer_email=None if customer_id else _EMAIL,
    )


def _session(work: UnitOfWork, customer_id: str | None) -> Json:
    return checkout.create(work, _request(work, customer_id))


def _buy(work: UnitOfWork, customer_id: str | None, card: str) -> Json:
    return subscription_mode.complete(work, _session(work, customer_id), card_named(card), _EMAIL)


def _bought(work: UnitOfWork, customer_id: str | None) -> None:
    _buy(work, customer_id, "pm_card_visa")


def _debit(card: str) -> Callable[[UnitOfWork, str | None], None]:
    def cause(work: UnitOfWork, customer_id: str | None) -> None:
        session = _buy(work, customer_id, card)
        # The debit's outcome is wanted now, not after its days of processing, and must not come
        # twice.
        work.clear_timers(session["id"])
        subscription_mode.finish_processing(work, session["id"])

    return cause


def _expired(work: UnitOfWork, customer_id: str | None) -> None:
    checkout.expire(work, _session(work, customer_id)["id"])


def _declined(work: UnitOfWork, customer_id: str | None) -> None:
    card = card_named("pm_card_chargeDeclined")
    subscription_mode.decline(work, _session(work, customer_id), card, card.decline_code)


def _updated(work: UnitOfWork, customer_id: str) -> None:
    subscription = subscriptions.find(work, customer_id)
    # A new value each time: a change that changes nothing emits no event.
    stamp = {**subscription["metadata"], "triggered": str(work.now_ms)}
    work.change(subscription, lifecycle.UPDATED, metadata=stamp)


def _customer_updated(work: UnitOfWork, customer_id: str) -> None:
    customer = customers.retrieve(work, customer_id)
    stamp = {**customer["metadata"], "triggered": str(work.now_ms)}
    work.change(customer, "customer.updated", metadata=stamp)


def _renewed(work: UnitOfWork, customer_id: str) -> None:
    subscription = subscriptions.find(work, customer_id)
    if subscription["status"] != "active":
        raise invalid_state("Only an active subscription can be renewed early.")
    lifecycle.bill_from_now(work, subscription)


def _announced(work: UnitOfWork, customer_id: str) -> None:
    upcoming.send_upcoming(work, subscriptions.find(work, customer_id)["id"])


def _renewal_failed(work: UnitOfWork, customer_id: str) -> None:
    customer_controls.fail_next_payment(work, customer_id)
    _renewed(work, customer_id)


def _resumed(work: UnitOfWork, customer_id: str) -> None:
    subscription = subscriptions.find(work, customer_id)
    # Stripe sends `resumed` only for a subscription that was paused.
    if subscription["status"] != "paused":
        customer_controls.pause(work, customer_id, behavior="status")
    customer_controls.resume(work, customer_id)


def _entitlements(work: UnitOfWork, customer_id: str) -> None:
    customers.retrieve(work, customer_id)
    # Again, because an unchanged summary is otherwise not emitted.
    entitlements.publish_summary(work, customer_id, again=True)


def _canceled(work: UnitOfWork, customer_id: str) -> None:
    customer_controls.cancel(work, customer_id, at_period_end=False)


def _paused(work: UnitOfWork, customer_id: str) -> None:
    customer_controls.pause(work, customer_id, behavior="status")


def _refunded(work: UnitOfWork, customer_id: str) -> None:
    customer_controls.refund(work, customer_id)


def _refund_failed(work: UnitOfWork, customer_id: str) -> None:
    if refunds.newest_succeeded(work, customer_id) is None:
        _refunded(work, customer_id)
    customer_controls.fail_refund(work, customer_id)


def _disputed(work: UnitOfWork, customer_id: str) -> None:
    customer_controls.dispute(work, customer_id)


def _inquiry_escalated(work: UnitOfWork, customer_id: str) -> None:
    customer_controls.dispute(work, customer_id, inquiry=True)
    customer_controls.escalate_inquiry(work, customer_id)


def _dispute_closed(work: UnitOfWork, customer_id: str, *, won: bool) -> None:
    if not any(d["status"] == "needs_response" for d in work.of_customer("dispute", customer_id)):
        _disputed(work, customer_id)
    customer_controls.close_dispute(work, customer_id, won=won)


def _discounted(work: UnitOfWork, customer_id: str) -> None:
    made = coupons.create(work, NewCoupon(name="Triggered", percent_off=10))
    subscription = subscriptions.find(work, customer_id)
    discounts.replace_on_subscription(work, subscription, made, None)


def _discount_ended(work: UnitOfWork, customer_id: str) -> None:
    _discounted(work, customer_id)
    customer_controls.remove_discount(work, customer_id)


def _trial_will_end(work: UnitOfWork, customer_id: str | None) -> None:
    # Stripe sends the notice three days before the end, so a trial of three days is announced at
    # once.
    request = msgspec.structs.replace(_request(work, customer_id), trial_period_days=3)
    session = checkout.create(work, request)
    subscription_mode.complete(work, session, card_named("pm_card_visa"), _EMAIL)


def _coupon_made(work: UnitOfWork, _customer_id: str | None) -> None:
    made = coupons.create(work, NewCoupon(name="Triggered", percent_off=10))
    promotion_codes.create(work, NewPromotionCode(coupon_id=made["id"]))


def _card_changed(work: UnitOfWork, customer_id: str) -> None:
    customer_controls.update_card(work, customer_id, "pm_card_mastercard")


_Cause = Callable[[UnitOfWork, str], None]


def _of(cause: _Cause) -> tuple[bool, Callable[[UnitOfWork, str | None], None]]:
    """Mark a cause that needs a customer."""

    def with_customer(work: UnitOfWork, customer_id: str | None) -> None:
        cause(work, customer_id or "")

    return True, with_customer


_CAUSES: dict[str, tuple[bool, Callable[[UnitOfWork, str | None], None]]] = {
    "charge.dispute.closed": _of(partial(_dispute_closed, won=False)),
    "charge.dispute.created": _of(_disputed),
    "charge.dispute.funds_reinstated": _of(partial(_dispute_closed, won=True)),
    "charge.dispute.funds_withdrawn": _of(_disputed),
    "charge.dispute.updated": _of(_inquiry_escalated),
    "charge.failed": (False, _declined),
    "charge.refund.updated": _of(_refund_failed),
    "charge.refunded": _of(_refunded),
    "charge.succeeded": _of(_renewed),
    "checkout.session.async_payment_failed": (False, _debit("sepa_debit_fails")),
    "checkout.session.async_payment_succeeded": (False, _debit("sepa_debit")),
    "checkout.session.completed": (False, _bought),
    "checkout.session.expired": (False, _expired),
    "coupon.created": (False, _coupon_made),
    "customer.discount.created": _of(_discounted),
    "customer.discount.deleted": _of(_discount_ended),
    "customer.subscription.trial_will_end": (False, _trial_will_end),
    "promotion_code.created": (False, _coupon_made),
    "setup_intent.succeeded": _of(_card_changed),
    "customer.created": (False, lambda work, _customer_id: _bought(work, None)),
    "customer.deleted": _of(customer_deletion.delete),
    "customer.subscription.created": (False, _bought),
    "customer.subscription.deleted": _of(_canceled),
    "customer.subscription.paused": _of(_paused),
    "customer.subscription.resumed": _of(_resumed),
    "customer.subscription.updated": _of(_updated),
    "customer.updated": _of(_customer_updated),
    "entitlements.active_entitlement_summary.updated": _of(_entitlements),
    "invoice.created": _of(_renewed),
    "invoice.finalized": _of(_renewed),
    "invoice.paid": _of(_renewed),
    "invoice.payment_failed": _of(_renewal_failed),
    "invoice.payment_succeeded": _of(_renewed),
    "invoice.upcoming": _of(_announced),
    "payment_intent.payment_failed": (False, _declined),
    "payment_intent.succeeded": _of(_renewed),
    "refund.created": _of(_refunded),
    "refund.failed": _of(_refund_failed),
    "refund.updated": _of(_refund_failed),
}

#: All event types that can be triggered.
EVENT_TYPES = tuple(_CAUSES)
