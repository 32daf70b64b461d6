"""Controls of one customer: paying on a hosted page, and later actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from litestar.params import FromPath
from msgspec import Meta

from keystead_stub.controls.billing_sandbox import BillingSandbox
from keystead_stub.controls.customer_state import state_of
from keystead_stub.controls.guards import CurrentSandbox, control_routes
from keystead_stub.http.api_routes import Body
from keystead_stub.http.errors import ProblemError
from keystead_stub.store import payment_links
from keystead_stub.store.payment_links import LinkRow
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.customers import deletion as customer_deletion
from keystead_stub.stripe_sim.resources.invoices import payment as invoice_payment
from keystead_stub.stripe_sim.resources.invoices import queries as invoices_queries
from keystead_stub.stripe_sim.resources.promotion_codes import queries as promotion_codes
from keystead_stub.stripe_sim.resources.subscriptions.requests import (
    ProrationBehavior,
    SubscriptionChange,
)
from keystead_stub.stripe_sim.sandbox import payment_json, stripe_errors_as_problems
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe

#: The prefix of payment intents, which can be completed in the place of a checkout session.
_INTENT = "pi_"
Json = dict[str, Any]


class Payment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to pay. `authenticate` is the answer to 3-D Secure, where the card requires it.

    `code` is a promotion code, applied first. A null card is for trials that need none.
    """

    #: By default Stripe's test card that always succeeds (docs.stripe.com/testing).
    card: Annotated[str, Meta(max_length=100)] | None = "4242424242424242"
    code: Annotated[str, Meta(max_length=100)] | None = None
    email: (
        Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None
    ) = None
    authenticate: bool = True


class ActionOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """The options of all actions on a customer; each action reads its own."""

    at_period_end: bool = True
    amount: Annotated[int, Meta(ge=1)] | None = None
    reason: Annotated[str, Meta(max_length=100)] = "fraudulent"
    inquiry: bool = False
    won: bool = True
    behavior: Literal["status", "collection"] = "status"
    card: Annotated[str, Meta(max_length=100)] | None = None
    code: Annotated[str, Meta(max_length=100)] | None = None
    quantity: Annotated[int, Meta(ge=1, le=1000)] | None = None
    price_id: Annotated[str, Meta(max_length=200)] | None = None
    proration_behavior: ProrationBehavior = "always_invoice"
    proration_date: int | None = None
    billing_cycle_anchor: Literal["unchanged", "now"] = "unchanged"


