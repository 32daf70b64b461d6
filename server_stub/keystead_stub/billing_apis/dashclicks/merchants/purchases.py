"""Buying from a merchant: a checkout at their Stripe, the portal, invoices and payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keystead.instants import to_ms
from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing import checkouts
from keystead_stub.billing import portal_sessions as portals
from keystead_stub.billing.account_standing import paying_customer
from keystead_stub.billing_apis.dashclicks.merchants import plans
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest, page_of
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import (
    api_of,
    merchant_stripe,
    stripe_errors,
    stripe_of,
)
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import accounts
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.values import PortalSession

if TYPE_CHECKING:
    from stripe import Charge
    from stripe._v1_services import V1Services


async def start(
    services: Services, merchant: Merchant, purchase: wire.Purchase
) -> wire.PurchaseAnswer:
    """Open a checkout at the merchant's Stripe, for their customer or for the account itself.

    Raises ProblemError as `checkout_of_purchase` and `checkouts.start`.
    """
    checkout, seller = await checkout_of_purchase(services, merchant, purchase)
    session = await checkouts.start(services, checkout, seller)
    return wire.PurchaseAnswer(
        id=session.id,
        url=session.url or "",
        session_id=session.id,
        expires_at=session.expires_at_ms,
    )


async def checkout_of_purchase(
    services: Services, merchant: Merchant, purchase: wire.Purchase
) -> tuple[checkouts.CheckoutRequest, checkouts.Seller]:
    """Return the checkout of a purchase, and its seller.

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
    seller = checkouts.Seller(
        merchant=merchant.account.account_id,
        stripe=stripe_of(services, merchant),
        item=item,
        customer_id=purchase.customer_id,
    )
    # A merchant who sells to a customer isn't the buyer: only its own purchases count as its own.
    account = merchant.account if purchase.customer_id is None else None
    checkout = checkouts.CheckoutRequest(
        device_id=purchase.device_id,
        device_public_key=purchase.device_public_key,
        device_name=purchase.device_name,
        email=purchase.email,
        locale=purchase.locale,
        return_url=purchase.return_url,
        account=account,
    )
    return checkout, seller


async def check_customer(api: V1Services, customer_id: str) -> None:
    """Raise ProblemError (``not_found``) where the merchant has no such customer."""
    customer = await api.customers.retrieve_async(customer_id)
    if customer.to_dict().get("deleted"):
        raise ProblemError("No such customer.", code="not_found")


async def portal(
    services: Services, merchant: Merchant, request: wire.PortalRequest
) -> PortalSession:
    """Open the portal of the merchant's customer, or of the account itself.

    Raises ProblemError: ``not_found``, ``nothing_bought``, and as `portals.open_portal`.
    """
    if request.customer_id is not None:
        with stripe_errors():
            await check_customer(api_of(services, merchant), request.customer_id)
    customer_id = request.customer_id or paying_customer(services, merchant.account)
    stripe = stripe_of(services, merchant)
    return await portals.open_portal(
        services, customer_id, request.return_url, request.flow, stripe=stripe
    )


async def invoices(
    services: Services, merchant: Merchant, requested: PageRequest
) -> wire.InvoicesPage:
    """List the account's own invoices with its payment method; none before the first purchase."""
    with services.store.read() as connection:
        customer_id = accounts.find_customer(connection, merchant.account)
    # Before the first purchase Stripe has no customer, and without a filter it would list
    # everybody's invoices.
    if customer_id is None:
        return wire.InvoicesPage(data=(), has_more=False, next_cursor=None)
    with stripe_errors():
        listed = await api_of(services, merchant).invoices.list_async(
            requested.params(customer=customer_id)
        )
        card = await stripe_of(services, merchant).get_card(customer_id)
    page = page_of(listed, lambda one: portals.wire_invoice(views.invoice(one.to_dict())))
    return wire.InvoicesPage(
        data=page.data,
        has_more=page.has_more,
        next_cursor=page.next_cursor,
        payment_method=portals.wire_payment_method(card),
    )


async def charges(
    services: Services, merchant: Merchant, page: PageRequest, customer_id: str | None
) -> Page[wire.Charge]:
    """List what was paid at the merchant's Stripe. Raises ProblemError (as `stripe_errors`)."""
    with merchant_stripe(services, merchant) as stripe:
        listed = await stripe.charges.list_async(page.params(customer=customer_id))
    return page_of(listed, wire_charge)


async def charge(services: Services, merchant: Merchant, charge_id: str) -> wire.Charge:
    """Return one payment. Raises ProblemError (``not_found``, and as `stripe_errors`)."""
    with merchant_stripe(services, merchant) as stripe:
        return wire_charge(await stripe.charges.retrieve_async(charge_id))


def wire_charge(charge: Charge) -> wire.Charge:
    intent, customer = charge.payment_intent, charge.customer
    return wire.Charge(
        id=charge.id,
        status=charge.status,
        amount=charge.amount,
        amount_refunded=charge.amount_refunded,
        currency=charge.currency,
        paid=charge.paid,
        refunded=charge.refunded,
        disputed=charge.disputed,
        customer_id=customer if isinstance(customer, str | None) else customer.id,
        payment_intent_id=intent if isinstance(intent, str | None) else intent.id,
        description=charge.description,
        failure=charge.failure_code,
        created_at=to_ms(charge.created),
    )
