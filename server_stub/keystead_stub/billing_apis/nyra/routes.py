"""The native billing API (contract §3): wire types in, services asked, wire types out."""

from __future__ import annotations

import msgspec
from litestar import get, post

from keystead.wire import nyra as wire
from keystead_stub.billing import checkouts, portal, well_known
from keystead_stub.billing.event_subject import NATIVE
from keystead_stub.billing_apis.billing_api import BillingApi
from keystead_stub.dependencies import Injected
from keystead_stub.http.problem_responses import documented
from keystead_stub.http.requests import (
    AnyRequest,
    Authorization,
    Described,
    ProofHeader,
    bearer_of,
    bearer_only,
    body_of,
    json_only,
    limit,
)

CHECKOUTS_PER_MINUTE = 600


@post(
    wire.CHECKOUT,
    status_code=200,
    guards=[json_only],
    responses=documented(400, 403, 409, 413, 415, 429, 502),
    summary="Start a checkout for a device",
)
async def post_checkout(
    request: AnyRequest, services: Injected, data: Described[wire.CheckoutRequest]
) -> wire.CheckoutAnswer:
    limit(services, request, "checkout", CHECKOUTS_PER_MINUTE)
    wanted = await body_of(request, wire.CheckoutRequest)
    wish = checkouts.CheckoutRequest(**msgspec.structs.asdict(wanted))
    session = await checkouts.start(services, wish)
    return wire.CheckoutAnswer(
        session_id=session.id, url=session.url or "", expires_at=session.expires_at_ms
    )


@post(
    wire.PORTAL,
    status_code=200,
    guards=[bearer_only, json_only],
    responses=documented(400, 401, 413, 415, 502),
    summary="Open the customer portal",
)
async def post_portal(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.PortalRequest | None] = None,
    authorization: Authorization = None,
    dpop: ProofHeader = None,
) -> wire.PortalAnswer:
    token = bearer_of(request)
    wanted = await body_of(request, wire.PortalRequest)
    session = await portal.open_portal(services, token.sub, wanted.return_url, wanted.flow)
    return wire.PortalAnswer(url=session.url, expires_at=session.expires_at_ms)


@get(wire.PLANS, summary="What can be bought", sync_to_thread=False)
def get_plans(services: Injected) -> wire.PlansAnswer:
    return well_known.plans(services, NATIVE)


@get(
    wire.INVOICES,
    guards=[bearer_only],
    responses=documented(400, 401, 502),
    summary="The customer's invoices",
)
async def get_invoices(
    request: AnyRequest,
    services: Injected,
    authorization: Authorization = None,
    dpop: ProofHeader = None,
) -> wire.InvoicesAnswer:
    token = bearer_of(request)
    return await portal.list_invoices(services, token.sub)


API = BillingApi(
    name=NATIVE,
    webhook=wire.WEBHOOK,
    handlers=(post_checkout, post_portal, get_plans, get_invoices),
)
