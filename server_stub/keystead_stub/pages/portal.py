"""The customer portal: subscription, seats, card, invoices, devices, activation by file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from keystead_stub import device_rules, offline
from keystead_stub.controls.guarding import rehearsal_of
from keystead_stub.injected import Injected
from keystead_stub.pages import forms
from keystead_stub.pages.checkout import OPTIONS, TEST_CARDS
from keystead_stub.pages.rendering import AnyRequest, page
from keystead_stub.refusals import Refused
from keystead_stub.rehearsal import Rehearsal, stripe_answers
from keystead_stub.store import devices
from keystead_stub.stripe_.interface import PortalSession, StripeRefused

Answer = Response[str] | Response[bytes] | Redirect
_DEAD = frozenset({"canceled", "incomplete_expired"})


@get("/_stub/portal/{session_id:str}", **OPTIONS)
async def get_portal(request: AnyRequest, session_id: FromPath[str]) -> Response[str]:
    rehearsal = rehearsal_of(request)
    return _page(rehearsal, _session(rehearsal, session_id))


@post("/_stub/portal/{session_id:str}", **OPTIONS)
async def post_portal(request: AnyRequest, services: Injected, session_id: FromPath[str]) -> Answer:
    rehearsal = rehearsal_of(request)
    session = _session(rehearsal, session_id)
    found = await forms.fields(request, services, session_id)
    act = _ACTIONS.get(found.get("action", ""))
    if act is None:
        raise Refused("There is no such button.", code="invalid_request")
    try:
        answer = await act(rehearsal, session, found)
    except Refused as refused:
        return _page(rehearsal, session, problem=refused.sentence)
    await rehearsal.deliver()
    return answer if answer is not None else forms.see(f"/_stub/portal/{session_id}")


def _session(rehearsal: Rehearsal, session_id: str) -> PortalSession:
    try:
        return rehearsal.controls.get_portal(session_id)
    except StripeRefused:
        raise Refused(
            "This link has ended. Open the portal again from the program.", code="not_found"
        ) from None


def _page(
    rehearsal: Rehearsal, session: PortalSession, *, problem: str | None = None
) -> Response[str]:
    controls, services = rehearsal.controls, rehearsal.services
    with stripe_answers():
        customer = controls.get_customer(session.customer_id)
        subscription = controls.subscription(session.customer_id)
        invoices = controls.invoices(session.customer_id)
    with services.store.read() as connection:
        rows = devices.active_devices(connection, session.customer_id)
    price = services.catalogue.find_price(subscription.price_id) if subscription else None
    return page(
        "portal",
        status=422 if problem else 200,
        session=session,
        customer=customer,
        subscription=subscription,
        alive=subscription is not None and subscription.status not in _DEAD,
        plan=price[0] if price else None,
        price=price[1] if price else None,
        invoices=invoices,
        devices=rows,
        device_limit=services.terms.device_limit,
        token=forms.token(services, session.id),
        problem=problem,
        return_url=session.return_url or services.settings.return_url,
        cards=TEST_CARDS,
    )


async def _cancel(rehearsal: Rehearsal, session: PortalSession, _found: Mapping[str, str]) -> None:
    with stripe_answers():
        rehearsal.controls.cancel(session.customer_id, at_period_end=True)


async def _resume(rehearsal: Rehearsal, session: PortalSession, _found: Mapping[str, str]) -> None:
    with stripe_answers():
        rehearsal.controls.resume(session.customer_id)


async def _seats(rehearsal: Rehearsal, session: PortalSession, found: Mapping[str, str]) -> None:
    digits = found.get("seats", "")
    if not (digits.isascii() and digits.isdigit()) or not 1 <= int(digits[:6]) <= 1000:
        raise Refused("Seats are a number from 1.", code="invalid_request")
    with stripe_answers():
        rehearsal.controls.update_subscription(session.customer_id, quantity=int(digits))


async def _card(rehearsal: Rehearsal, session: PortalSession, found: Mapping[str, str]) -> None:
    number = _typed_card(rehearsal, found)
    with stripe_answers():
        rehearsal.controls.update_card(session.customer_id, number)


def _typed_card(rehearsal: Rehearsal, found: Mapping[str, str]) -> str:
    typed = forms.card_fields(found, rehearsal.services.stripe_now_ms(), with_email=False)
    if typed.errors:
        raise Refused(" ".join(typed.errors.values()), code="invalid_request")
    return typed.number


async def _pay(rehearsal: Rehearsal, session: PortalSession, found: Mapping[str, str]) -> None:
    """Pay an open invoice with the card on file."""
    with stripe_answers():
        invoice = rehearsal.controls.get_invoice(found.get("invoice", ""))
        if invoice.customer_id != session.customer_id:
            raise Refused("There is no such invoice.", code="not_found")
        result = rehearsal.controls.pay_invoice(invoice.id, authenticate=True)
    if result.status == "declined":
        raise Refused(result.sentence or "Your card was declined.", code="invalid_request")


async def _remove(rehearsal: Rehearsal, session: PortalSession, found: Mapping[str, str]) -> None:
    device_rules.let_go(rehearsal.services, session.customer_id, found.get("device", ""))


async def _offline(
    rehearsal: Rehearsal, session: PortalSession, found: Mapping[str, str]
) -> Response[bytes]:
    text = found.get("file", "").strip() or found.get("request", "").strip()
    license_file = offline.license_for_request(rehearsal.services, session.customer_id, text)
    return Response(
        license_file.encode() + b"\n",
        media_type="application/jose",
        headers={"Content-Disposition": 'attachment; filename="license.jws"'},
    )


Action = Callable[[Rehearsal, PortalSession, Mapping[str, str]], Awaitable[Any]]
_ACTIONS: dict[str, Action] = {
    "cancel": _cancel,
    "resume": _resume,
    "seats": _seats,
    "card": _card,
    "pay": _pay,
    "remove": _remove,
    "offline": _offline,
}

ROUTES = (get_portal, post_portal)
