"""The console's index: who is there, what happened, what time it is, and what goes wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from keystead.instants import DAY_MS, SECOND_MS
from keystead_stub.controls.guarding import rehearsal_of
from keystead_stub.faults import Faults
from keystead_stub.injected import Injected
from keystead_stub.pages import forms
from keystead_stub.pages.checkout import OPTIONS
from keystead_stub.pages.rendering import AnyRequest, page
from keystead_stub.refusals import Refused
from keystead_stub.rehearsal import Rehearsal, stripe_answers
from keystead_stub.settings import blockers
from keystead_stub.store import restores

_PURPOSE = "console"
_DAY_S = DAY_MS // SECOND_MS
_FAULTS = {
    "none": Faults(),
    "down": Faults(status=503),
    "portal": Faults(status=200, body="<html><body>Sign in to this network</body></html>"),
    "drop": Faults(drop_connection=True),
    "slow": Faults(latency_ms=3000),
    "hold": Faults(hold_webhooks=True),
    "twice": Faults(duplicate_webhooks=True, shuffle_webhooks=True),
    "forged": Faults(wrong_signature=True),
}
_WHAT_HAPPENS = ("cancel", "resume", "refund", "dispute", "fail_next_payment", "pause")


@get(["/_stub", "/_stub/"], **OPTIONS)
async def get_console(request: AnyRequest, services: Injected) -> Response[str]:
    rehearsal = rehearsal_of(request)
    controls = rehearsal.controls
    people = [(one, controls.subscription(one.id)) for one in controls.customers()]
    with services.store.read() as connection:
        mails = restores.sent(connection, limit=10)
    return page(
        "console",
        now=services.stripe_now_ms(),
        people=list(reversed(people)),
        events=controls.events(limit=40),
        mails=mails,
        faults=rehearsal.faults,
        kinds=tuple(_FAULTS),
        actions=_WHAT_HAPPENS,
        enabled=services.switches.checkout_enabled,
        blockers=blockers(services.settings),
        token=forms.token(services, _PURPOSE),
    )


@post("/_stub/console", **OPTIONS)
async def post_console(request: AnyRequest, services: Injected) -> Redirect:
    found = await forms.fields(request, services, _PURPOSE)
    act = _ACTIONS.get(found.get("action", ""))
    if act is None:
        raise Refused("There is no such button.", code="invalid_request")
    with stripe_answers():
        await act(rehearsal_of(request), found)
    return forms.see("/_stub/")


async def _advance(rehearsal: Rehearsal, found: Mapping[str, str]) -> None:
    match found.get("by"):
        case "period":
            await rehearsal.advance(seconds=None, to_ms=_next_period(rehearsal))
        case days if days is not None and days.isascii() and days.isdigit():
            await rehearsal.advance(seconds=int(days[:5]) * _DAY_S, to_ms=None)
        case _:
            raise Refused("Say by how much.", code="invalid_request")


def _next_period(rehearsal: Rehearsal) -> int:
    """Just past the next period end of anybody."""
    controls = rehearsal.controls
    now_ms = controls.now_ms()
    subscriptions = (controls.subscription(one.id) for one in controls.customers())
    ends = [s.current_period_end_ms for s in subscriptions if s is not None]
    later = [end for end in ends if end >= now_ms]
    if not later:
        raise Refused("Nobody has a period that ends.", code="conflict")
    return min(later) + SECOND_MS


async def _set_faults(rehearsal: Rehearsal, found: Mapping[str, str]) -> None:
    rehearsal.set_faults(_FAULTS.get(found.get("kind", ""), Faults()))
    await rehearsal.deliver()


async def _happen(rehearsal: Rehearsal, found: Mapping[str, str]) -> None:
    controls, customer_id = rehearsal.controls, found.get("customer", "")
    what: dict[str, Callable[[], object]] = {
        "cancel": lambda: controls.cancel(customer_id),
        "resume": lambda: controls.resume(customer_id),
        "refund": lambda: controls.refund(customer_id),
        "dispute": lambda: controls.dispute(customer_id),
        "fail_next_payment": lambda: controls.fail_next_payment(customer_id),
        "pause": lambda: controls.pause(customer_id),
    }
    act = what.get(found.get("what", ""))
    if act is None:
        raise Refused("There is no such button.", code="invalid_request")
    act()
    await rehearsal.deliver()


async def _redeliver(rehearsal: Rehearsal, found: Mapping[str, str]) -> None:
    rehearsal.controls.redeliver(found.get("event", ""))
    await rehearsal.deliver()


async def _switch(rehearsal: Rehearsal, found: Mapping[str, str]) -> None:
    rehearsal.services.switches.checkout_enabled = found.get("checkout") == "on"


async def _seed(rehearsal: Rehearsal, _found: Mapping[str, str]) -> None:
    await rehearsal.seed(3)


async def _reset(rehearsal: Rehearsal, _found: Mapping[str, str]) -> None:
    await rehearsal.reset()


_ACTIONS: dict[str, Callable[[Rehearsal, Mapping[str, str]], Awaitable[Any]]] = {
    "advance": _advance,
    "faults": _set_faults,
    "happen": _happen,
    "redeliver": _redeliver,
    "switch": _switch,
    "seed": _seed,
    "reset": _reset,
}

ROUTES = (get_console, post_console)
