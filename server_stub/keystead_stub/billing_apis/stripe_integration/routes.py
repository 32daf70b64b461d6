"""The billing API ``stripe-integration``: tenants, invoices, payment intents.

The tenant is the session's; the query may name it too, and no other.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath, QueryParameter

from keystead.wire import nyra
from keystead.wire import stripe_integration as wire
from keystead_stub.auth.callers import account_of, signed_in
from keystead_stub.billing import checkouts, portal, well_known
from keystead_stub.billing.account_standing import paying_customer, standing_of
from keystead_stub.billing_apis.billing_api import BillingApi
from keystead_stub.billing_apis.stripe_integration import records, tenants
from keystead_stub.dependencies import Injected
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.problem_responses import documented
from keystead_stub.http.requests import AnyRequest, Authorization, Described, body_of, json_only
from keystead_stub.store.account_ids import Account

_SIGNED_IN = signed_in(tenants.API)
#: The metadata of a checkout that names the tenant's plan and its own word for the customer.
_PLAN_ID = "planId"

TenantId = Annotated[str | None, QueryParameter(name="tenantId", max_length=200, required=False)]
CustomerId = Annotated[
    str | None, QueryParameter(name="customerId", max_length=200, required=False)
]
DeviceId = Annotated[str | None, QueryParameter(name="deviceId", max_length=43, required=False)]
DevicePublicKey = Annotated[
    str | None, QueryParameter(name="devicePublicKey", max_length=43, required=False)
]
PlanId = Annotated[str, QueryParameter(name="planId", min_length=1, max_length=100)]
ReturnUrl = Annotated[str | None, QueryParameter(name="returnUrl", max_length=2000, required=False)]


def _own(request: AnyRequest, tenant_id: str | None) -> Account:
    """The caller's tenant. Raises ProblemError (``not_found``) where another one is named."""
    account = account_of(request)
    if tenant_id not in (None, account.account_id):
        raise ProblemError("There is no such tenant.", code="not_found")
    return account


@post(
    wire.CHECKOUT,
    status_code=200,
    guards=[_SIGNED_IN, json_only],
    responses=documented(400, 401, 403, 404, 409, 413, 415, 502),
    summary="Start a checkout for the tenant",
)
async def post_checkout(
    *,
    request: AnyRequest,
    services: Injected,
    plan_id: PlanId,
    tenant_id: TenantId = None,
    customer_id: CustomerId = None,
    device_id: DeviceId = None,
    device_public_key: DevicePublicKey = None,
    data: Described[wire.CheckoutRequest | None] = None,
    authorization: Authorization = None,
) -> wire.CheckoutAnswer:
    account = _own(request, tenant_id)
    tenants.check_nobody_elses(services, account, customer_id)
    wanted = msgspec.structs.asdict(await body_of(request, wire.CheckoutRequest))
    if wanted["device_id"] is None and wanted["device_public_key"] is None:
        wanted |= {"device_id": device_id, "device_public_key": device_public_key}
    metadata = {_PLAN_ID: plan_id} | ({tenants.CUSTOMER_ID: customer_id} if customer_id else {})
    session = await checkouts.start(
        services,
        checkouts.CheckoutRequest(plan=plan_id, account=account, metadata=metadata, **wanted),
    )
    return wire.CheckoutAnswer(
        session_url=session.url or "", session_id=session.id, expires_at=session.expires_at_ms
    )


@post(
    wire.PORTAL,
    status_code=200,
    guards=[_SIGNED_IN],
    responses=documented(400, 401, 404, 409, 502),
    summary="Open the customer portal",
)
async def post_portal(
    *,
    request: AnyRequest,
    services: Injected,
    customer_id: CustomerId = None,
    return_url: ReturnUrl = None,
    flow: Annotated[str | None, QueryParameter(max_length=100, required=False)] = None,
    authorization: Authorization = None,
) -> wire.PortalAnswer:
    account = account_of(request)
    tenants.check_customer(services, account, customer_id)
    session = await portal.open_portal(
        services, paying_customer(services, account), return_url, flow
    )
    return wire.PortalAnswer(portal_url=session.url, expires_at=session.expires_at_ms)


@post(
    wire.INVOICES + "/{invoice_id:str}/" + wire.PAYMENT_INTENT,
    status_code=200,
    guards=[_SIGNED_IN],
    responses=documented(400, 401, 404, 409, 502),
    summary="What pays an open invoice",
)
async def post_payment_intent(
    request: AnyRequest,
    services: Injected,
    invoice_id: FromPath[str],
    authorization: Authorization = None,
) -> wire.PaymentIntentAnswer:
    secret = await tenants.payment_secret(services, account_of(request), invoice_id)
    return wire.PaymentIntentAnswer(client_secret=secret)


@get(
    wire.INVOICES,
    guards=[_SIGNED_IN],
    responses=documented(400, 401),
    summary="The tenant's invoices",
)
async def get_invoices(
    request: AnyRequest, services: Injected, authorization: Authorization = None
) -> wire.InvoicesAnswer:
    account = account_of(request)
    events = tenants.events_of(services, account)
    return wire.InvoicesAnswer(
        invoices=records.invoices_of(events),
        payment_method=await tenants.charged(services, account),
    )


@get(
    wire.PAYMENTS,
    guards=[_SIGNED_IN],
    responses=documented(400, 401),
    summary="The tenant's payments, and those that failed",
    sync_to_thread=False,
)
def get_payments(
    request: AnyRequest, services: Injected, authorization: Authorization = None
) -> wire.PaymentsAnswer:
    events = tenants.events_of(services, account_of(request))
    return wire.PaymentsAnswer(payments=records.payments_of(events))


@get(
    wire.SUBSCRIPTION,
    guards=[_SIGNED_IN],
    responses=documented(400, 401),
    summary="What the tenant has",
    sync_to_thread=False,
)
def get_subscription(
    request: AnyRequest, services: Injected, authorization: Authorization = None
) -> wire.Subscription:
    account = account_of(request)
    standing = standing_of(services, account)
    state, plan = standing.state, standing.plan
    return wire.Subscription(
        tenant_id=account.account_id,
        tenant_status="active" if standing.entitled else "inactive",
        plan=plan.id if plan else None,
        status=state.status if state else None,
        seats=state.seats if state else 0,
        current_period_end=state.period_end_ms if state else None,
        cancel_at_period_end=state.cancel_at_period_end if state else False,
        stripe_customer_id=standing.customer_id,
        stripe_subscription_id=state.subscription_id if state else None,
        stripe_price_id=state.price_id if state else None,
    )


@get(wire.PLANS, summary="What can be bought", sync_to_thread=False)
def get_plans(services: Injected) -> nyra.PlansAnswer:
    return well_known.plans(services, tenants.API)


API = BillingApi(
    name=tenants.API,
    webhook=wire.WEBHOOK,
    handlers=(
        post_checkout,
        post_portal,
        post_payment_intent,
        get_invoices,
        get_payments,
        get_subscription,
        get_plans,
    ),
    follow_up=tenants.follow_up,
)
