"""The console: customers, events, the clock, and faults."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.console import fault_switches, views
from keystead_stub.console.actions import ACTIONS, CUSTOMER_ACTIONS, TRIALS
from keystead_stub.controls.guards import sandbox_of
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.local_callers import simulated_only, this_machine
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.rendering import AnyRequest, page, page_routes
from keystead_stub.ops import outbox
from keystead_stub.settings import blockers
from keystead_stub.store import devices, switches
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.discounts import queries as discounts
from keystead_stub.stripe_sim.resources.events import queries as events
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_sim.resources.promotion_codes import queries as promotion_codes
from keystead_stub.stripe_sim.sandbox import stripe_errors_as_problems

_PURPOSE = "console"
#: A path within the console; forms redirect nowhere else.
_PLACE = re.compile(r"#[a-z]{1,20}|(customers|events)/\w{1,100}")
_EVENTS = 40

routes = page_routes(this_machine, simulated_only)


@routes.get("/")
async def get_root() -> Redirect:
    """Lead whoever opens the stub's address in a browser to the console."""
    return Redirect("/_stub/")


@routes.get(["/_stub", "/_stub/"])
async def get_console(
    request: AnyRequest,
    services: Injected,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = _EVENTS,
) -> Response[str]:
    sandbox = sandbox_of(request)
    controls = sandbox.stripe
    people = views.people(sandbox)
    with services.store.read() as connection:
        mails = outbox.list_mails(connection, services.settings.signing_secrets, limit=10)
        enabled = switches.is_on(connection, switches.CHECKOUT)
    return page(
        "console",
        live=True,
        now=services.stripe_now_ms(),
        people=people,
        accounts=views.connected_accounts(sandbox),
        names=views.account_names(sandbox),
        events=controls.read(events.newest, limit=limit, all_accounts=True),
        limit=limit,
        mails=mails,
        money=views.money(sandbox),
        promotions=controls.read(promotion_codes.list_all),
        trials=[
            (name, label, trial == services.switches.trial)
            for name, (label, trial) in TRIALS.items()
        ],
        checkouts=views.open_checkouts(sandbox),
        switches=fault_switches.positions(sandbox.faults),
        in_force=fault_switches.in_force(sandbox.faults),
        enabled=enabled,
        blockers=blockers(services.settings),
        url=services.public_url(),
        token=services.form_tokens.token(_PURPOSE),
    )


@routes.get("/_stub/customers/{customer_id:str}")
async def get_customer(
    request: AnyRequest, services: Injected, customer_id: FromPath[str]
) -> Response[str]:
    sandbox = sandbox_of(request).about("customer", customer_id)
    controls = sandbox.stripe
    with stripe_errors_as_problems():
        shown = views.person(sandbox, controls.read(customer_queries.get, customer_id))
    subscription = shown.subscription
    with services.store.read() as connection:
        rows = devices.list_devices(connection, customer_id)
    return page(
        "console_customer",
        live=True,
        now=services.stripe_now_ms(),
        person=shown,
        plan=services.catalogue.find_price(subscription.price_id) if subscription else None,
        discounts=controls.read(discounts.of_customer, customer_id),
        invoices=controls.read(invoices.of_customer, customer_id),
        payments=views.payments(sandbox, customer_id),
        devices=rows,
        events=controls.read(events.newest, limit=1000, customer_id=customer_id),
        happenings=CUSTOMER_ACTIONS,
        token=services.form_tokens.token(_PURPOSE),
    )


@routes.get("/_stub/events/{event_id:str}")
async def get_event(
    request: AnyRequest, services: Injected, event_id: FromPath[str]
) -> Response[str]:
    sandbox = sandbox_of(request)
    with stripe_errors_as_problems():
        event = sandbox.about("event", event_id).stripe.read(events.get, event_id)
    return page(
        "console_event",
        live=True,
        now=services.stripe_now_ms(),
        event=event,
        account=views.account_names(sandbox).get(event.account or ""),
        json=msgspec.json.format(msgspec.json.encode(event.document), indent=2).decode(),
        token=services.form_tokens.token(_PURPOSE),
    )


@routes.post("/_stub/console")
async def post_console(request: AnyRequest, services: Injected) -> Redirect:
    found = await forms.fields(request, services.form_tokens, _PURPOSE)
    act = ACTIONS.get(found.get("action", ""))
    if act is None:
        raise ProblemError("No such button.", code="invalid_request")
    with stripe_errors_as_problems():
        place = await act(sandbox_of(request), found)
    back = found.get("back", "")
    return forms.redirect(place or f"/_stub/{back if _PLACE.fullmatch(back) else ''}")
