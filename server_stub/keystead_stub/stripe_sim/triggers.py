"""Example events, made like `stripe trigger` makes them: by really doing what causes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from keystead_stub.stripe_port.interface import CheckoutItem, NewCheckout
from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import Ledger
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions import subscription_mode
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import refuse
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon, NewPromotionCode
from keystead_stub.stripe_sim.resources.entitlements import operations as entitlements
from keystead_stub.stripe_sim.resources.invoices import upcoming
from keystead_stub.stripe_sim.resources.payment_methods.operations import card_named
from keystead_stub.stripe_sim.resources.refunds import operations as money_back
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle

_EMAIL = "triggered@example.com"


def trigger(ledger: Ledger, event_type: str, customer_id: str | None) -> str:
    """Cause an event of this type; return its id.

    Without a customer, one is made who has just bought the first plan. Raises StripeRefused
    `unknown_event_type`, or whatever the cause itself is refused with.
    """
    if event_type not in _CAUSES:
        raise refuse("Events of this type cannot be triggered.", code="unknown_event_type")
    needs_customer, cause = _CAUSES[event_type]
    if needs_customer and customer_id is None:
        customer_id = _buy(ledger, None, "pm_card_visa")["customer"]
    cause(ledger, customer_id)
    # The change that this event tells of may be one that is told at the end.
    for touched in ledger.touched:
        entitlements.tell(ledger, touched)
    made = ledger.emitted(event_type)
    if made is None:
        raise refuse("This customer gives no cause for it.", code="illegal_transition", status=409)
    return made


def _request(ledger: Ledger, customer_id: str | None) -> NewCheckout:
    plan = ledger.rules.catalogue.plans[0]
    page = f"{ledger.rules.base_url}/_stub/success"
    return NewCheckout(
        items=(CheckoutItem(price_id=plan.prices[0].id, quantity=plan.min_seats),),
        success_url=page,
        cancel_url=page,
        customer_id=customer_id,
        customer_email=None if customer_id else _EMAIL,
    )


def _session(ledger: Ledger, customer_id: str | None) -> Json:
    return checkout.open_session(ledger, _request(ledger, customer_id))


def _buy(ledger: Ledger, customer_id: str | None, card: str) -> Json:
    return subscription_mode.complete(
        ledger, _session(ledger, customer_id), card_named(card), _EMAIL
    )


def _bought(ledger: Ledger, customer_id: str | None) -> None:
    _buy(ledger, customer_id, "pm_card_visa")


def _debit(card: str) -> Callable[[Ledger, str | None], None]:
    def cause(ledger: Ledger, customer_id: str | None) -> None:
        session = _buy(ledger, customer_id, card)
        ledger.clear(session["id"])
        subscription_mode.debit_known(ledger, session["id"])

    return cause


def _expired(ledger: Ledger, customer_id: str | None) -> None:
    checkout.expire(ledger, _session(ledger, customer_id)["id"])


def _declined(ledger: Ledger, customer_id: str | None) -> None:
    card = card_named("pm_card_chargeDeclined")
    subscription_mode.decline(ledger, _session(ledger, customer_id), card, card.decline_code)


def _updated(ledger: Ledger, customer_id: str) -> None:
    subscription = customer_controls.subscription_of(ledger, customer_id)
    stamp = {**subscription["metadata"], "triggered": str(ledger.now_ms)}
    ledger.change(subscription, lifecycle.UPDATED, metadata=stamp)


def _customer_updated(ledger: Ledger, customer_id: str) -> None:
    customer = checkout.living_customer(ledger, customer_id)
    stamp = {**customer["metadata"], "triggered": str(ledger.now_ms)}
    ledger.change(customer, "customer.updated", metadata=stamp)


def _renewed(ledger: Ledger, customer_id: str) -> None:
    subscription = customer_controls.subscription_of(ledger, customer_id)
    if subscription["status"] != "active":
        raise customer_controls.illegal("Only an active subscription can be renewed early.")
    lifecycle.bill_from_now(ledger, subscription)


def _announced(ledger: Ledger, customer_id: str) -> None:
    upcoming.announce(ledger, customer_controls.subscription_of(ledger, customer_id)["id"])


def _renewal_failed(ledger: Ledger, customer_id: str) -> None:
    customer_controls.fail_next_payment(ledger, customer_id)
    _renewed(ledger, customer_id)


def _resumed(ledger: Ledger, customer_id: str) -> None:
    subscription = customer_controls.subscription_of(ledger, customer_id)
    if subscription["status"] != "paused":
        customer_controls.pause(ledger, customer_id, behavior="status")
    customer_controls.resume(ledger, customer_id)


def _entitlements(ledger: Ledger, customer_id: str) -> None:
    checkout.living_customer(ledger, customer_id)
    entitlements.tell(ledger, customer_id, again=True)


def _canceled(ledger: Ledger, customer_id: str) -> None:
    customer_controls.cancel(ledger, customer_id, at_period_end=False)


def _paused(ledger: Ledger, customer_id: str) -> None:
    customer_controls.pause(ledger, customer_id, behavior="status")


def _refunded(ledger: Ledger, customer_id: str) -> None:
    money_back.refund(ledger, customer_id, amount=None)


def _disputed(ledger: Ledger, customer_id: str) -> None:
    money_back.dispute(ledger, customer_id, reason="fraudulent")


def _dispute_closed(ledger: Ledger, customer_id: str, *, won: bool) -> None:
    if not any(d["status"] == "needs_response" for d in ledger.of_customer("dispute", customer_id)):
        _disputed(ledger, customer_id)
    money_back.close_dispute(ledger, customer_id, won=won)


def _discounted(ledger: Ledger, customer_id: str) -> None:
    made = coupons.create_coupon(ledger, NewCoupon(name="Triggered", percent_off=10))
    subscription = customer_controls.subscription_of(ledger, customer_id)
    coupons.put(ledger, subscription, made, None)


def _discount_ended(ledger: Ledger, customer_id: str) -> None:
    _discounted(ledger, customer_id)
    customer_controls.remove_discount(ledger, customer_id)


def _trial_will_end(ledger: Ledger, customer_id: str | None) -> None:
    request = msgspec.structs.replace(_request(ledger, customer_id), trial_period_days=3)
    session = checkout.open_session(ledger, request)
    subscription_mode.complete(ledger, session, card_named("pm_card_visa"), _EMAIL)


def _coupon_made(ledger: Ledger, _customer_id: str | None) -> None:
    made = coupons.create_coupon(ledger, NewCoupon(name="Triggered", percent_off=10))
    coupons.create_promotion_code(ledger, NewPromotionCode(coupon_id=made["id"]))


def _card_changed(ledger: Ledger, customer_id: str) -> None:
    customer_controls.update_card(ledger, customer_id, "pm_card_mastercard")


_Cause = Callable[[Ledger, str], None]


def _of(cause: _Cause) -> tuple[bool, Callable[[Ledger, str | None], None]]:
    """Return a cause that needs a customer."""

    def with_customer(ledger: Ledger, customer_id: str | None) -> None:
        cause(ledger, customer_id or "")

    return True, with_customer


_CAUSES: dict[str, tuple[bool, Callable[[Ledger, str | None], None]]] = {
    "charge.dispute.closed": _of(partial(_dispute_closed, won=False)),
    "charge.dispute.created": _of(_disputed),
    "charge.dispute.funds_reinstated": _of(partial(_dispute_closed, won=True)),
    "charge.failed": (False, _declined),
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
    "customer.created": (False, lambda ledger, _customer_id: _bought(ledger, None)),
    "customer.deleted": _of(customer_controls.delete_customer),
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
}

#: Every type that can be triggered.
EVENT_TYPES = tuple(_CAUSES)
