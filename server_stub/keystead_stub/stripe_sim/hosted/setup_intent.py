"""The 3-D Secure page of a setup intent."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.rendering import AnyRequest, message, page
from keystead_stub.stripe_sim import hosted_payments
from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.hosted.checkout import OPTIONS
from keystead_stub.stripe_sim.hosted.hosted_pages import HostedPages, hosted_pages
from keystead_stub.stripe_sim.sandbox import stripe_errors_as_problems
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError

Answer = Response[str] | Redirect


@get("/_stub/setups/{intent_id:str}", **OPTIONS)
async def get_setup(request: AnyRequest, intent_id: FromPath[str]) -> Answer:
    pages = hosted_pages(request).about("setup_intent", intent_id)
    intent = _intent(pages, intent_id)
    if intent["status"] != "requires_action":
        return _ended(intent)
    method = pages.sandbox.stripe.read(lookup.retrieve, "payment_method", intent["payment_method"])
    return page(
        "authenticate",
        product=pages.sandbox.seller,
        goes_to=pages.sandbox.stripe.read(hosted_payments.return_url, "setup_intent", intent_id),
        action=f"/_stub/setups/{intent_id}",
        token=pages.form_tokens.token(intent_id),
        amount=None,
        currency=None,
        last4=method[method["type"]]["last4"],
        kept={},
    )


@post("/_stub/setups/{intent_id:str}", **OPTIONS)
async def post_setup(request: AnyRequest, intent_id: FromPath[str]) -> Answer:
    pages = hosted_pages(request).about("setup_intent", intent_id)
    found = await forms.fields(request, pages.form_tokens, intent_id)
    if _intent(pages, intent_id)["status"] == "requires_action":
        with stripe_errors_as_problems():
            pages.sandbox.stripe.run(
                hosted_payments.authenticate_setup,
                intent_id,
                authenticate=found.get("answer") == "yes",
            )
        await pages.sandbox.deliver()
    back = pages.sandbox.stripe.read(hosted_payments.return_url, "setup_intent", intent_id)
    return forms.redirect(back or f"/_stub/setups/{intent_id}")


def _intent(pages: HostedPages, intent_id: str) -> Document:
    try:
        return pages.sandbox.stripe.read(lookup.retrieve, "setup_intent", intent_id)
    except StripeError:
        raise ProblemError("There is nothing to confirm here.", code="not_found") from None


def _ended(intent: Document) -> Response[str]:
    if intent["status"] == "succeeded":
        return message("This card is saved", "It can be charged from now on.", sign="done")
    return message("This card is not saved", "Nothing can be charged to it.", sign="stop")


ROUTES = (get_setup, post_setup)
