"""The billing API ``stripe-integration``: a tenant's plan and invoices, by query parameters."""

from __future__ import annotations

import msgspec

from keystead.wire import nyra
from keystead.wire import stripe_integration as wire
from keystead_daemon.backends.calls import Ask, Auth, Call, present
from keystead_daemon.backends.dialect import CheckoutRequest, first_plan


async def plans(ask: Ask) -> nyra.PlansAnswer:
    return await ask(Call(method="GET", path=wire.PLANS), nyra.PlansAnswer)


async def checkout(ask: Ask, request: CheckoutRequest) -> nyra.CheckoutAnswer:
    body = wire.CheckoutRequest(
        device_id=request.device_id,
        device_public_key=request.device_public_key,
        device_name=request.device_name,
        billing_period=request.billing_period,
        seats=request.seats,
        email=request.email,
        locale=request.locale,
        return_url=request.return_url,
    )
    plan = request.plan or await first_plan(ask, plans)
    query = present(planId=plan, tenantId=request.account)
    call = Call(method="POST", path=wire.CHECKOUT, auth=Auth.ACCOUNT, query=query, body=body)
    answer = await ask(call, wire.CheckoutAnswer)
    return nyra.CheckoutAnswer(
        session_id=answer.session_id, url=answer.session_url, expires_at=answer.expires_at
    )


async def portal(ask: Ask, *, return_url: str | None, flow: str | None) -> nyra.PortalAnswer:
    query = present(returnUrl=return_url, flow=flow)
    call = Call(method="POST", path=wire.PORTAL, auth=Auth.ACCOUNT, query=query)
    answer = await ask(call, wire.PortalAnswer)
    return nyra.PortalAnswer(url=answer.portal_url, expires_at=answer.expires_at)


async def invoices(ask: Ask) -> nyra.InvoicesAnswer:
    call = Call(method="GET", path=wire.INVOICES, auth=Auth.ACCOUNT)
    answer = await ask(call, wire.InvoicesAnswer)
    return msgspec.convert(answer, nyra.InvoicesAnswer, from_attributes=True)
