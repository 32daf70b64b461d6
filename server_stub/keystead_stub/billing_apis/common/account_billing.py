"""Operations that billing APIs with signed-in callers share (specification §8.1)."""

from __future__ import annotations

from collections.abc import Mapping

from keystead.wire import nyra
from keystead.wire.fields import CheckoutFields, PortalFields
from keystead_stub.auth.callers import account_of, session_headers, signed_in
from keystead_stub.billing import checkouts, portal_sessions
from keystead_stub.billing.account_standing import paying_customer
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store.account_ids import Account
from keystead_stub.stripe_types.values import CheckoutSession, PortalSession


def signed_in_routes(api: str) -> ApiRoutes:
    """Return routes for callers with a session at this billing API.

    Their handlers take the caller's account as the parameter ``account``.
    """
    return ApiRoutes(
        guards=[signed_in(api)],
        refuses=(400, 401),
        headers=session_headers(api),
        dependencies={"account": account_of},
    )


async def start_checkout(
    services: Services,
    fields: CheckoutFields,
    *,
    account: Account | None = None,
    plan: str | None = None,
    price_id: str | None = None,
    billing_period: str | None = None,
    seats: int | None = None,
    metadata: Mapping[str, str] | None = None,
    success_url: str | None = None,
    cancel_url: str | None = None,
    device_proven: bool = False,
    product: str | None = None,
) -> CheckoutSession:
    """Start a checkout of a plan or price, as the dialect has understood the request.

    `device_proven` says that the caller has shown that they hold the device's key. `product` is the
    product id of the program that asks, if it names one.
    Raises ProblemError (``other_product``), and as `checkouts.start` does.
    """
    # Before any payment: that program would refuse the license that is bought here.
    if product is not None and product != services.terms.audience:
        raise ProblemError(
            f"This billing service sells {services.terms.audience}, and the program that asks is "
            f"{product}. It would not accept the license.",
            code="other_product",
        )
    request = checkouts.CheckoutRequest(
        device_id=fields.device_id,
        device_public_key=fields.device_public_key,
        device_name=fields.device_name,
        device_proven=device_proven,
        email=fields.email,
        locale=fields.locale,
        return_url=fields.return_url,
        account=account,
        plan=plan,
        price_id=price_id,
        billing_period=billing_period,
        seats=seats,
        metadata=dict(metadata or {}),
        success_url=success_url,
        cancel_url=cancel_url,
    )
    return await checkouts.start(services, request)


async def open_portal(services: Services, account: Account, fields: PortalFields) -> PortalSession:
    """Open the portal of the account's customer.

    Raises ProblemError (``nothing_bought``), and as `portal_sessions.open_portal` does.
    """
    customer_id = paying_customer(services, account)
    return await portal_sessions.open_portal(services, customer_id, fields.return_url, fields.flow)


async def invoices(services: Services, account: Account) -> nyra.InvoicesAnswer:
    """Return the invoices of the account's customer, the newest first.

    Raises ProblemError (``nothing_bought``, ``stripe_unavailable``).
    """
    return await portal_sessions.list_invoices(services, paying_customer(services, account))
