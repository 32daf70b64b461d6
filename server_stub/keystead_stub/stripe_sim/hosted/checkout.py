"""The hosted checkout page: plan, email, card, 3-D Secure, and the redirect to the vendor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from keystead_stub.http.errors import ProblemError
from keystead_stub.http.local_callers import hosted_page, simulated_only
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.rendering import AnyRequest, message, on_problem, page
from keystead_stub.stripe_sim import hosted_payments
from keystead_stub.stripe_sim.hosted.hosted_pages import HostedPages, hosted_pages
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions import queries as checkout_sessions
from keystead_stub.stripe_sim.sandbox import stripe_errors_as_problems
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.values import CheckoutSession

OPTIONS: dict[str, Any] = {
    "guards": [hosted_page, simulated_only],
    "include_in_schema": False,
    "status_code": 200,
    "exception_handlers": {ProblemError: on_problem},
}
TEST_CARDS = (
    ("4242 4242 4242 4242", "pays"),
    ("4000 0000 0000 0002", "is declined"),
    ("4000 0025 0000 3155", "asks for authentication"),
    ("4000 0000 0000 0341", "pays now, fails at the renewal"),
)
#: Test cards for one-time purchases, which never renew.
ONCE_CARDS = TEST_CARDS[:3]
Answer = Response[str] | Redirect


@get("/_stub/checkout/{session_id:str}", **OPTIONS)
async def get_checkout(request: AnyRequest, session_id: FromPath[str]) -> Answer:
    pages = hosted_pages(request).about("checkout.session", session_id)
    session = _session(pages, session_id)
    return _closed(session) or _form(pages, session, {}, {})


@post("/_stub/checkout/{session_id:str}", **OPTIONS)
async def post_checkout(request: AnyRequest, session_id: FromPath[str]) -> Answer:
    pages = hosted_pages(request).about("checkout.session", session_id)
    found = await forms.fields(request, pages.form_tokens, session_id)
    # Read after the form: the session may have been completed in another tab meanwhile.
    session = _session(pages, session_id)
    if closed := _closed(session):
        return closed
    match found.get("action"):
        case "authenticate":
            return await _pay(pages, session, found, found.get("answer") == "yes")
        case "promotion" | "no_promotion" as action:
            return _promotion(pages, session, found, taken=action == "promotion")
    if not pages.sandbox.stripe.read(checkout_sessions.terms, session_id).needs_card:
        return await _begin_free(pages, session, found)
    typed = forms.card_fields(found, pages.sandbox.now_ms(), with_email=True)
    if typed.errors:
        return _form(pages, session, found, typed.errors)
    return await _pay(pages, session, {**found, "card": typed.number}, None)


def _session(pages: HostedPages, session_id: str) -> CheckoutSession:
    try:
        return pages.sandbox.stripe.read(checkout_sessions.get, session_id)
    except StripeError:
        raise ProblemError(
            "This checkout is not here, or its address is incomplete. Start again from the "
            "program.",
            code="not_found",
        ) from None


def _promotion(
    pages: HostedPages, session: CheckoutSession, found: Mapping[str, str], *, taken: bool
) -> Answer:
    """Apply or remove a promotion code."""
    controls = pages.sandbox.stripe
    typed = found.get("code", "").strip()
    if taken and not typed:
        return _form(pages, session, found, {"code": "Write the code first."})
    try:
        with stripe_errors_as_problems():
            if taken:
                controls.run(checkout.apply_promotion_code, session.id, typed)
            else:
                controls.run(checkout.remove_promotion_code, session.id)
    except ProblemError as refused:
        return _form(pages, session, found, {"code": refused.sentence})
    return forms.redirect(f"/_stub/checkout/{session.id}")


async def _begin_free(
    pages: HostedPages, session: CheckoutSession, found: Mapping[str, str]
) -> Answer:
    """Complete a checkout that costs nothing now and needs no card."""
    if error := forms.email_error(found.get("email", "")):
        return _form(pages, session, found, {"email": error})
    return await _pay(pages, session, found, None)


async def _pay(
    pages: HostedPages,
    session: CheckoutSession,
    found: Mapping[str, str],
    authenticate: bool | None,
) -> Answer:
    # Asked of the session again, not of the form, which the browser could change.
    needs_card = pages.sandbox.stripe.read(checkout_sessions.terms, session.id).needs_card
    try:
        result = pages.sandbox.stripe.run(
            hosted_payments.complete_checkout,
            session.id,
            card=found.get("card", "") if needs_card else None,
            email=found.get("email", "").strip() or None,
            authenticate=authenticate,
        )
    except StripeError as refused:
        # An open session can be refused only for its discount, which may have expired meanwhile.
        return _form(pages, session, found, {"code": refused.sentence})
    if result.status == "requires_action":
        return page(
            "authenticate",
            goes_to=session.success_url,
            action=f"/_stub/checkout/{session.id}",
            token=pages.form_tokens.token(session.id),
            amount=session.amount_total or 0,
            currency=session.currency or "eur",
            last4=found.get("card", "")[-4:],
            kept={"card": found.get("card", ""), "email": found.get("email", "")},
        )
    if result.status == "declined":
        sentence = result.sentence or "Your card was declined."
        return _form(pages, session, found, {"card": sentence})
    await pages.sandbox.deliver()
    return forms.redirect(_place(session.success_url, session.id))


def _place(url: str | None, session_id: str) -> str:
    return (url or "/checkout/success").replace("{CHECKOUT_SESSION_ID}", session_id)


def _closed(session: CheckoutSession) -> Answer | None:
    """Return the page that replaces the form of a session that is no longer open."""
    # A reload after payment must not show the form again, which would invite a second payment.
    if session.status == "complete":
        return forms.redirect(_place(session.success_url, session.id))
    if session.status == "expired":
        return message(
            "This checkout has expired",
            "Nothing was charged. Start again from the program.",
            status=410,
        )
    return None


def _seats(session: CheckoutSession) -> int:
    # Metadata is the caller's text: a session made through the REST API may have anything there.
    text = session.metadata.get("seats", "1")
    return int(text) if text.isascii() and text.isdigit() else 1


def _form(
    pages: HostedPages,
    session: CheckoutSession,
    found: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response[str]:
    terms = pages.sandbox.stripe.read(checkout_sessions.terms, session.id)
    plan_price = session.metadata.get("priceId", "")
    # The vendor's plan is only shown for subscriptions; a purchase shows its line items.
    price = None if terms.once else pages.vendor.find_price(plan_price)
    return page(
        "checkout",
        status=422 if errors else 200,
        goes_to=session.success_url,
        session=session,
        plan=price[0] if price else None,
        price=price[1] if price else None,
        seats=_seats(session),
        terms=terms,
        code=found.get("code", ""),
        token=pages.form_tokens.token(session.id),
        email=found.get("email") or session.customer_email or "",
        expiry=found.get("expiry", ""),
        card=forms.format_card_number(found.get("card", "")),
        errors=errors,
        cancel_url=_place(session.cancel_url or "/checkout/cancelled", session.id),
        cards=ONCE_CARDS if terms.once else TEST_CARDS,
        # Listed on the page to try them out; Stripe's own page never shows the codes.
        promotions=pages.sandbox.stripe.rules.seed.promotions if terms.takes_codes else (),
        **pages.vendor.checkout_facts,
    )


ROUTES = (get_checkout, post_checkout)
