"""Payment links: an ad-hoc invoice, a hosted page, a short link."""

from __future__ import annotations

from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks.merchants import payment_links
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

_LINK = wire.PAYMENT_LINKS + "/{link_id:str}"

routes = merchant_routes()


@routes.post(wire.PAYMENT_LINKS, status=201, refuses=STRIPE_REFUSALS)
async def post_payment_link(
    services: Injected,
    merchant: CurrentMerchant,
    data: Body[wire.NewPaymentLink],
    idempotency_key: IdempotencyKey = None,
) -> wire.PaymentLink:
    """Create a payment link for a customer."""
    return await idempotent(
        services, merchant, idempotency_key, data, payment_links.create, answers=wire.PaymentLink
    )


@routes.get(wire.PAYMENT_LINKS, refuses=STRIPE_REFUSALS)
async def get_payment_links(
    services: Injected, merchant: CurrentMerchant, page: RequestedPage
) -> Page[wire.PaymentLink]:
    """List the merchant's payment links."""
    return await payment_links.page(services, merchant, page)


@routes.get(_LINK, refuses=STRIPE_REFUSALS)
async def get_payment_link(
    services: Injected, merchant: CurrentMerchant, link_id: ObjectId
) -> wire.PaymentLink:
    """Get a payment link, with the status of its invoice."""
    return await payment_links.retrieve(services, merchant, link_id)


@routes.delete(_LINK, refuses=STRIPE_REFUSALS)
async def delete_payment_link(
    services: Injected, merchant: CurrentMerchant, link_id: ObjectId
) -> wire.PaymentLink:
    """Void a payment link."""
    return await payment_links.void(services, merchant, link_id)
