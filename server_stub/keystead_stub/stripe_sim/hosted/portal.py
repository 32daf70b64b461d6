"""The customer portal: an overview, and a page for each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.rendering import AnyRequest, page
from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.hosted import portal_actions, portal_update
from keystead_stub.stripe_sim.hosted.checkout import OPTIONS, TEST_CARDS
from keystead_stub.stripe_sim.hosted.hosted_pages import HostedPages, WrongFields, hosted_pages
from keystead_stub.stripe_sim.resources.billing_portal import queries as billing_portal
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.discounts import queries as discount_queries
from keystead_stub.stripe_sim.resources.invoices import queries as invoice_queries
from keystead_stub.stripe_sim.resources.subscriptions import queries as subscriptions
from keystead_stub.stripe_sim.resources.subscriptions.preview import Preview
from keystead_stub.stripe_sim.sandbox import stripe_errors_as_problems
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.values import PortalSession, Subscription

Answer = Response[str] | Response[bytes] | Redirect
_DEAD = frozenset({"canceled", "incomplete_expired"})
#: The page that a portal flow opens.
_STEP_OF_FLOW = {
    "payment_method_update": "card",
    "subscription_cancel": "cancel",
    "subscription_update": "change",
}
#: The template of each page.
_TEMPLATES = {
    "overview": "portal",
    "cancel": "portal_cancel",
    "resume": "portal_resume",
    "card": "portal_card",
    "change": "portal_change",
    "offline": "portal_offline",
}
#: The page that shows the error of an action; other actions show it on the overview.
_STEP_OF_ACTION = {
    "cancel": "cancel",
    "resume": "resume",
    "seats": "change",
    "card": "card",
    "authenticate": "card",
    "file": "offline",
    "code": "offline",
}


@get("/_stub/portal/{session_id:str}", **OPTIONS)
async def get_portal(request: AnyRequest, session_id: FromPath[str]) -> Response[str]:
    pages = hosted_pages(request).about("billing_portal.session", session_id)
    session = _session(pages, session_id)
    return _page(pages, session, _STEP_OF_FLOW.get(session.flow or "", "overview"))


@get("/_stub/portal/{session_id:str}/{step:str}", **OPTIONS)
async def get_step(
    request: AnyRequest, session_id: FromPath[str], step: FromPath[str]
) -> Response[str]:
    pages = hosted_pages(request).about("billing_portal.session", session_id)
    if step not in _TEMPLATES:
        raise ProblemError("There is no such page of the portal.", code="not_found")
    session, query = _session(pages, session_id), dict(request.query_params)
    if step != "change" or "seats" not in query:
        return _page(pages, session, step, done=query.get("done", ""))
    try:
        with stripe_errors_as_problems():
            change = portal_update.wanted(query)
            preview = pages.sandbox.stripe.preview(
                customer_controls.preview_change, session.customer_id, change
            )
    except WrongFields as wrong:
        return _page(pages, session, step, found=query, errors=wrong.errors)
    except ProblemError as refused:
        return _page(pages, session, step, found=query, errors={"seats": refused.sentence})
    return _page(pages, session, step, found=query, preview=preview)


@post("/_stub/portal/{session_id:str}", **OPTIONS)
async def post_portal(request: AnyRequest, session_id: FromPath[str]) -> Answer:
    pages = hosted_pages(request).about("billing_portal.session", session_id)
    session = _session(pages, session_id)
    found = await forms.fields(request, pages.form_tokens, session_id)
    name = found.get("action", "")
    act = portal_actions.find(pages, name)
    if act is None:
        raise ProblemError("There is no such button.", code="invalid_request")
    try:
        answer = await act(pages, session, found)
    except WrongFields as wrong:
        step = _STEP_OF_ACTION.get(name, "overview")
        return _page(pages, session, step, found=found, errors=wrong.errors)
    except ProblemError as refused:
        step = _STEP_OF_ACTION.get(name, "overview")
        return _page(pages, session, step, found=found, problem=refused.sentence)
    await pages.sandbox.deliver()
    # A redirect after the POST, so that a reload does not repeat the action.
    return answer or forms.redirect(f"/_stub/portal/{session_id}/overview?done={name}")


def _session(pages: HostedPages, session_id: str) -> PortalSession:
    try:
        return pages.sandbox.stripe.read(billing_portal.get, session_id)
    except StripeError:
        raise ProblemError(
            "This link has ended. Open the portal again from the program.", code="not_found"
        ) from None


def _page(
    pages: HostedPages,
    session: PortalSession,
    step: str = "overview",
    *,
    done: str = "",
    found: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str | None = None,
    preview: Preview | None = None,
) -> Response[str]:
    return page(
        _TEMPLATES[step],
        status=422 if problem or errors else 200,
        session=session,
        here=f"/_stub/portal/{session.id}",
        token=pages.form_tokens.token(session.id),
        return_url=session.return_url or pages.vendor.return_url,
        done=done,
        found=found or {},
        errors=errors or {},
        problem=problem,
        preview=preview,
        cards=TEST_CARDS,
        **_account(pages, session.customer_id),
    )


def _account(pages: HostedPages, customer_id: str) -> dict[str, Any]:
    """Return what the portal's templates show of the customer."""
    controls = pages.sandbox.stripe
    with stripe_errors_as_problems():
        customer = controls.read(customer_queries.get, customer_id)
        subscription = controls.read(subscriptions.current, customer_id)
        invoices = controls.read(invoice_queries.of_customer, customer_id)
        discounts = controls.read(discount_queries.of_customer, customer_id)
    price = pages.vendor.find_price(subscription.price_id) if subscription else None
    choices = (
        pages.vendor.choices(subscription, connected=not pages.sandbox.is_platform)
        if subscription
        else ()
    )
    return {
        "customer": customer,
        "subscription": subscription,
        "alive": subscription is not None and subscription.status not in _DEAD,
        "stopped": subscription is not None and _stopped(subscription),
        "plan": price[0] if price else None,
        "price": price[1] if price else None,
        "choices": choices,
        "discounts": discounts,
        # Stripe's balance is negative for credit; a debt is collected with the next invoice and not
        # shown here.
        "credit": max(0, -customer.document.get("balance", 0)),
        "invoices": invoices,
        **pages.vendor.portal_facts(customer_id),
    }


def _stopped(subscription: Subscription) -> bool:
    """Whether the subscription can be resumed."""
    return (
        subscription.cancel_at_period_end
        or subscription.status == "paused"
        or subscription.collection_paused
    )


ROUTES = (get_portal, get_step, post_portal)
