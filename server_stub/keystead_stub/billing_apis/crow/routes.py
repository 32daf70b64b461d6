"""The billing API ``crow``: organisations, onboarding, modules.

The organisation is the session's. What is another's is answered as if it did not exist.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import get, patch, post
from litestar.params import FromPath, HeaderParameter

from keystead.instants import DAY_MS
from keystead.wire import crow as wire
from keystead.wire import nyra
from keystead_stub.auth.callers import account_of, signed_in
from keystead_stub.billing import portal
from keystead_stub.billing.account_standing import paying_customer
from keystead_stub.billing.catalogue import MODULES, PlanPrice
from keystead_stub.billing_apis.billing_api import BillingApi
from keystead_stub.billing_apis.crow import organizations
from keystead_stub.dependencies import Injected
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.problem_responses import documented
from keystead_stub.http.requests import AnyRequest, Authorization, Described, body_of, json_only
from keystead_stub.services import Services
from keystead_stub.store.account_ids import Account
from keystead_stub.store.organizations import BuilderRow, SubscriptionRow
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.values import Subscription

_SIGNED_IN = signed_in(organizations.API)
GatewayKey = Annotated[str | None, HeaderParameter(name="X-Internal-Gateway-Key", required=False)]
_STATUSES: dict[str, Literal["active", "cancelled", "past_due"]] = {
    "active": "active",
    "trialing": "active",
    "canceled": "cancelled",
    "incomplete_expired": "cancelled",
}


def _own(request: AnyRequest, organization_id: str | None) -> Account:
    """The caller's organisation. Raises ProblemError (``not_found``) where another one is named."""
    account = account_of(request)
    if organization_id not in (None, account.account_id):
        raise ProblemError("There is no such organisation.", code="not_found")
    return account


@post(
    wire.BUILDERS,
    status_code=201,
    guards=[_SIGNED_IN, json_only],
    responses=documented(400, 401, 404, 413, 415),
    summary="Begin a draft of what the organisation wants",
)
async def post_builder(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.NewBuilder | None] = None,
    authorization: Authorization = None,
    gateway_key: GatewayKey = None,
) -> wire.Builder:
    wanted = await body_of(request, wire.NewBuilder)
    account = _own(request, wanted.organization_id)
    row = organizations.draft(
        services,
        account,
        modules=_names(wanted.modules),
        pay_as_you_go=wanted.pay_as_you_go,
        billing_period=wanted.billing_period,
        onboarding_id=wanted.onboarding_id,
    )
    return _builder(row)


@get(
    wire.BUILDERS + "/{builder_id:str}",
    guards=[_SIGNED_IN],
    responses=documented(400, 401, 404),
    summary="A draft, or what has become of it",
    sync_to_thread=False,
)
def get_builder(
    request: AnyRequest,
    services: Injected,
    builder_id: FromPath[str],
    authorization: Authorization = None,
    gateway_key: GatewayKey = None,
) -> wire.Builder:
    return _builder(organizations.find_builder(services, account_of(request), builder_id))


@patch(
    wire.BUILDERS + "/{builder_id:str}",
    guards=[_SIGNED_IN, json_only],
    responses=documented(400, 401, 404, 409, 413, 415),
    summary="Change a draft",
)
async def patch_builder(
    *,
    request: AnyRequest,
    services: Injected,
    builder_id: FromPath[str],
    data: Described[wire.BuilderChange | None] = None,
    authorization: Authorization = None,
    gateway_key: GatewayKey = None,
) -> wire.Builder:
    wanted = await body_of(request, wire.BuilderChange)
    given: dict[str, Any] = {
        name: value
        for name, value in msgspec.structs.asdict(wanted).items()
        if value is not msgspec.UNSET
    }
    if isinstance(modules := given.get("modules"), wire.Modules):
        given["modules"] = _names(modules)
    return _builder(organizations.change(services, account_of(request), builder_id, given))


@post(
    wire.CHECKOUT,
    status_code=200,
    guards=[_SIGNED_IN, json_only],
    responses=documented(400, 401, 403, 404, 409, 413, 415, 502),
    summary="Start a checkout of what a builder wants",
)
async def post_checkout(
    *,
    request: AnyRequest,
    services: Injected,
    data: Described[wire.CheckoutRequest],
    organization: Annotated[
        str | None, HeaderParameter(name=wire.ORGANIZATION, required=False)
    ] = None,
    authorization: Authorization = None,
    gateway_key: GatewayKey = None,
) -> wire.CheckoutAnswer:
    wanted = await body_of(request, wire.CheckoutRequest)
    account = account_of(request)
    if organization != account.account_id:
        raise organizations.unknown_builder()
    wish = msgspec.structs.asdict(wanted)
    builder_id, plan = wish.pop("billing_builder_id"), wish.pop("plan")
    session = await organizations.start_checkout(
        services, account, builder_id, plan or organizations.DEFAULT_PLAN, **wish
    )
    return wire.CheckoutAnswer(
        session_id=session.id, url=session.url or "", expires_at=session.expires_at_ms
    )


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
    data: Described[nyra.PortalRequest | None] = None,
    authorization: Authorization = None,
    gateway_key: GatewayKey = None,
) -> nyra.PortalAnswer:
    wanted = await body_of(request, nyra.PortalRequest)
    customer_id = paying_customer(services, account_of(request))
    session = await portal.open_portal(services, customer_id, wanted.return_url, wanted.flow)
    return nyra.PortalAnswer(url=session.url, expires_at=session.expires_at_ms)


