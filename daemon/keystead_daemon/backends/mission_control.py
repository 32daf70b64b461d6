"""The billing API ``mission-control``: plan and seats of the session's tenant."""

from __future__ import annotations

from keystead.wire import mission_control as wire
from keystead.wire import nyra
from keystead_daemon.backends.calls import Ask, Auth, Call
from keystead_daemon.backends.dialect import CheckoutRequest, first_plan


async def plans(ask: Ask) -> nyra.PlansAnswer:
    return await ask(Call(method="GET", path=wire.PLANS), nyra.PlansAnswer)


async def checkout(ask: Ask, request: CheckoutRequest) -> nyra.CheckoutAnswer:
    body = wire.CheckoutRequest(
        plan=request.plan or await first_plan(ask, plans),
        billing_period=request.billing_period,
        seats=request.seats,
        email=request.email,
        locale=request.locale,
        device_id=request.device_id,
        device_public_key=request.device_public_key,
        device_name=request.device_name,
        return_url=request.return_url,
    )
    call = Call(method="POST", path=wire.CHECKOUT, auth=Auth.ACCOUNT, body=body)
    return await ask(call, nyra.CheckoutAnswer)


async def portal(ask: Ask, *, return_url: str | None, flow: str | None) -> nyra.PortalAnswer:
    body = nyra.PortalRequest(return_url=return_url, flow=flow)
    call = Call(method="POST", path=wire.PORTAL, auth=Auth.ACCOUNT, body=body)
    return await ask(call, nyra.PortalAnswer)


async def invoices(ask: Ask) -> nyra.InvoicesAnswer:
    call = Call(method="GET", path=wire.INVOICES, auth=Auth.ACCOUNT)
    return await ask(call, nyra.InvoicesAnswer)
