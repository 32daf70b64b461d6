"""The billing API ``crow``: organisations, onboarding, modules.

The organisation comes from the session. An object of another one is a 404, like one that does not
exist.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar.params import FromPath, HeaderParameter

from keystead.wire import crow as wire
from keystead.wire import nyra
from keystead_stub.auth.callers import SignedInAccount
from keystead_stub.billing.catalogue import MODULES, PlanPrice
from keystead_stub.billing_apis.billing_api import BillingApi
from keystead_stub.billing_apis.common import account_billing
from keystead_stub.billing_apis.common.dependencies import Injected, Product
from keystead_stub.billing_apis.crow import (
    organization_events,
    organization_subscriptions,
    organizations,
)
from keystead_stub.http.api_routes import Body
from keystead_stub.http.errors import ProblemError
from keystead_stub.store.account_ids import Account
from keystead_stub.store.records.organizations import BuilderRow, SubscriptionRow

OrganizationHeader = Annotated[str | None, HeaderParameter(name=wire.ORGANIZATION, required=False)]

routes = account_billing.signed_in_routes(organizations.API)


@routes.post(wire.BUILDERS, status=201, refuses=(404,))
async def post_builder(
    services: Injected, account: SignedInAccount, data: Body[wire.NewBuilder]
) -> wire.Builder:
    """Start a draft of what the organisation wants."""
    _check_own(account, data.organization_id)
    row = organizations.create_draft(
        services,
        account,
        modules=organizations.modules_text(data.modules),
        pay_as_you_go=data.pay_as_you_go,
        billing_period=data.billing_period,
        onboarding_id=data.onboarding_id,
    )
    return _builder(row)


@routes.get(wire.BUILDERS + "/{builder_id:str}", refuses=(404,))
def get_builder(
    services: Injected, account: SignedInAccount, builder_id: FromPath[str]
) -> wire.Builder:
    """Get a draft, or the active builder that it became."""
    return _builder(organizations.find_builder(services, account, builder_id))


@routes.patch(wire.BUILDERS + "/{builder_id:str}", refuses=(404, 409))
async def patch_builder(
    services: Injected,
    account: SignedInAccount,
    builder_id: FromPath[str],
    data: Body[wire.BuilderChange],
) -> wire.Builder:
    """Change a draft."""
    changes: dict[str, Any] = {
        name: value
        for name, value in msgspec.structs.asdict(data).items()
        # In a PATCH a missing field stays as it is, while null is a value (RFC 7396).
        if value is not msgspec.UNSET
    }
    if isinstance(data.modules, wire.Modules):
        changes["modules"] = organizations.modules_text(data.modules)
    return _builder(organizations.change_builder(services, account, builder_id, changes))


@routes.post(wire.CHECKOUT, refuses=(403, 404, 409, 502))
async def post_checkout(
    services: Injected,
    account: SignedInAccount,
    data: Body[wire.CheckoutRequest],
    organization: OrganizationHeader = None,
    product: Product = None,
) -> wire.CheckoutAnswer:
    """Start a checkout of what a builder holds."""
    # The header repeats the session. One that contradicts it is a mistake, or an attempt to reach
    # another organisation: both get the answer for what does not exist.
    if organization != account.account_id:
        raise organizations.unknown_builder()
    order = organizations.order_of(services, account, data.billing_builder_id, data.plan or "")
    # A program that waits for the browser's return is found by the stub's own pages only.
    client = services.settings.auth_client_url if data.return_url is None else ""
    session = await account_billing.start_checkout(
        services,
        data,
        account=account,
        price_id=order.price_id,
        seats=order.seats,
        metadata=order.metadata,
        success_url=_returns(client, "success", "&session_id={CHECKOUT_SESSION_ID}"),
        cancel_url=_returns(client, "cancelled"),
        product=product,
    )
    return wire.CheckoutAnswer(
        session_id=session.id, url=session.url or "", expires_at=session.expires_at_ms
    )


@routes.post(wire.PORTAL, refuses=(409, 502))
async def post_portal(
    services: Injected, account: SignedInAccount, data: Body[nyra.PortalRequest]
) -> nyra.PortalAnswer:
    """Open the customer portal."""
    if data.return_url is None and services.settings.auth_client_url:
        data = msgspec.structs.replace(data, return_url=services.settings.auth_client_url)
    session = await account_billing.open_portal(services, account, data)
    return nyra.PortalAnswer(url=session.url, expires_at=session.expires_at_ms)


@routes.get(wire.INVOICES, refuses=(409, 502))
async def get_invoices(services: Injected, account: SignedInAccount) -> nyra.InvoicesAnswer:
    """List the organisation's invoices."""
    return await account_billing.invoices(services, account)


@routes.get(wire.PLANS)
def get_plans(services: Injected) -> wire.PlansAnswer:
    """List the plans that can be bought, priced per module."""
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


@routes.post(wire.SUBSCRIPTIONS, status=201, refuses=(404, 409, 502))
async def post_subscription(
    services: Injected, account: SignedInAccount, data: Body[wire.NewSubscription]
) -> wire.Subscription:
    """Record the organisation's subscription."""
    _check_own(account, data.organization_id)
    row = await organization_subscriptions.record(
        services,
        account,
        modules=organizations.modules_text(data.modules),
        pay_as_you_go=data.pay_as_you_go,
        billing_period=data.billing_period,
        stripe_customer_id=data.stripe_customer_id,
        stripe_subscription_id=data.stripe_subscription_id,
    )
    return _subscription(row)


@routes.get(wire.SUBSCRIPTIONS + "/{organization_id:str}", refuses=(404, 502))
async def get_subscription(
    services: Injected, account: SignedInAccount, organization_id: FromPath[str]
) -> wire.Subscription:
    """Get the organisation's subscription."""
    _check_own(account, organization_id)
    return _subscription(await organization_subscriptions.find(services, account))


def _check_own(account: Account, organization_id: str | None) -> None:
    """Raise ProblemError (``not_found``) where another organisation is named."""
    if organization_id not in (None, account.account_id):
        raise ProblemError("No such organisation.", code="not_found")


def _returns(client: str, outcome: str, more: str = "") -> str | None:
    """Return the page of the sign-in client that a checkout returns to, null if there is none."""
    if not client:
        return None
    return f"{client}{'&' if '?' in client else '?'}checkout={outcome}{more}"


def _builder(row: BuilderRow) -> wire.Builder:
    values = msgspec.structs.asdict(row) | {"modules": organizations.modules_of(row.modules)}
    return wire.Builder(**values)


def _subscription(row: SubscriptionRow) -> wire.Subscription:
    values = msgspec.structs.asdict(row) | {"modules": organizations.modules_of(row.modules)}
    return wire.Subscription(**values)


def _price(price: PlanPrice) -> wire.Price:
    return wire.Price(
        price_id=price.id,
        billing_period="annual" if price.interval == "year" else "monthly",
        pay_as_you_go=price.pay_as_you_go,
        amount=price.amount,
        currency=price.currency,
    )


API = BillingApi(
    name=organizations.API,
    webhook=wire.WEBHOOK,
    routes=(routes,),
    on_customer_event=organization_events.on_customer_event,
)
