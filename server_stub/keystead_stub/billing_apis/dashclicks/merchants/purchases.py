"""Purchases: from the platform at its own Stripe account, and from a merchant at theirs.

Checkouts, the portal, and invoices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from keystead.wire.dashclicks import selling as wire
from keystead_stub.billing import checkouts
from keystead_stub.billing import portal_sessions as portals
from keystead_stub.billing.account_standing import AccountStanding, standing_of
from keystead_stub.billing.entitlements import LineItem
from keystead_stub.billing.license_seller import LicenseSeller, find_merchant
from keystead_stub.billing_apis.dashclicks.merchants import API, bundles, plans
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest, page_of
from keystead_stub.billing_apis.dashclicks.merchants.provisioning import BUNDLE
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import (
    api_of,
    merchant_stripe,
    platform_api,
    stripe_errors,
    stripe_of,
)
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import accounts
from keystead_stub.store.merchant_records import account_records
from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.values import PortalSession

if TYPE_CHECKING:
    from stripe._v1_services import V1Services


async def start(
    services: Services, merchant: Merchant, purchase: wire.Purchase, product: str | None = None
) -> wire.PurchaseAnswer:
    """Open a checkout for the merchant's customer or for the account itself.

    A plan of the platform's is paid to the platform, a price of the merchant's to the merchant.

    Raises ProblemError as `for_program`, `platform_checkout`, `own_checkout` and
    `checkouts.start`.
    """
    purchase = await for_program(services, merchant, purchase, product)
    if plans.is_platforms(services.catalogue, price_id=purchase.price_id, plan=purchase.plan):
        session = await checkouts.start(
            services, await platform_checkout(services, merchant, purchase)
        )
    else:
        session = await checkouts.start(services, *await own_checkout(services, merchant, purchase))
    return wire.PurchaseAnswer(
        id=session.id,
        url=session.url or "",
        session_id=session.id,
        expires_at=session.expires_at_ms,
    )


async def for_program(
    services: Services, merchant: Merchant, purchase: wire.Purchase, product: str | None
) -> wire.Purchase:
    """Return the purchase with what is bought for the program with this product id, if any.

    Raises ProblemError: ``other_product`` for what gives that program no license, and
    ``invalid_request`` if there is nothing to buy for it.
    """
    if product is None:
        return purchase
    seller = seller_at(services, merchant)
    named = purchase.price_id or purchase.plan
    if named is None and product == seller.audience:
        with merchant_stripe(services, merchant) as api:
            sold = (await plans.plans(services, api, seller, product)).plans
        if not sold:
            raise ProblemError("This account sells no plan.", code="invalid_request")
        return msgspec.structs.replace(purchase, plan=sold[0].plan)
    platforms = plans.is_platforms(
        services.catalogue, price_id=purchase.price_id, plan=purchase.plan
    )
    audience = services.terms.audience if platforms else seller.audience
    if product != audience:
        raise ProblemError(
            f"This is sold for {audience}, and the program that asks is {product}. It would not "
            "accept the license.",
            code="other_product",
        )
    return purchase


def seller_at(services: Services, merchant: Merchant) -> LicenseSeller:
    """Return the merchant as the seller of licenses."""
    with services.store.read() as connection:
        return find_merchant(services, connection, merchant.stripe_account_id)


async def platform_checkout(
    services: Services, merchant: Merchant, purchase: wire.Purchase
) -> checkouts.CheckoutRequest:
    """Return the checkout of a plan of the platform's, at the platform's own Stripe account.

    The merchant's customer is none of the platform's: their address alone is passed on.

    Raises ProblemError: ``not_found`` for a customer of another merchant, ``invalid_request`` for a
    bundle, ``stripe_unavailable``.
    """
    if purchase.bundle is not None:
        raise bundles.not_once()
    email = purchase.email
    if purchase.customer_id is not None:
        with merchant_stripe(services, merchant) as api:
            email = email or await check_customer(api, purchase.customer_id)
    request = _request(merchant, purchase)
    return msgspec.structs.replace(
        request,
        email=email,
        plan=purchase.plan,
        price_id=purchase.price_id,
        billing_period=purchase.billing_period,
        seats=purchase.quantity,
        sold_at=API,
    )


async def own_checkout(
    services: Services, merchant: Merchant, purchase: wire.Purchase
) -> tuple[checkouts.CheckoutRequest, checkouts.Seller]:
    """Return the checkout of a price of the merchant's, at their Stripe, and its seller.

    Raises ProblemError: ``not_found`` for a customer or price of another merchant,
    ``invalid_request`` for what is not sold, ``stripe_unavailable``.
    """
    api = api_of(services, merchant)
    with stripe_errors():
        if purchase.customer_id is not None:
            await check_customer(api, purchase.customer_id)
        item = await plans.choose(
            api,
            services.catalogue,
            price_id=purchase.price_id,
            plan=purchase.plan,
            period=purchase.billing_period,
            quantity=purchase.quantity,
        )
        extra = await bundles.setup_fee(api, services.settings, item) if purchase.bundle else ()
    _check_free(services, merchant, purchase, item)
    seller = checkouts.Seller(
        merchant=merchant.account.account_id,
        stripe=stripe_of(services, merchant),
        item=item,
        customer_id=purchase.customer_id,
        extra=extra,
    )
    request = _request(merchant, purchase)
    metadata = {BUNDLE: purchase.bundle} if purchase.bundle else {}
    return msgspec.structs.replace(request, metadata=metadata), seller


def _request(merchant: Merchant, purchase: wire.Purchase) -> checkouts.CheckoutRequest:
    return checkouts.CheckoutRequest(
        device_id=purchase.device_id,
        device_public_key=purchase.device_public_key,
        device_name=purchase.device_name,
        email=purchase.email,
        locale=purchase.locale,
        return_url=purchase.return_url,
        # A merchant who sells to a customer isn't the buyer: only its own purchases count as its
        # own.
        account=merchant.account if purchase.customer_id is None else None,
    )


def _check_free(
    services: Services, merchant: Merchant, purchase: wire.Purchase, item: LineItem
) -> None:
    """Refuse early what would activate nothing; the license is refused too, whatever was asked.

    Raises ProblemError (``invalid_request``).
    """
    if not item.free or purchase.device_id is None:
        return
    with services.store.read() as connection:
        record = account_records.find(connection, merchant.account.account_id)
    if record is None or not record.gives_free_licenses:
        raise ProblemError(
            "A price of 0 gives a license only where the operator allows it for the account.",
            code="invalid_request",
        )


async def check_customer(api: V1Services, customer_id: str) -> str | None:
    """Return the email of the merchant's customer. Raises ProblemError (``not_found``)."""
    customer = await api.customers.retrieve_async(customer_id)
    if customer.to_dict().get("deleted"):
        raise ProblemError("No such customer.", code="not_found")
    return customer.email


