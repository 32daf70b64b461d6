"""The billing API ``mission-control``: tenants with plans and seats.

The tenant comes from the session, never from the request.
"""

from __future__ import annotations

from keystead.wire import mission_control as wire
from keystead.wire import nyra
from keystead_stub.auth.callers import SignedInAccount
from keystead_stub.billing import well_known
from keystead_stub.billing.account_standing import standing_of
from keystead_stub.billing.catalogue import Plan
from keystead_stub.billing_apis.billing_api import BillingApi
from keystead_stub.billing_apis.common import account_billing
from keystead_stub.billing_apis.common.dependencies import Injected, Product
from keystead_stub.billing_apis.mission_control import tenant_standing
from keystead_stub.billing_apis.mission_control.tenant_standing import NAME
from keystead_stub.http.api_routes import ApiRoutes, Body
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import audit
from keystead_stub.store.account_ids import Account

public = ApiRoutes()
routes = account_billing.signed_in_routes(NAME)


@routes.post(wire.CHECKOUT, refuses=(403, 409, 502))
async def post_checkout(
    services: Injected,
    account: SignedInAccount,
    data: Body[wire.CheckoutRequest],
    product: Product = None,
) -> wire.CheckoutAnswer:
    """Start a checkout for the tenant."""
    plan = _plan_called(services, data.plan)
    if plan is None:
        raise ProblemError("No such plan.", code="invalid_request")
    try:
        session = await account_billing.start_checkout(
            services,
            data,
            account=account,
            plan=plan.id,
            billing_period=data.billing_period,
            seats=seats_of(plan, data.seats),
            product=product,
        )
    except ProblemError as refused:
        if refused.code != "already_entitled":
            raise
        current = _standing(services, account).plan
        ranked = tenant_standing.ranking(services.catalogue)
        change = {
            "plan": current,
            "change": tenant_standing.change_of(ranked, current, plan.id),
        }
        # Said here, because the way to another plan is the portal and not a second purchase.
        raise ProblemError(
            refused.sentence,
            code=refused.code,
            headers=refused.headers,
            extra={**refused.extra, **change},
        ) from None
    return wire.CheckoutAnswer(
        url=session.url or "",
        session_id=session.id,
        expires_at=session.expires_at_ms,
        placeholder=_placeholder(services),
    )


def _plan_called(services: Services, name: str) -> Plan | None:
    """Return the plan of this name, or of one of the documents' product names."""
    if not name:
        return None
    known = (name, wire.PLAN_OF_NAME.get(name, name))
    found = (services.catalogue.plan_called(one, NAME) for one in known)
    return next(filter(None, found), None)


def seats_of(plan: Plan, requested: int | None) -> int:
    """Return the requested seats, brought into the range in which the plan is sold."""
    least, most = plan.seats_at(NAME)
    return min(max(requested or least, least), most)


@routes.post(wire.PORTAL, refuses=(409, 502))
async def post_portal(
    services: Injected, account: SignedInAccount, data: Body[nyra.PortalRequest]
) -> wire.PortalAnswer:
    """Open the customer portal."""
    session = await account_billing.open_portal(services, account, data)
    return wire.PortalAnswer(
        url=session.url, expires_at=session.expires_at_ms, placeholder=_placeholder(services)
    )


@routes.get(wire.STATUS)
def get_status(services: Injected, account: SignedInAccount) -> wire.StatusAnswer:
    """Show the tenant's plan, seats and status."""
    standing = _standing(services, account)
    return wire.StatusAnswer(
        plan=standing.plan,
        status=standing.status,
        seats=standing.seats,
        current_period_end=standing.current_period_end,
        placeholder=_placeholder(services),
    )


@public.get(wire.PLANS)
def get_plans(services: Injected) -> nyra.PlansAnswer:
    """List the plans that can be bought."""
    return well_known.plans(services, NAME)


@routes.get(wire.INVOICES, refuses=(409, 502))
async def get_invoices(services: Injected, account: SignedInAccount) -> nyra.InvoicesAnswer:
    """List the tenant's invoices."""
    return await account_billing.invoices(services, account)


@routes.get(wire.AUDIT)
def get_audit(services: Injected, account: SignedInAccount) -> wire.AuditAnswer:
    """List every billing event of the tenant."""
    with services.store.read() as connection:
        rows = audit.list_entries(connection, account)
    return wire.AuditAnswer(
        entries=tuple(
            wire.AuditEntry(
                event_id=row.event_id,
                type=row.type,
                created_at=row.created_at,
                received_at=row.received_at,
            )
            for row in rows
        )
    )


def _standing(services: Services, account: Account) -> tenant_standing.Standing:
    found = standing_of(services, account)
    return tenant_standing.standing_of(
        services.catalogue, found.state, found.plan, entitled=found.entitled
    )


def _placeholder(services: Services) -> bool:
    return services.settings.mode == "simulated"


API = BillingApi(
    name=NAME,
    webhook=wire.WEBHOOK,
    routes=(public, routes),
    on_customer_event=tenant_standing.on_customer_event,
    unsigned_by_placeholder=True,
)
