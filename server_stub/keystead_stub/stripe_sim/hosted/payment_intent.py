"""A payment page for a payment intent, in place of a vendor's own page with Stripe Elements."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.formatting import money
from keystead_stub.http.pages.rendering import AnyRequest, message, page
from keystead_stub.stripe_sim import hosted_payments
from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.hosted.checkout import ONCE_CARDS, OPTIONS
from keystead_stub.stripe_sim.hosted.hosted_pages import HostedPages, hosted_pages
from keystead_stub.stripe_sim.resources.payment_methods.attempts import PaymentResult
from keystead_stub.stripe_sim.sandbox import stripe_errors_as_problems
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
    pages = hosted_pages(request).about("payment_intent", intent_id)
    return _shown(pages, _intent(pages, intent_id))


@post("/_stub/payments/{intent_id:str}", **OPTIONS)
async def post_payment(request: AnyRequest, intent_id: FromPath[str]) -> Answer:
    pages = hosted_pages(request).about("payment_intent", intent_id)
    found = await forms.fields(request, pages.form_tokens, intent_id)
    intent = _intent(pages, intent_id)
    if found.get("action") == "authenticate":
        # No card: the intent has kept the payment method that the question is about.
        return await _pay(pages, intent_id, None, authenticate=found.get("answer") == "yes")
    typed = forms.card_fields(found, pages.sandbox.now_ms(), with_email=False)
    if typed.errors:
        return _form(pages, intent, found, typed.errors)
    return await _pay(pages, intent_id, typed.number, authenticate=None)


def _intent(pages: HostedPages, intent_id: str) -> Document:
    try:
        return pages.sandbox.stripe.read(lookup.retrieve, "payment_intent", intent_id)
    except StripeError:
        raise ProblemError(
            "This payment is not here, or its address is incomplete.", code="not_found"
        ) from None


async def _pay(
    pages: HostedPages, intent_id: str, card: str | None, *, authenticate: bool | None
) -> Answer:
    with stripe_errors_as_problems():
        result = pages.sandbox.stripe.run(
            hosted_payments.pay_intent, intent_id, card=card, authenticate=authenticate
        )
    await pages.sandbox.deliver()
    # Read again, because the payment changed its status.
    intent = _intent(pages, intent_id)
    if result.status == "declined":
        return _form(pages, intent, {"card": card or ""}, {"card": _sentence(result)})
    if result.status == "requires_action":
        return _asked(pages, intent)
    back = pages.sandbox.stripe.read(hosted_payments.return_url, "payment_intent", intent_id)
    return forms.redirect(back or f"/_stub/payments/{intent_id}")


def _sentence(result: PaymentResult) -> str:
    return result.sentence or "Your card was declined."


def _shown(pages: HostedPages, intent: Document) -> Answer:
    if intent["status"] == "requires_action":
        return _asked(pages, intent)
    if (end := _ENDS.get(intent["status"])) is not None:
        title, sign = end
        return message(title, money(intent["amount"], intent["currency"]), sign=sign)
    return _form(pages, intent)


def _asked(pages: HostedPages, intent: Document) -> Response[str]:
    """Return the 3-D Secure page."""
    method = pages.sandbox.stripe.read(lookup.retrieve, "payment_method", intent["payment_method"])
    return page(
        "authenticate",
        product=pages.sandbox.seller,
        goes_to=pages.sandbox.stripe.read(
            hosted_payments.return_url, "payment_intent", intent["id"]
        ),
        action=f"/_stub/payments/{intent['id']}",
        token=pages.form_tokens.token(intent["id"]),
        amount=intent["amount"],
        currency=intent["currency"],
        last4=method[method["type"]]["last4"],
        kept={},
    )


def _form(
    pages: HostedPages,
    intent: Document,
    found: Mapping[str, str] = _NOTHING,
    errors: Mapping[str, str] = _NOTHING,
) -> Response[str]:
    return page(
        "payment",
        status=422 if errors else 200,
        goes_to=pages.sandbox.stripe.read(
            hosted_payments.return_url, "payment_intent", intent["id"]
        ),
        product=pages.sandbox.seller,
        intent=intent,
        errors=errors,
        token=pages.form_tokens.token(intent["id"]),
        card=forms.format_card_number(found.get("card", "")),
        expiry=found.get("expiry", ""),
        cards=ONCE_CARDS,
    )


ROUTES = (get_payment, post_payment)
