"""The native billing API (specification §7): a device buys, its token opens portal and invoices."""

from __future__ import annotations

from keystead.wire import nyra as wire
from keystead_daemon.backends.calls import Ask, Auth, Call
from keystead_daemon.backends.dialect import CheckoutRequest


async def plans(ask: Ask) -> wire.PlansAnswer:
    return await ask(Call(method="GET", path=wire.PLANS), wire.PlansAnswer)


async def checkout(ask: Ask, request: CheckoutRequest) -> wire.CheckoutAnswer:
    body = wire.CheckoutRequest(
        device_id=request.device_id,
        device_public_key=request.device_public_key,
        device_name=request.device_name,
        email=request.email,
        plan=request.plan,
        billing_period=request.billing_period,
        seats=request.seats,
        locale=request.locale,
        return_url=request.return_url,
    )
    # The backend attaches the device's customer only where the device proves that it is the one.
    call = Call(method="POST", path=wire.CHECKOUT, auth=Auth.KEY, body=body)
    return await ask(call, wire.CheckoutAnswer)


async def portal(ask: Ask, *, return_url: str | None, flow: str | None) -> wire.PortalAnswer:
    body = wire.PortalRequest(return_url=return_url, flow=flow)
    call = Call(method="POST", path=wire.PORTAL, auth=Auth.DEVICE, body=body)
    return await ask(call, wire.PortalAnswer)


async def invoices(ask: Ask) -> wire.InvoicesAnswer:
    return await ask(Call(method="GET", path=wire.INVOICES, auth=Auth.DEVICE), wire.InvoicesAnswer)
