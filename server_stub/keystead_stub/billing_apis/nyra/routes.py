"""The native billing API (specification §7)."""

from __future__ import annotations

from keystead.wire import nyra as wire
from keystead_stub.auth.callers import DeviceToken, device_only, device_token_of
from keystead_stub.auth.device_credentials import verify_proof
from keystead_stub.auth.request_credentials import DEVICE_HEADERS, credentials_of
from keystead_stub.billing import portal_sessions, well_known
from keystead_stub.billing.event_subject import NATIVE
from keystead_stub.billing_apis.billing_api import BillingApi
from keystead_stub.billing_apis.common.account_billing import start_checkout
from keystead_stub.billing_apis.common.dependencies import Injected, Product
from keystead_stub.http.api_routes import ApiRoutes, Body
from keystead_stub.http.rate_limit import limited
from keystead_stub.http.requests import AnyRequest

#: For each address of a caller. The route needs no credential, and each call opens a session at
#: Stripe.
CHECKOUTS_PER_MINUTE = 600

public = ApiRoutes()
#: Routes whose handlers look at a proof of the device's key, without a token.
by_proof = ApiRoutes(headers={"dpop": DEVICE_HEADERS["dpop"]})
of_device = ApiRoutes(
    guards=[device_only],
    refuses=(400, 401, 502),
    headers=DEVICE_HEADERS,
    dependencies={"token": device_token_of},
)


@by_proof.post(
    wire.CHECKOUT,
    guards=[limited("checkout", CHECKOUTS_PER_MINUTE)],
    refuses=(401, 403, 409, 429, 502),
)
async def post_checkout(
    request: AnyRequest,
    services: Injected,
    data: Body[wire.CheckoutRequest],
    product: Product = None,
) -> wire.CheckoutAnswer:
    """Start a checkout for a device.

    Whose device it is counts only with a proof of its key (DPoP, no token). Without one the device
    is treated as unknown: no customer is attached, and nothing is told about it.
    """
    credentials = credentials_of(request)
    if credentials.proof is not None:
        verify_proof(services, credentials, device_id=data.device_id)
    session = await start_checkout(
        services,
        data,
        plan=data.plan,
        billing_period=data.billing_period,
        seats=data.seats,
        device_proven=credentials.proof is not None,
        product=product,
    )
    return wire.CheckoutAnswer(
        session_id=session.id, url=session.url or "", expires_at=session.expires_at_ms
    )


@public.get(wire.PLANS)
def get_plans(services: Injected) -> wire.PlansAnswer:
    """List the plans that can be bought."""
    return well_known.plans(services, NATIVE)


@of_device.post(wire.PORTAL)
async def post_portal(
    services: Injected, token: DeviceToken, data: Body[wire.PortalRequest]
) -> wire.PortalAnswer:
    """Open the customer portal."""
    session = await portal_sessions.open_portal(services, token.sub, data.return_url, data.flow)
    return wire.PortalAnswer(url=session.url, expires_at=session.expires_at_ms)


@of_device.get(wire.INVOICES)
async def get_invoices(services: Injected, token: DeviceToken) -> wire.InvoicesAnswer:
    """List the customer's invoices."""
    return await portal_sessions.list_invoices(services, token.sub)


API = BillingApi(
    name=NATIVE,
    webhook=wire.WEBHOOK,
    routes=(public, by_proof, of_device),
)
