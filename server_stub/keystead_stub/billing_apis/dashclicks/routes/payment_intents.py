"""Payment intents, and the account's balance, which they top up."""

from __future__ import annotations

from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.balance import top_ups, usage_log
from keystead_stub.billing_apis.dashclicks.merchants import payment_intents
from keystead_stub.billing_apis.dashclicks.merchants.idempotency_keys import idempotent
from keystead_stub.billing_apis.dashclicks.routes.parameters import (
    IdempotencyKey,
    ObjectId,
    RequestedPage,
)
from keystead_stub.billing_apis.dashclicks.routes.shared import (
    STRIPE_REFUSALS,
    CurrentMerchant,
    merchant_routes,
)
from keystead_stub.http.api_routes import Body

routes = merchant_routes()


@routes.post(wire.PAYMENT_INTENTS, status=201, refuses=STRIPE_REFUSALS)
async def post_payment_intent(
    services: Injected,
    merchant: CurrentMerchant,
    data: Body[wire.NewPaymentIntent],
    idempotency_key: IdempotencyKey = None,
) -> wire.PaymentIntent:
    """Create a payment intent."""
    return await idempotent(
        services,
        merchant,
        idempotency_key,
        data,
        payment_intents.create,
        answers=wire.PaymentIntent,
    )


@routes.get(wire.PAYMENT_INTENTS + "/{intent_id:str}", refuses=STRIPE_REFUSALS)
async def get_payment_intent(
    services: Injected, merchant: CurrentMerchant, intent_id: ObjectId
) -> wire.PaymentIntent:
    """Get a payment intent."""
    return await payment_intents.retrieve(services, merchant, intent_id)


@routes.post(wire.USAGE, status=201, refuses=(409,))
async def post_usage(
    services: Injected,
    merchant: CurrentMerchant,
    data: Body[wire.NewUsage],
    idempotency_key: IdempotencyKey = None,
) -> wire.Usage:
    """Take something that was used from the account's balance, and log it."""
    return await idempotent(
        services, merchant, idempotency_key, data, usage_log.record, answers=wire.Usage
    )


@routes.get(wire.USAGE, refuses=(404,))
def get_usage(
    services: Injected, merchant: CurrentMerchant, page: RequestedPage
) -> Page[wire.Usage]:
    """List what was used of the account's balance."""
    with services.store.read() as connection:
        return usage_log.page(connection, merchant.account.account_id, page)


@routes.get(wire.BALANCE, refuses=(404,))
def get_balance(
    services: Injected, merchant: CurrentMerchant, page: RequestedPage
) -> wire.BalanceAnswer:
    """Get the account's balance, and a page of its entries."""
    with services.store.read() as connection:
        return top_ups.answer(connection, merchant.account.account_id, page)
