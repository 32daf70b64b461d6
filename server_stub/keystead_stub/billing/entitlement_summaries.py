"""Complete a summary of active entitlements, of which Stripe sends ten at most."""

from __future__ import annotations

import msgspec

from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.events import StripeEvent, text, within

_SUMMARY = "entitlements.active_entitlement_summary.updated"


async def complete(services: Services, event: StripeEvent) -> StripeEvent:
    """Return the event with all of its customer's entitlements; any other event as it is.

    Raises ProblemError (``unavailable``) where Stripe does not answer, so that it sends the event
    again.
    """
    customer_id = text(event.object.get("customer"))
    entitlements = event.object.get("entitlements")
    cut_off = event.type == _SUMMARY and within(entitlements, "has_more") is True
    if customer_id is None or not cut_off or not isinstance(entitlements, dict):
        return event
    stripe = _stripe_of(services, event.account)
    if stripe is None:
        return event
    try:
        found = await stripe.list_active_entitlements(customer_id)
    except StripeError as error:
        # Stripe has no such customer: sending the event again would change nothing.
        if error.status == 404:
            return event
        raise ProblemError("Stripe is unavailable.", code="unavailable") from None
    whole = entitlements | {"data": [dict(one) for one in found], "has_more": False}
    # What was before is cut off as well, and says nothing about the order of events.
    return msgspec.structs.replace(
        event, object=event.object | {"entitlements": whole}, previous=None
    )


def _stripe_of(services: Services, account: str | None) -> StripeApi | None:
    """The platform's Stripe, or that of the merchant with this account, null for neither."""
    if account is None:
        return services.stripe
    with services.store.read() as connection:
        merchant = services.merchants.account_of(connection, account)
    return services.merchants.stripe_of(services, merchant.account_id) if merchant else None
