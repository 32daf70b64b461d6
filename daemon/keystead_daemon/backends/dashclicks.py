"""The billing API ``dashclicks``: an account buys products of its own Stripe account."""

from __future__ import annotations

from keystead.wire import nyra
from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import MAX_LIMIT
from keystead_daemon.backends.calls import Ask, Auth, Call
from keystead_daemon.backends.dialect import CheckoutRequest


async def plans(ask: Ask) -> nyra.PlansAnswer:
    return await ask(Call(method="GET", path=wire.PLANS, auth=Auth.ACCOUNT), nyra.PlansAnswer)


async def checkout(ask: Ask, request: CheckoutRequest) -> nyra.CheckoutAnswer:
    """Create a charge; the number of seats is its quantity."""
    body = wire.Purchase(
        plan=request.plan,
        billing_period=request.billing_period,
        quantity=request.seats,
        email=request.email,
        locale=request.locale,
        device_id=request.device_id,
        device_public_key=request.device_public_key,
        device_name=request.device_name,
        return_url=request.return_url,
    )
    call = Call(method="POST", path=wire.CHARGES, auth=Auth.ACCOUNT, body=body)
    return await ask(call, nyra.CheckoutAnswer)


async def portal(ask: Ask, *, return_url: str | None, flow: str | None) -> nyra.PortalAnswer:
    body = wire.PortalRequest(return_url=return_url, flow=flow)
    call = Call(method="POST", path=wire.PORTAL, auth=Auth.ACCOUNT, body=body)
    return await ask(call, nyra.PortalAnswer)


async def invoices(ask: Ask) -> nyra.InvoicesAnswer:
    """Return the newest of the account's own invoices."""
    query = {"limit": str(MAX_LIMIT)}
    call = Call(method="GET", path=wire.INVOICES, auth=Auth.ACCOUNT, query=query)
    page = await ask(call, wire.InvoicesPage)
    return nyra.InvoicesAnswer(invoices=page.data, payment_method=page.payment_method)
