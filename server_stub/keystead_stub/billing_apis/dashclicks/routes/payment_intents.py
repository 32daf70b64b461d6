"""Payment intents, and the account's balance that they top up."""

from __future__ import annotations

from litestar import get, post

from keystead.wire.dashclicks import selling as wire
from keystead_stub.billing_apis.dashclicks.merchants import payment_intents, top_ups
from keystead_stub.billing_apis.dashclicks.merchants.idempotency import once
from keystead_stub.billing_apis.dashclicks.routes.guards import (
    MERCHANT,
    REFUSALS,
    REFUSALS_WITH_BODY,
    WITH_BODY,
    merchant_of,
)
from keystead_stub.billing_apis.dashclicks.routes.parameters import (
    EACH_PAGE,
    Cursor,
    IdempotencyKey,
    Limit,
    ObjectId,
    Session,
)
from keystead_stub.dependencies import Injected
from keystead_stub.http.problem_responses import documented
from keystead_stub.http.requests import AnyRequest, Described, body_of


@post(
    wire.PAYMENT_INTENTS,
    guards=WITH_BODY,
    responses=REFUSALS_WITH_BODY,
    summary="Ask for a payment",
)
async def post_payment_intent(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.NewPaymentIntent],
    authorization: Session = None,
    idempotency_key: IdempotencyKey = None,
) -> wire.PaymentIntent:
    wanted, merchant = await body_of(request, wire.NewPaymentIntent), merchant_of(request)
    return await once(
        services,
        merchant,
        idempotency_key,
        wanted,
        lambda: payment_intents.create(services, merchant, wanted),
        answers=wire.PaymentIntent,
    )


@get(
    wire.PAYMENT_INTENTS + "/{intent_id:str}",
    guards=MERCHANT,
    responses=REFUSALS,
    summary="A payment that was asked for",
)
async def get_payment_intent(
    request: AnyRequest, services: Injected, intent_id: ObjectId, authorization: Session = None
) -> wire.PaymentIntent:
    return await payment_intents.one(services, merchant_of(request), intent_id)


@get(
    wire.BALANCE,
    guards=MERCHANT,
    responses=documented(400, 401, 403, 404),
    summary="The account's balance, and what has moved it",
    sync_to_thread=False,
)
def get_balance(
    *,
    request: AnyRequest,
    services: Injected,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    authorization: Session = None,
) -> wire.BalanceAnswer:
    account = merchant_of(request).account
    with services.store.read() as connection:
        return top_ups.answer(connection, account.account_id, limit=limit, cursor=cursor)


HANDLERS = (post_payment_intent, get_payment_intent, get_balance)
