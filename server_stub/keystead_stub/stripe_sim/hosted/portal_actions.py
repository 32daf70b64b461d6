"""The actions of the portal's buttons. Each raises WrongFields or ProblemError."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.rendering import page
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.hosted import portal_update
from keystead_stub.stripe_sim.hosted.hosted_pages import (
    Found,
    HostedPages,
    PortalVisit,
    Result,
    WrongFields,
)
from keystead_stub.stripe_sim.resources.invoices import payment as invoice_payment
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_sim.sandbox import stripe_errors_as_problems
from keystead_stub.stripe_types.values import PortalSession

Action = Callable[[HostedPages, PortalSession, Found], Awaitable[Result]]


async def _cancel(pages: HostedPages, session: PortalSession, _found: Found) -> Result:
    with stripe_errors_as_problems():
        pages.sandbox.stripe.run(customer_controls.cancel, session.customer_id, at_period_end=True)
    return None


async def _resume(pages: HostedPages, session: PortalSession, _found: Found) -> Result:
    with stripe_errors_as_problems():
        pages.sandbox.stripe.run(customer_controls.resume, session.customer_id)
    return None


async def _seats(pages: HostedPages, session: PortalSession, found: Found) -> Result:
    change = portal_update.wanted(found)
    # The price was computed to the second, and confirming an old one would charge less than was
    # used.
    portal_update.check_date(change, pages.sandbox.stripe.now_ms())
    with stripe_errors_as_problems():
        pages.sandbox.stripe.run(customer_controls.update_subscription, session.customer_id, change)
    return None


async def _card(pages: HostedPages, session: PortalSession, found: Found) -> Result:
    typed = forms.card_fields(found, pages.sandbox.now_ms(), with_email=False)
    if typed.errors:
        raise WrongFields(typed.errors)
    return _save_card(pages, session, typed.number, None)


async def _authenticate(pages: HostedPages, session: PortalSession, found: Found) -> Result:
    """Save a card after the customer answered the 3-D Secure question."""
    card, answer = found.get("card", ""), found.get("answer") == "yes"
    return _save_card(pages, session, card, answer)


def _save_card(
    pages: HostedPages, session: PortalSession, card: str, authenticate: bool | None
) -> Result:
    with stripe_errors_as_problems():
        result = pages.sandbox.stripe.run(
            hosted_payments.save_card, session.customer_id, card, authenticate=authenticate
        )
    if result.status == "declined":
        raise WrongFields({"card": result.sentence or "Your card was declined."})
    if result.status != "requires_action":
        return None
    return page(
        "authenticate",
        action=f"/_stub/portal/{session.id}",
        token=pages.form_tokens.token(session.id),
        amount=None,
        currency=None,
        last4=card[-4:],
        kept={"card": card},
    )


async def _pay(pages: HostedPages, session: PortalSession, found: Found) -> Result:
    """Pay an open invoice with the card on file."""
    with stripe_errors_as_problems():
        invoice = pages.sandbox.stripe.read(invoices.get, found.get("invoice", ""))
        # The id comes from the form, so it could name another customer's invoice.
        if invoice.customer_id != session.customer_id:
            raise ProblemError("There is no such invoice.", code="not_found")
        # The button has no page for 3-D Secure, so the card's owner is taken to agree.
        result = pages.sandbox.stripe.run(invoice_payment.pay, invoice.id, authenticate=True)
    if result.status == "declined":
        raise ProblemError(result.sentence or "Your card was declined.", code="invalid_request")
    return None


_ACTIONS: dict[str, Action] = {
    "cancel": _cancel,
    "resume": _resume,
    "seats": _seats,
    "card": _card,
    "authenticate": _authenticate,
    "pay": _pay,
}


def find(pages: HostedPages, name: str) -> Action | None:
    """Return the action of a button, ours or the vendor's.

    The action raises WrongFields, or ProblemError.
    """
    vendors = pages.vendor.portal_actions.get(name)
    return _ACTIONS.get(name) if vendors is None else _of_vendor(vendors)


def _of_vendor(act: Callable[[PortalVisit], Awaitable[Result]]) -> Action:
    async def run(pages: HostedPages, session: PortalSession, found: Found) -> Result:
        token = pages.form_tokens.token(session.id)
        here = f"/_stub/portal/{session.id}"
        return await act(PortalVisit(session=session, found=found, here=here, token=token))

    return run
