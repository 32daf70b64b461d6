"""The page of a payment intent: what a vendor's own site does with Stripe's elements."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from keystead_stub.controls.guards import rehearsal_of
from keystead_stub.controls.sandbox import Rehearsal, stripe_answers
from keystead_stub.dependencies import Injected
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.formatting import money
from keystead_stub.http.pages.rendering import AnyRequest, message, page
from keystead_stub.stripe_sim.hosted.checkout import ONCE_CARDS, OPTIONS
from keystead_stub.stripe_sim.hosted_payments import PaymentResult
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError

Answer = Response[str] | Redirect
_NOTHING: Mapping[str, str] = {}
_ENDS = {
    "succeeded": ("This is paid", "done"),
    "requires_capture": ("The money is held", "done"),
    "processing": ("Your bank was asked", "info"),
    "canceled": ("This payment was canceled", "stop"),
}


@get("/_stub/payments/{intent_id:str}", **OPTIONS)
async def get_payment(request: AnyRequest, intent_id: FromPath[str]) -> Answer:
    rehearsal = rehearsal_of(request).about("payment_intent", intent_id)
    return _shown(rehearsal, _intent(rehearsal, intent_id))


@post("/_stub/payments/{intent_id:str}", **OPTIONS)
async def post_payment(request: AnyRequest, services: Injected, intent_id: FromPath[str]) -> Answer:
    rehearsal = rehearsal_of(request).about("payment_intent", intent_id)
    found = await forms.fields(request, services, intent_id)
    intent = _intent(rehearsal, intent_id)
    if found.get("action") == "authenticate":
        return await _pay(rehearsal, intent_id, None, authenticate=found.get("answer") == "yes")
    typed = forms.card_fields(found, services.stripe_now_ms(), with_email=False)
    if typed.errors:
        return _form(rehearsal, intent, found, typed.errors)
    return await _pay(rehearsal, intent_id, typed.number, authenticate=None)


def _intent(rehearsal: Rehearsal, intent_id: str) -> Document:
    try:
        return rehearsal.controls.retrieve("payment_intent", intent_id)
    except StripeError:
        raise ProblemError(
            "This payment is not here, or its address is incomplete.", code="not_found"
        ) from None


async def _pay(
    rehearsal: Rehearsal, intent_id: str, card: str | None, *, authenticate: bool | None
) -> Answer:
    with stripe_answers():
        result = rehearsal.controls.pay_intent(intent_id, card=card, authenticate=authenticate)
    await rehearsal.deliver()
    intent = _intent(rehearsal, intent_id)
    if result.status == "declined":
        return _form(rehearsal, intent, {"card": card or ""}, {"card": _sentence(result)})
    if result.status == "requires_action":
        return _asked(rehearsal, intent)
    back = rehearsal.controls.return_url_of_payment(intent_id)
    return forms.see(back or f"/_stub/payments/{intent_id}")


def _sentence(result: PaymentResult) -> str:
    return result.sentence or "Your card was declined."


def _shown(rehearsal: Rehearsal, intent: Document) -> Answer:
    if intent["status"] == "requires_action":
        return _asked(rehearsal, intent)
    if (end := _ENDS.get(intent["status"])) is not None:
        title, sign = end
        return message(title, money(intent["amount"], intent["currency"]), sign=sign)
    return _form(rehearsal, intent)


def _asked(rehearsal: Rehearsal, intent: Document) -> Response[str]:
    """The bank's question."""
    method = rehearsal.controls.retrieve("payment_method", intent["payment_method"])
    return page(
        "authenticate",
        product=rehearsal.seller,
        goes_to=rehearsal.controls.return_url_of_payment(intent["id"]),
        action=f"/_stub/payments/{intent['id']}",
        token=forms.token(rehearsal.services, intent["id"]),
        amount=intent["amount"],
        currency=intent["currency"],
        last4=method[method["type"]]["last4"],
        kept={},
    )


def _form(
    rehearsal: Rehearsal,
    intent: Document,
    found: Mapping[str, str] = _NOTHING,
    errors: Mapping[str, str] = _NOTHING,
) -> Response[str]:
    return page(
        "payment",
        status=422 if errors else 200,
        goes_to=rehearsal.controls.return_url_of_payment(intent["id"]),
        product=rehearsal.seller,
        intent=intent,
        errors=errors,
        token=forms.token(rehearsal.services, intent["id"]),
        card=forms.grouped(found.get("card", "")),
        expiry=found.get("expiry", ""),
        cards=ONCE_CARDS,
    )


ROUTES = (get_payment, post_payment)
