"""The billing API ``stripe-integration``: tenants, invoices, payment intents.

The tenant comes from the session; a query that names another one is refused.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import FromPath, QueryParameter

from keystead.wire import nyra
from keystead.wire import stripe_integration as wire
from keystead.wire.fields import PortalFields
from keystead_stub.auth.callers import SignedInAccount
from keystead_stub.billing import well_known
from keystead_stub.billing.account_standing import standing_of
from keystead_stub.billing.portal_sessions import payments_back
from keystead_stub.billing_apis.billing_api import BillingApi
from keystead_stub.billing_apis.common import account_billing
from keystead_stub.billing_apis.common.dependencies import Injected, Product
from keystead_stub.billing_apis.stripe_integration import record_writer, tenants
from keystead_stub.http.api_routes import ApiRoutes, Body
from keystead_stub.http.errors import ProblemError
from keystead_stub.store.records import tenant_records

#: The checkout's metadata that holds the tenant's plan.
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
Flow = Annotated[str | None, QueryParameter(max_length=100, required=False)]

public = ApiRoutes()
routes = account_billing.signed_in_routes(tenants.API)


@routes.post(wire.CHECKOUT, refuses=(403, 404, 409, 502))
async def post_checkout(
    *,
    services: Injected,
    account: SignedInAccount,
    plan_id: PlanId,
    tenant_id: TenantId = None,
    customer_id: CustomerId = None,
    device_id: DeviceId = None,
    device_public_key: DevicePublicKey = None,
    data: Body[wire.CheckoutRequest],
    product: Product = None,
) -> wire.CheckoutAnswer:
    """Start a checkout for the tenant."""
    if tenant_id not in (None, account.account_id):
        raise ProblemError("No such tenant.", code="not_found")
    # A tenant may call its customer by an id of its own, which nobody knows before the purchase.
    tenants.check_not_anothers(services, account, customer_id)
    # The device may be named in the query or in the body; the body takes precedence.
    if data.device_id is None and data.device_public_key is None:
        data = msgspec.structs.replace(
            data, device_id=device_id, device_public_key=device_public_key
        )
    plan = services.catalogue.plan_called(plan_id, tenants.API)
    session = await account_billing.start_checkout(
        services,
        data,
        account=account,
        # An unknown plan is refused there, in the order of all refusals.
        plan=plan.id if plan else plan_id,
        billing_period=data.billing_period,
        seats=data.seats,
        product=product,
        metadata={_PLAN_ID: plan_id} | ({tenants.CUSTOMER_ID: customer_id} if customer_id else {}),
    )
    return wire.CheckoutAnswer(
        session_url=session.url or "", session_id=session.id, expires_at=session.expires_at_ms
    )


@routes.post(wire.PORTAL, refuses=(404, 409, 502))
async def post_portal(
    *,
    services: Injected,
    account: SignedInAccount,
    customer_id: CustomerId = None,
    return_url: ReturnUrl = None,
    flow: Flow = None,
) -> wire.PortalAnswer:
    """Open the customer portal."""
    tenants.check_customer(services, account, customer_id)
    fields = PortalFields(return_url=return_url, flow=flow)
    session = await account_billing.open_portal(services, account, fields)
    return wire.PortalAnswer(portal_url=session.url, expires_at=session.expires_at_ms)


@routes.post(
    wire.INVOICES + "/{invoice_id:str}/" + wire.PAYMENT_INTENT,
    refuses=(404, 409, 502),
)
async def post_payment_intent(
    services: Injected, account: SignedInAccount, invoice_id: FromPath[str]
) -> wire.PaymentIntentAnswer:
    """Get the client secret that pays an open invoice."""
    secret = await tenants.payment_secret(services, account, invoice_id)
    return wire.PaymentIntentAnswer(client_secret=secret)


@routes.get(wire.INVOICES)
async def get_invoices(services: Injected, account: SignedInAccount) -> wire.InvoicesAnswer:
    """List the tenant's invoices."""
    record_writer.ensure(services, account)
    with services.store.read() as connection:
        rows = tenant_records.list_invoices(connection, account.account_id)
    customer_id = standing_of(services, account).customer_id
    reasons = payments_back(services, customer_id) if customer_id else {}
    found = (msgspec.convert(row, wire.Invoice, from_attributes=True) for row in rows)
    return wire.InvoicesAnswer(
        invoices=tuple(
            msgspec.structs.replace(one, reason=reasons.get(one.stripe_invoice_id)) for one in found
        ),
        payment_method=await tenants.default_payment_method(services, account),
    )


@routes.get(wire.PAYMENTS)
async def get_payments(services: Injected, account: SignedInAccount) -> wire.PaymentsAnswer:
    """List the tenant's payments, including failed ones."""
    record_writer.ensure(services, account)
    with services.store.read() as connection:
        rows = tenant_records.list_payments(connection, account.account_id)
    return wire.PaymentsAnswer(
        payments=tuple(msgspec.convert(row, wire.Payment, from_attributes=True) for row in rows)
    )


@routes.get(wire.SUBSCRIPTION)
def get_subscription(services: Injected, account: SignedInAccount) -> wire.Subscription:
    """Show the tenant's subscription."""
    # Decided now and not read: a grace period may have ended since the last webhook.
    row = record_writer.subscription_row(account.account_id, standing_of(services, account))
    if row is None:
        return wire.Subscription(tenant_id=account.account_id)
    return msgspec.convert(row, wire.Subscription, from_attributes=True)


@public.get(wire.PLANS)
def get_plans(services: Injected) -> nyra.PlansAnswer:
    """List the plans that can be bought."""
    return well_known.plans(services, tenants.API)


API = BillingApi(
    name=tenants.API,
    webhook=wire.WEBHOOK,
    routes=(public, routes),
    on_customer_event=tenants.on_customer_event,
)
