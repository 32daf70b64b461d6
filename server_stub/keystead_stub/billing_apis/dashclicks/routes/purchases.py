"""Purchases at the merchant's Stripe, and what the account itself has bought there."""

from __future__ import annotations

from functools import partial

from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing.account_standing import standing_of
from keystead_stub.billing.licensed_plans import entitlement_of
from keystead_stub.billing_apis.common.dependencies import Injected, Product
from keystead_stub.billing_apis.dashclicks.balance import balance_purchases
from keystead_stub.billing_apis.dashclicks.merchants import charges, purchases
from keystead_stub.billing_apis.dashclicks.merchants.idempotency_keys import idempotent
from keystead_stub.billing_apis.dashclicks.routes.parameters import (
    CustomerFilter,
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


@routes.post(wire.CHARGES, status=201, refuses=STRIPE_REFUSALS)
async def post_charge(
    services: Injected,
    merchant: CurrentMerchant,
    data: Body[wire.Purchase],
    idempotency_key: IdempotencyKey = None,
    product: Product = None,
) -> wire.PurchaseAnswer:
    """Start a purchase."""
    start = balance_purchases.buy if data.from_balance else purchases.start
    buy = partial(start, product=product)
    return await idempotent(
        services,
        merchant,
        idempotency_key,
        data,
        buy,
        answers=wire.PurchaseAnswer,
        product=product,
    )


@routes.get(wire.CHARGES, refuses=STRIPE_REFUSALS)
async def get_charges(
    services: Injected,
    merchant: CurrentMerchant,
    page: RequestedPage,
    customer_id: CustomerFilter = None,
) -> Page[wire.Charge]:
    """List payments."""
    return await charges.page(services, merchant, page, customer_id)


@routes.get(wire.CHARGES + "/{charge_id:str}", refuses=STRIPE_REFUSALS)
async def get_charge(
    services: Injected, merchant: CurrentMerchant, charge_id: ObjectId
) -> wire.Charge:
    """Get a payment."""
    return await charges.retrieve(services, merchant, charge_id)


@routes.post(wire.PORTAL, refuses=STRIPE_REFUSALS)
async def post_portal(
    services: Injected,
    merchant: CurrentMerchant,
    data: Body[wire.PortalRequest],
    product: Product = None,
) -> wire.PortalAnswer:
    """Open the customer portal."""
    session = await purchases.portal(services, merchant, data, product)
    return wire.PortalAnswer(url=session.url, expires_at=session.expires_at_ms)


@routes.get(wire.INVOICES, refuses=STRIPE_REFUSALS)
async def get_invoices(
    services: Injected,
    merchant: CurrentMerchant,
    page: RequestedPage,
    product: Product = None,
) -> wire.InvoicesPage:
    """List the account's own invoices."""
    return await purchases.invoices(services, merchant, page, product)


@routes.get(wire.SUBSCRIPTION)
def get_subscription(services: Injected, merchant: CurrentMerchant) -> wire.Subscription:
    """Show what the account itself has bought."""
    account = merchant.account
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