async def portal(
    services: Services,
    merchant: Merchant,
    request: wire.PortalRequest,
    product: str | None = None,
) -> PortalSession:
    """Open the portal of the merchant's customer, or of the account itself.

    With a `product` it is for what the account has bought for the program with this id.
    Raises ProblemError: ``not_found``, ``nothing_bought``, ``other_product``, and as
    `portals.open_portal`.
    """
    named = request.customer_id
    if named is not None and not _is_own_customer(services, merchant, named):
        with merchant_stripe(services, merchant) as api:
            await check_customer(api, named)
        customer_id, stripe = named, stripe_of(services, merchant)
    else:
        standing = standing_of(services, merchant.account, product)
        if standing.customer_id is None:
            raise ProblemError("This account has no purchase yet.", code="nothing_bought")
        customer_id, stripe = standing.customer_id, _stripe_of(services, merchant, standing)
    return await portals.open_portal(
        services, customer_id, request.return_url, request.flow, stripe=stripe
    )


def _is_own_customer(services: Services, merchant: Merchant, customer_id: str) -> bool:
    """Whether the platform's customer is the account itself."""
    with services.store.read() as connection:
        return accounts.find_customer(connection, merchant.account) == customer_id


def _stripe_of(services: Services, merchant: Merchant, standing: AccountStanding) -> StripeApi:
    """Return the Stripe at which the account has bought: the platform's, or its own."""
    own = standing.state is not None and standing.state.account is not None
    return stripe_of(services, merchant) if own else services.stripe


async def invoices(
    services: Services, merchant: Merchant, requested: PageRequest, product: str | None = None
) -> wire.InvoicesPage:
    """List the account's own invoices with its payment method; none before the first purchase.

    Raises ProblemError (``other_product``) as `standing_of`.
    """
    standing = standing_of(services, merchant.account, product)
    customer_id = standing.customer_id
    # Before the first purchase Stripe has no customer, and without a filter it would list
    # everybody's invoices.
    if customer_id is None:
        return wire.InvoicesPage(data=(), has_more=False, next_cursor=None)
    own = standing.state is not None and standing.state.account is not None
    api = api_of(services, merchant) if own else platform_api(services)
    with stripe_errors():
        listed = await api.invoices.list_async(requested.params(customer=customer_id))
        card = await _stripe_of(services, merchant, standing).get_card(customer_id)
    reasons = portals.payments_back(services, customer_id)
    page = page_of(listed, lambda one: portals.wire_invoice(views.invoice(one.to_dict()), reasons))
    return wire.InvoicesPage(
        data=page.data,
        has_more=page.has_more,
        next_cursor=page.next_cursor,
        payment_method=portals.wire_payment_method(card),
    )
