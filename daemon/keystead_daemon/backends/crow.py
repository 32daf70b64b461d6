"""The billing API ``crow``: an organisation drafts modules in a billing builder and pays for them.

The native API's ``yearly`` is ``annual`` here. Pay as you go is offered as a further billing
period, because people choose between the two.
"""

from __future__ import annotations

import msgspec

from keystead.wire import crow as wire
from keystead.wire import nyra
from keystead_daemon.backends.calls import Ask, Auth, Call, present
from keystead_daemon.backends.dialect import CheckoutRequest

AS_YOU_GO = "pay_as_you_go"
_YEARLY = "yearly"
_MODULES = tuple(field.name for field in msgspec.structs.fields(wire.Modules))


async def plans(ask: Ask) -> nyra.PlansAnswer:
    call = Call(method="GET", path=wire.PLANS, auth=Auth.ACCOUNT)
    answer = await ask(call, wire.PlansAnswer)
    return nyra.PlansAnswer(plans=tuple(map(_plan, answer.plans)))


async def checkout(ask: Ask, request: CheckoutRequest) -> nyra.CheckoutAnswer:
    """Create a billing builder, then a checkout for it; without a module, for the first one."""
    # crow refuses an order without modules.
    wanted = request.modules or _MODULES[:1]
    draft = wire.NewBuilder(
        modules=wire.Modules(**{name: name in wanted for name in _MODULES}),
        pay_as_you_go=request.billing_period == AS_YOU_GO,
        billing_period="annual" if request.billing_period == _YEARLY else "monthly",
    )
    call = Call(method="POST", path=wire.BUILDERS, auth=Auth.ACCOUNT, body=draft)
    builder = await ask(call, wire.Builder)
    body = wire.CheckoutRequest(
        billing_builder_id=builder.id,
        plan=request.plan,
        email=request.email,
        locale=request.locale,
        device_id=request.device_id,
        device_public_key=request.device_public_key,
        device_name=request.device_name,
        return_url=request.return_url,
    )
    headers = present(**{wire.ORGANIZATION: request.account or builder.organization_id})
    call = Call(method="POST", path=wire.CHECKOUT, auth=Auth.ACCOUNT, headers=headers, body=body)
    return await ask(call, nyra.CheckoutAnswer)


async def portal(ask: Ask, *, return_url: str | None, flow: str | None) -> nyra.PortalAnswer:
    body = nyra.PortalRequest(return_url=return_url, flow=flow)
    call = Call(method="POST", path=wire.PORTAL, auth=Auth.ACCOUNT, body=body)
    return await ask(call, nyra.PortalAnswer)


async def invoices(ask: Ask) -> nyra.InvoicesAnswer:
    call = Call(method="GET", path=wire.INVOICES, auth=Auth.ACCOUNT)
    return await ask(call, nyra.InvoicesAnswer)


def _plan(plan: wire.Plan) -> nyra.Plan:
    return nyra.Plan(
        plan=plan.plan,
        name=plan.name,
        features=plan.features,
        prices=tuple(map(_price, plan.prices)),
        # nyra's modules are a mapping; crow only lists the names.
        modules=dict.fromkeys(plan.modules, True),
    )


def _price(price: wire.Price) -> nyra.Price:
    period = _YEARLY if price.billing_period == "annual" else price.billing_period
    return nyra.Price(
        price_id=price.price_id,
        billing_period=AS_YOU_GO if price.pay_as_you_go else period,
        amount=price.amount,
        currency=price.currency,
    )