@get(
    wire.INVOICES,
    guards=[_SIGNED_IN],
    responses=documented(400, 401, 409, 502),
    summary="The organisation's invoices",
)
async def get_invoices(
    request: AnyRequest,
    services: Injected,
    authorization: Authorization = None,
    gateway_key: GatewayKey = None,
) -> nyra.InvoicesAnswer:
    return await portal.list_invoices(services, paying_customer(services, account_of(request)))


@get(
    wire.PLANS,
    guards=[_SIGNED_IN],
    responses=documented(400, 401),
    summary="What can be bought, per module",
    sync_to_thread=False,
)
def get_plans(
    services: Injected, authorization: Authorization = None, gateway_key: GatewayKey = None
) -> wire.PlansAnswer:
    return wire.PlansAnswer(
        plans=tuple(
            wire.Plan(
                plan=plan.entitlement_key,
                name=plan.name,
                features=plan.features,
                modules=MODULES,
                prices=tuple(map(_price, plan.prices)),
            )
            for plan in services.catalogue.sold_at(organizations.API)
        )
    )


@post(
    wire.SUBSCRIPTIONS,
    status_code=201,
    guards=[_SIGNED_IN, json_only],
    responses=documented(400, 401, 404, 409, 413, 415, 502),
    summary="Write down the organisation's subscription",
)
async def post_subscription(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.NewSubscription | None] = None,
    authorization: Authorization = None,
    gateway_key: GatewayKey = None,
) -> wire.Subscription:
    wanted = await body_of(request, wire.NewSubscription)
    account = _own(request, wanted.organization_id)
    row = organizations.subscribe(
        services,
        account,
        modules=_names(wanted.modules),
        pay_as_you_go=wanted.pay_as_you_go,
        billing_period=wanted.billing_period,
        stripe_customer_id=wanted.stripe_customer_id,
        stripe_subscription_id=wanted.stripe_subscription_id,
    )
    return await _subscription(services, row)


@get(
    wire.SUBSCRIPTIONS + "/{organization_id:str}",
    guards=[_SIGNED_IN],
    responses=documented(400, 401, 404, 502),
    summary="The organisation's subscription",
)
async def get_subscription(
    request: AnyRequest,
    services: Injected,
    organization_id: FromPath[str],
    authorization: Authorization = None,
    gateway_key: GatewayKey = None,
) -> wire.Subscription:
    account = _own(request, organization_id)
    return await _subscription(services, organizations.find_subscription(services, account))


def _names(modules: wire.Modules) -> str:
    return organizations.module_names(msgspec.structs.asdict(modules))


def _modules(names: str) -> wire.Modules:
    return wire.Modules(**dict.fromkeys(filter(None, names.split(",")), True))


def _builder(row: BuilderRow) -> wire.Builder:
    values = msgspec.structs.asdict(row) | {"modules": _modules(row.modules)}
    return wire.Builder(**values)


def _price(price: PlanPrice) -> wire.Price:
    return wire.Price(
        price_id=price.id,
        billing_period="annual" if price.interval == "year" else "monthly",
        pay_as_you_go=price.pay_as_you_go,
        amount=price.amount,
        currency=price.currency,
    )


async def _subscription(services: Services, row: SubscriptionRow) -> wire.Subscription:
    """The subscription as it is now: its terms are ours, its state is Stripe's.

    What webhooks told counts; Stripe is asked where they told nothing of it yet.
    """
    values = msgspec.structs.asdict(row) | {"modules": _modules(row.modules)}
    if told := organizations.told_of(services, row):
        return wire.Subscription(
            status=_STATUSES.get(told.status, "past_due"),
            current_period_start=told.period_start_ms,
            current_period_end=told.period_end_ms,
            **values,
        )
    at_stripe = await _at_stripe(services, row)
    if at_stripe is None:
        # Agreed outside of Stripe: it runs from its first day, period by period.
        span_ms = (365 if row.billing_period == "annual" else 30) * DAY_MS
        passed = max(0, services.now_ms() - row.created_at) // span_ms
        begins = row.created_at + passed * span_ms
        return wire.Subscription(
            status="active",
            current_period_start=begins,
            current_period_end=begins + span_ms,
            **values,
        )
    return wire.Subscription(
        status=_STATUSES.get(at_stripe.status, "past_due"),
        current_period_start=at_stripe.current_period_start_ms,
        current_period_end=at_stripe.current_period_end_ms,
        **values,
    )


async def _at_stripe(services: Services, row: SubscriptionRow) -> Subscription | None:
    if row.stripe_customer_id is None:
        return None
    try:
        return await services.stripe.get_subscription(row.stripe_customer_id)
    except StripeError as error:
        if error.status < 500:
            return None
        raise ProblemError("Stripe did not answer.", code="stripe_unavailable") from None


API = BillingApi(
    name=organizations.API,
    webhook=wire.WEBHOOK,
    handlers=(
        post_builder,
        get_builder,
        patch_builder,
        post_checkout,
        post_portal,
        get_plans,
        get_invoices,
        post_subscription,
        get_subscription,
    ),
    follow_up=organizations.follow_up,
)
