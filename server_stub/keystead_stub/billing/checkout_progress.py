"""The progress of a page that a device waits for: a checkout, or a payment link.

Stripe is asked, because its webhook may arrive later.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead_stub.billing import devices as device_rules
from keystead_stub.billing import event_intake, observed_events
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import devices, merchants, payment_links
from keystead_stub.store.devices import CheckoutRow
from keystead_stub.store.payment_links import LinkRow
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.events import StripeEvent


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The status of the page; `event` reports the completion of one that is complete."""

    status: Literal["open", "complete", "expired"]
    event: StripeEvent | None = None


OPEN = Progress(status="open")
EXPIRED = Progress(status="expired")


async def progress(services: Services, row: CheckoutRow) -> Progress:
    """Ask Stripe. Raises ProblemError: ``unknown_device``, ``stripe_unavailable``."""
    with services.store.read() as connection:
        link = payment_links.find(connection, row.session_id)
        merchant = merchants.find(connection, row.merchant) if row.merchant else None
    account = merchant.stripe_account_id if merchant else None
    try:
        if link is not None:
            return await _of_link(services, link, account)
        return await _of_session(services, row, account)
    except StripeError as error:
        # Stripe has no such session: asking again cannot help, so this is no outage.
        if error.status == 404:
            raise device_rules.unknown_device_error() from None
        raise ProblemError("Stripe is unavailable.", code="stripe_unavailable") from None


async def _of_session(services: Services, row: CheckoutRow, account: str | None) -> Progress:
    stripe = services.stripe
    if row.merchant is not None:
        stripe = services.merchants.stripe_of(services, row.merchant)
    session = await stripe.get_checkout_session(row.session_id)
    if session.status == "open":
        return OPEN
    # A guest's payment has no customer whom a license could be for.
    if session.status == "expired" or session.customer_id is None:
        return EXPIRED
    event = observed_events.completed_session(session, services.stripe_now_ms(), account)
    return Progress(status="complete", event=event)


async def _of_link(services: Services, link: LinkRow, account: str | None) -> Progress:
    invoice = await services.merchants.invoice(services, link.account_id, link.invoice_id)
    if invoice["status"] in {"draft", "open"}:
        return OPEN
    if invoice["status"] != "paid":
        return EXPIRED
    event = observed_events.paid_invoice(invoice, services.stripe_now_ms(), account)
    return Progress(status="complete", event=event)


def take_in(services: Services, session_id: str, seen: Progress) -> CheckoutRow | None:
    """Take in the event of a completed page, and return the updated row."""
    now_ms = services.stripe_now_ms()
    # One transaction: the row is read as this event, or the webhook that overtook it, has left it.
    with services.store.write() as connection:
        if seen.event is not None:
            event_intake.take_in(services, connection, seen.event, now_ms)
        return devices.find_checkout(connection, session_id)
