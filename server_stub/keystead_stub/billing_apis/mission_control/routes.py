"""The billing API ``mission-control``: tenants with plans and seats.

The tenant comes from the session, never from the request.
"""

from __future__ import annotations

import msgspec
from litestar import get, post

from keystead.wire import mission_control as wire
from keystead.wire import nyra
from keystead_stub.auth.callers import account_of, signed_in
from keystead_stub.billing import checkouts, portal, well_known
from keystead_stub.billing.account_standing import AccountStanding, paying_customer, standing_of
from keystead_stub.billing_apis.billing_api import BillingApi
from keystead_stub.dependencies import Injected
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.problem_responses import documented
from keystead_stub.http.requests import AnyRequest, Authorization, Described, body_of, json_only
from keystead_stub.services import Services
from keystead_stub.store import audit

NAME = "mission-control"
#: Seats of a plan where the tenant does not choose.
_SINGLE = 1
_SIGNED_IN = signed_in(NAME)
_STATUS_OF_ENTITLED: dict[str, wire.Status] = {"trialing": "trialing", "past_due": "past_due"}
#: Not paid, and not given up: past the grace too.
_OWED = frozenset({"past_due", "unpaid"})


@post(
    wire.CHECKOUT,
    status_code=200,
    guards=[_SIGNED_IN, json_only],
    responses=documented(400, 401, 403, 409, 413, 415, 502),
    summary="Start a checkout for the tenant",
)
async def post_checkout(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.CheckoutRequest],
    authorization: Authorization = None,
) -> wire.CheckoutAnswer:
    wanted = await body_of(request, wire.CheckoutRequest)
    plan = wire.PLAN_OF_NAME.get(wanted.plan)
    if plan is None:
        raise ProblemError("There is no such plan.", code="invalid_request")
    values = msgspec.structs.asdict(wanted) | {
        "plan": plan,
        "seats": seats_of(services, plan, wanted.seats),
        "account": account_of(request),
    }
    session = await checkouts.start(services, checkouts.CheckoutRequest(**values))
    return wire.CheckoutAnswer(
        url=session.url or "",
        session_id=session.id,
        expires_at=session.expires_at_ms,
        placeholder=_placeholder(services),
    )


def seats_of(services: Services, plan: str, wanted: int | None) -> int:
    """How many seats are bought: what was asked for, within what the plan is sold in."""
    if plan == "pro":
        return _SINGLE
    sold = next(one for one in services.catalogue.sold_at(NAME) if one.id == plan)
    return min(max(wanted or sold.min_seats, sold.min_seats), sold.max_seats)


@post(
    wire.PORTAL,
    status_code=200,
    guards=[_SIGNED_IN, json_only],
    responses=documented(400, 401, 409, 413, 415, 502),
    summary="Open the customer portal",
)
async def post_portal(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.PortalRequest | None] = None,
    authorization: Authorization = None,
) -> wire.PortalAnswer:
    wanted = await body_of(request, wire.PortalRequest)
    customer_id = paying_customer(services, account_of(request))
    session = await portal.open_portal(services, customer_id, wanted.return_url, wanted.flow)
    return wire.PortalAnswer(
        url=session.url, expires_at=session.expires_at_ms, placeholder=_placeholder(services)
    )


@get(
    wire.STATUS,
    guards=[_SIGNED_IN],
    responses=documented(400, 401),
    summary="What the tenant has",
    sync_to_thread=False,
)
def get_status(
    request: AnyRequest, services: Injected, authorization: Authorization = None
) -> wire.StatusAnswer:
    return status_answer(
        standing_of(services, account_of(request)), placeholder=_placeholder(services)
    )


def status_answer(standing: AccountStanding, *, placeholder: bool) -> wire.StatusAnswer:
    """The tenant's standing in this billing API's few words."""
    state = standing.state
    if state is None:
        return wire.StatusAnswer(
            plan=wire.FREE,
            status="active",
            seats=_SINGLE,
            current_period_end=None,
            placeholder=placeholder,
        )
    if not standing.entitled:
        return wire.StatusAnswer(
            plan=wire.FREE,
            status="past_due" if state.status in _OWED else "canceled",
            seats=_SINGLE,
            current_period_end=state.period_end_ms,
            placeholder=placeholder,
        )
    return wire.StatusAnswer(
        plan="team" if standing.plan is not None and standing.plan.id == "team" else "pro",
        status=_STATUS_OF_ENTITLED.get(state.status, "active"),
        seats=state.seats,
        current_period_end=state.period_end_ms,
        placeholder=placeholder,
    )


@get(wire.PLANS, summary="What can be bought", sync_to_thread=False)
def get_plans(services: Injected) -> nyra.PlansAnswer:
    return well_known.plans(services, NAME)


@get(
    wire.INVOICES,
    guards=[_SIGNED_IN],
    responses=documented(400, 401, 409, 502),
    summary="The tenant's invoices",
)
async def get_invoices(
    request: AnyRequest, services: Injected, authorization: Authorization = None
) -> nyra.InvoicesAnswer:
    return await portal.list_invoices(services, paying_customer(services, account_of(request)))


@get(
    wire.AUDIT,
    guards=[_SIGNED_IN],
    responses=documented(400, 401),
    summary="Every billing event of the tenant",
    sync_to_thread=False,
)
def get_audit(
    request: AnyRequest, services: Injected, authorization: Authorization = None
) -> wire.AuditAnswer:
    with services.store.read() as connection:
        rows = audit.entries(connection, account_of(request))
    return wire.AuditAnswer(
        entries=tuple(wire.AuditEntry(**msgspec.structs.asdict(row)) for row in rows)
    )


def _placeholder(services: Services) -> bool:
    return services.settings.mode == "simulated"


API = BillingApi(
    name=NAME,
    webhook=wire.WEBHOOK,
    handlers=(
        post_checkout,
        post_portal,
        get_status,
        get_plans,
        get_invoices,
        get_audit,
    ),
    unsigned_by_placeholder=True,
)
