"""Payment links: an ad-hoc invoice, a hosted page, a short link."""

from __future__ import annotations

from litestar import delete, get, post

from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing_apis.dashclicks.merchants import payment_links
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
from keystead_stub.http.requests import AnyRequest, Described, body_of

_ONE = wire.PAYMENT_LINKS + "/{link_id:str}"


@post(
    wire.PAYMENT_LINKS,
    guards=WITH_BODY,
    responses=REFUSALS_WITH_BODY,
    summary="Ask a customer for money, by a link",
)
async def post_payment_link(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.NewPaymentLink],
    authorization: Session = None,
    idempotency_key: IdempotencyKey = None,
) -> wire.PaymentLink:
    wanted, merchant = await body_of(request, wire.NewPaymentLink), merchant_of(request)
    return await once(
        services,
        merchant,
        idempotency_key,
        wanted,
        lambda: payment_links.create(services, merchant, wanted),
        answers=wire.PaymentLink,
    )


@get(
    wire.PAYMENT_LINKS,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="The merchant's payment links",
)
async def get_payment_links(
    *,
    request: AnyRequest,
    services: Injected,
    limit: Limit = EACH_PAGE,
    cursor: Cursor = None,
    authorization: Session = None,
) -> Page[wire.PaymentLink]:
    return await payment_links.page(services, merchant_of(request), limit=limit, cursor=cursor)


@get(
    _ONE,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="A payment link, as its invoice stands",
)
async def get_payment_link(
    request: AnyRequest, services: Injected, link_id: ObjectId, authorization: Session = None
) -> wire.PaymentLink:
    return await payment_links.one(services, merchant_of(request), link_id)


@delete(
    _ONE,
    status_code=200,
    guards=MERCHANT,
    responses=REFUSALS,
    summary="Void a payment link",
)
async def delete_payment_link(
    request: AnyRequest, services: Injected, link_id: ObjectId, authorization: Session = None
) -> wire.PaymentLink:
    return await payment_links.void(services, merchant_of(request), link_id)


HANDLERS = (post_payment_link, get_payment_links, get_payment_link, delete_payment_link)
