"""Portal sessions and invoices of a customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args
from urllib.parse import urlsplit

import msgspec

from keystead.loopback import is_loopback
from keystead.product_names import link_scheme
from keystead.wire import nyra as wire
from keystead_stub.billing import customer_states
from keystead_stub.billing.payments import returned_payments
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.return_urls import is_loopback_redirect
from keystead_stub.services import Services
from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import NewPortal
from keystead_stub.stripe_types.values import Card, Invoice, PortalFlow, PortalSession

_FLOWS: dict[str, PortalFlow] = {flow: flow for flow in get_args(PortalFlow)}
#: Pages without a flow of Stripe's: anchors of the portal's first page.
_ANCHORS = {"invoices": "#invoices"}


async def open_portal(
    services: Services,
    customer_id: str,
    return_url: str | None,
    flow: str | None,
    *,
    stripe: StripeApi | None = None,
) -> PortalSession:
    """Open a portal session for the customer, at `stripe` or else at the platform's Stripe.

    Raises ProblemError: ``invalid_request`` for an unknown flow or a return URL that is not
    allowed, ``stripe_unavailable``.
    """
    if flow is not None and flow not in _FLOWS.keys() | _ANCHORS.keys():
        raise ProblemError("Unknown portal flow.", code="invalid_request")
    if return_url is not None and not is_allowed_return_url(services, return_url):
        raise ProblemError("returnUrl is not allowed.", code="invalid_request")
    if (
        services.settings.mode == "live"
        and return_url is not None
        and is_loopback_redirect(return_url)
    ):
        # Live mode accepts https only, so the portal opens without a way back to the app.
        return_url = None
    request = NewPortal(
        customer_id=customer_id,
        return_url=return_url or services.settings.return_url or None,
        flow=_FLOWS.get(flow or ""),
    )
    try:
        session = await (stripe or services.stripe).create_portal_session(request)
    except StripeError as error:
        if error.status < 500:
            raise ProblemError(
                "Stripe rejected the portal session.", code="invalid_request"
            ) from None
        raise ProblemError("Stripe is unavailable.", code="stripe_unavailable") from None
    return msgspec.structs.replace(session, url=session.url + _ANCHORS.get(flow or "", ""))


def is_allowed_return_url(services: Services, url: str) -> bool:
    """Whether the portal may return there: to the app, to this machine, or to our own origins."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    # Browsers read such URLs differently from `urlsplit` (a backslash as a slash), so that the host
    # that is checked here would not be the one that is visited.
    if not url.isprintable() or "\\" in url or parts.username is not None:
        return False
    if _is_program(parts.scheme, services.terms.audience):
        return True
    if parts.scheme == "http" and is_loopback(parts.hostname or ""):
        return True
    settings = services.settings
    ours = (
        services.public_url(),
        settings.return_url,
        settings.allowed_origin,
        settings.auth_client_url,
    )
    return any(_origin(own) == (parts.scheme, parts.hostname, port) for own in ours if own)


def _is_program(scheme: str, product_id: str) -> bool:
    """Whether links of a scheme open our program, or one that a merchant of ours sells."""
    own = link_scheme(product_id)
    return scheme in ("keystead", own) or scheme.startswith(f"{own}.")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return (parts.scheme, parts.hostname, parts.port)


async def list_invoices(services: Services, customer_id: str) -> wire.InvoicesAnswer:
    """List the customer's invoices, newest first. Raises ProblemError (``stripe_unavailable``)."""
    try:
        found = await services.stripe.list_invoices(customer_id)
        card = await services.stripe.get_card(customer_id)
    except StripeError as error:
        if error.status < 500:
            # Stripe does not know the customer any longer, and so has no invoices of theirs.
            return wire.InvoicesAnswer(invoices=())
        raise ProblemError("Stripe is unavailable.", code="stripe_unavailable") from None
    reasons = payments_back(services, customer_id)
    return wire.InvoicesAnswer(
        invoices=tuple(wire_invoice(one, reasons) for one in found),
        payment_method=wire_payment_method(card),
    )


def wire_payment_method(card: Card | None) -> wire.PaymentMethod | None:
    """The part of a payment method that may be shown."""
    return wire.PaymentMethod(brand=card.brand, last4=card.last4) if card else None


def payments_back(services: Services, customer_id: str) -> dict[str, str]:
    """The customer's invoices whose whole payment went back, each with the reason.

    Stripe's invoice does not say it: the refund is the charge's.
    """
    with services.store.read() as connection:
        return returned_payments.of_invoices(customer_states.history_of(connection, customer_id))


def wire_invoice(invoice: Invoice, reasons: Mapping[str, str]) -> wire.Invoice:
    """An invoice in the native billing API's form; `reasons` as `payments_back` returns them."""
    return wire.Invoice(
        id=invoice.id,
        number=invoice.number,
        status=invoice.status,
        amount_due=invoice.amount_due,
        amount_paid=invoice.amount_paid,
        currency=invoice.currency,
        created_at=invoice.created_ms,
        period_end=invoice.period_end_ms,
        hosted_url=invoice.hosted_invoice_url,
        reason=reasons.get(invoice.id),
    )