class Seed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many example customers to create."""

    customers: Annotated[int, Meta(ge=1, le=100)] = 5


def _change(options: ActionOptions) -> SubscriptionChange:
    return SubscriptionChange(
        quantity=options.quantity,
        price_id=options.price_id,
        proration_behavior=options.proration_behavior,
        proration_date_ms=options.proration_date,
        billing_cycle_anchor=options.billing_cycle_anchor,
    )


def _discount(controls: SimulatedStripe, customer_id: str, options: ActionOptions) -> None:
    if options.code is None:
        controls.run(customer_controls.remove_discount, customer_id)
    else:
        controls.run(customer_controls.apply_promotion_code, customer_id, options.code)


def _update_card(controls: SimulatedStripe, customer_id: str, options: ActionOptions) -> None:
    if options.card is None:
        raise ProblemError("A card is required.", code="invalid_request")
    controls.run(customer_controls.update_card, customer_id, options.card)


Action = Callable[[SimulatedStripe, str, ActionOptions], object]
_ACTIONS: dict[str, Action] = {
    "cancel": lambda c, who, options: c.run(
        customer_controls.cancel, who, at_period_end=options.at_period_end
    ),
    "resume": lambda c, who, _options: c.run(customer_controls.resume, who),
    "refund": lambda c, who, options: c.run(customer_controls.refund, who, amount=options.amount),
    "fail_refund": lambda c, who, _options: c.run(customer_controls.fail_refund, who),
    "dispute": lambda c, who, options: c.run(
        customer_controls.dispute, who, reason=options.reason, inquiry=options.inquiry
    ),
    "escalate_inquiry": lambda c, who, _options: c.run(customer_controls.escalate_inquiry, who),
    "close_dispute": lambda c, who, options: c.run(
        customer_controls.close_dispute, who, won=options.won
    ),
    "fail_next_payment": lambda c, who, _options: c.run(customer_controls.fail_next_payment, who),
    "pause": lambda c, who, options: c.run(customer_controls.pause, who, behavior=options.behavior),
    "discount": _discount,
    "update_card": _update_card,
    "update_subscription": lambda c, who, options: c.run(
        customer_controls.update_subscription, who, _change(options)
    ),
    "delete": lambda c, who, _options: c.run(customer_deletion.delete, who),
}

routes = control_routes()


@routes.post("/_stub/checkouts/{session_id:str}/complete")
async def post_complete(
    sandbox: CurrentSandbox, session_id: FromPath[str], data: Body[Payment]
) -> Json:
    with sandbox.services.store.read() as connection:
        # One route for all that a device can wait for, so that a test need not tell them apart.
        link = payment_links.find(connection, session_id)
    if link is not None:
        return await _complete_link(sandbox, link, data)
    if session_id.startswith(_INTENT):
        return await _complete_intent(sandbox, session_id, data)
    sandbox = sandbox.about("checkout.session", session_id)
    with stripe_errors_as_problems():
        if data.code is not None:
            sandbox.stripe.run(checkout.apply_promotion_code, session_id, data.code)
        return await sandbox.pay(
            session_id,
            card=data.card,
            email=data.email,
            authenticate=data.authenticate,
        )


async def _complete_link(sandbox: BillingSandbox, link: LinkRow, payment: Payment) -> Json:
    """Pay the invoice that a payment link leads to."""
    there = sandbox.about("invoice", link.invoice_id)
    with stripe_errors_as_problems():
        result = there.stripe.run(
            invoice_payment.pay,
            link.invoice_id,
            card=payment.card,
            authenticate=payment.authenticate,
        )
        await there.deliver()
        invoice = there.stripe.read(invoices_queries.get, link.invoice_id)
    paid = invoice.status == "paid"
    return payment_json(result) | {
        "session": {
            # In the shape of a checkout session, so that a test reads all three alike.
            "id": link.id,
            "status": "complete" if paid else "open",
            "paymentStatus": "paid" if paid else "unpaid",
            "customerId": link.customer_id,
            "subscriptionId": None,
        }
    }


async def _complete_intent(sandbox: BillingSandbox, intent_id: str, payment: Payment) -> Json:
    """Pay a payment intent, as on its hosted page."""
    there = sandbox.about("payment_intent", intent_id)
    with stripe_errors_as_problems():
        result = there.stripe.run(
            hosted_payments.pay_intent,
            intent_id,
            card=payment.card,
            authenticate=payment.authenticate,
        )
        await there.deliver()
        intent = there.stripe.read(lookup.retrieve, "payment_intent", intent_id)
    paid = intent["status"] == "succeeded"
    return payment_json(result) | {
        "session": {
            "id": intent_id,
            "status": "complete" if paid else "open",
            "paymentStatus": "paid" if paid else "unpaid",
            "customerId": intent["customer"],
            "subscriptionId": None,
        }
    }


@routes.post("/_stub/checkouts/{session_id:str}/expire")
async def post_expire(sandbox: CurrentSandbox, session_id: FromPath[str]) -> Json:
    sandbox = sandbox.about("checkout.session", session_id)
    with stripe_errors_as_problems():
        session = sandbox.stripe.run(checkout.expire, session_id)
    await sandbox.deliver()
    return {"session": {"id": session["id"], "status": session["status"]}}


@routes.post("/_stub/customers/{customer_id:str}/{action:str}")
async def post_action(
    sandbox: CurrentSandbox,
    customer_id: FromPath[str],
    action: FromPath[str],
    data: Body[ActionOptions],
) -> Json:
    act = _ACTIONS.get(action)
    if act is None:
        raise ProblemError("No such control.", code="not_found")
    sandbox = sandbox.about("customer", customer_id)
    with stripe_errors_as_problems():
        act(sandbox.stripe, customer_id, data)
    await sandbox.deliver()
    return state_of(sandbox, customer_id)


@routes.post("/_stub/seed")
async def post_seed(sandbox: CurrentSandbox, data: Body[Seed]) -> Json:
    with stripe_errors_as_problems():
        made = await sandbox.seed(data.customers)
    codes = [one.code for one in sandbox.stripe.read(promotion_codes.list_all) if one.active]
    return {"customers": made, "promotionCodes": codes}
