"""Purchases at the merchant's Stripe, and what the account itself has bought there."""

from __future__ import annotations

from litestar import get, post

from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing.account_standing import standing_of
from keystead_stub.billing.licensed_plans import entitlement_of
from keystead_stub.billing_apis.dashclicks.merchants import balance_purchases, purchases
from keystead_stub.billing_apis.dashclicks.merchants.idempotency import once
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import api_of, asked
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
    CustomerFilter,
    IdempotencyKey,
    Limit,
    ObjectId,
    Session,
)
from keystead_stub.dependencies import Injected
from keystead_stub.http.problem_responses import documented
from keystead_stub.http.requests import AnyRequest, Described, body_of


@post(
    wire.CHARGES,
    guards=WITH_BODY,
    responses=REFUSALS_WITH_BODY,
    summary="Start a purchase",
)
async def post_charge(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.Purchase | None] = None,
    authorization: Session = None,
    idempotency_key: IdempotencyKey = None,
) -> wire.PurchaseAnswer:
    wanted, merchant = await body_of(request, wire.Purchase), merchant_of(request)
    buy = balance_purchases.buy if wanted.from_balance else purchases.start
    return await once(
        services,
        merchant,
        idempotency_key,
        wanted,
        lambda: buy(services, merchant, wanted),
        answers=wire.PurchaseAnswer,
    )


@get(
    wire.CHARGES,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="What was paid",
)
async def get_charges(
    *,
    request: AnyRequest,
    services: Injected,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    customer_id: CustomerFilter = None,
    authorization: Session = None,
) -> Page[wire.Charge]:
    with asked():
        api = api_of(services, merchant_of(request))
        return await purchases.charges(api, limit=limit, cursor=cursor, customer_id=customer_id)


@get(
    wire.CHARGES + "/{charge_id:str}",
    guards=MERCHANT,
    responses=REFUSALS,
    summary="One payment",
)
async def get_charge(
    request: AnyRequest, services: Injected, charge_id: ObjectId, authorization: Session = None
) -> wire.Charge:
    with asked():
        return await purchases.charge(api_of(services, merchant_of(request)), charge_id)


@post(
    wire.PORTAL,
    status_code=200,
    guards=WITH_BODY,
    responses=REFUSALS_WITH_BODY,
    summary="Open the customer portal",
)
async def post_portal(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.PortalRequest | None] = None,
    authorization: Session = None,
) -> wire.PortalAnswer:
    wanted = await body_of(request, wire.PortalRequest)
    session = await purchases.portal(services, merchant_of(request), wanted)
    return wire.PortalAnswer(url=session.url, expires_at=session.expires_at_ms)


@get(
    wire.INVOICES,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="The account's own invoices",
)
async def get_invoices(
    *,
    request: AnyRequest,
    services: Injected,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    authorization: Session = None,
) -> wire.InvoicesPage:
    merchant = merchant_of(request)
    return await purchases.invoices(services, merchant, limit=limit, cursor=cursor)


@get(
    wire.SUBSCRIPTION,
    guards=MERCHANT,
    responses=documented(400, 401, 403),
    summary="What the account itself has bought",
    sync_to_thread=False,
)
def get_subscription(
    request: AnyRequest, services: Injected, authorization: Session = None
) -> wire.Subscription:
    account = merchant_of(request).account
    standing = standing_of(services, account)
    state = standing.state
    sold = entitlement_of(services.catalogue, state) if state else None
    return wire.Subscription(
        account_id=account.account_id,
        active=standing.entitled,
        plan=sold.key if sold else None,
        features=sold.features if sold else (),
        status=state.status if state else None,
        seats=state.seats if state else 0,
        current_period_end=state.period_end_ms if state else None,
        cancel_at_period_end=state.cancel_at_period_end if state else False,
        customer_id=standing.customer_id,
        subscription_id=state.subscription_id if state else None,
        price_id=state.price_id if state else None,
    )


HANDLERS = (post_charge, get_charges, get_charge, post_portal, get_invoices, get_subscription)
