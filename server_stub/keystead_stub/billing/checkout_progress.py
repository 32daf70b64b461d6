"""How far a page has come that a device waits for, where it is: a checkout, or a payment link.

Stripe is asked because its webhook may still be on its way.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead_stub.billing import devices as device_rules
from keystead_stub.billing import event_intake
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import (
    api_of,
    seller_of,
    stripe_at,
)
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import devices, merchants, payment_links
from keystead_stub.store.devices import CheckoutRow
from keystead_stub.store.payment_links import LinkRow
from keystead_stub.stripe_port.live import refusals
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.events import StripeEvent, text


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """`word` is the event that a completed page stands for, and whose it is."""

    status: Literal["open", "complete", "expired"]
    customer_id: str | None = None
    word: StripeEvent | None = None


async def progress(services: Services, row: CheckoutRow) -> Progress:
    """Ask Stripe. Raises ProblemError: ``unknown_device``, ``stripe_unavailable``."""
    with services.store.read() as connection:
        link = payment_links.find(connection, row.session_id)
        seller = merchants.find(connection, row.merchant) if row.merchant else None
    account = seller.stripe_account_id if seller else None
    try:
        if link is not None:
            return await _of_link(services, link, account)
        session = await stripe_at(services, row.merchant).get_checkout_session(row.session_id)
    except StripeError as error:
        if error.status == 404:
            raise device_rules.unknown_device() from None
        raise ProblemError("Stripe did not answer.", code="stripe_unavailable") from None
    if session.status == "open":
        return Progress(status="open")
    if session.status == "expired" or session.customer_id is None:
        return Progress(status="expired")
    word = event_intake.observed(session, services.stripe_now_ms(), account)
    return Progress(status="complete", customer_id=session.customer_id, word=word)


async def _of_link(services: Services, link: LinkRow, account: str | None) -> Progress:
    merchant = seller_of(services, link.account_id)
    with refusals():
        invoice = await api_of(services, merchant).invoices.retrieve_async(link.invoice_id)
    if invoice.status in {"draft", "open"}:
        return Progress(status="open")
    if invoice.status != "paid":
        return Progress(status="expired")
    document = invoice.to_dict()
    word = event_intake.invoice_seen(document, services.stripe_now_ms(), account)
    return Progress(status="complete", customer_id=text(document.get("customer")), word=word)


def take_in(services: Services, session_id: str, seen: Progress) -> CheckoutRow | None:
    """Take in what Stripe shows; the row as it is then."""
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        if seen.word is not None and seen.customer_id is not None:
            event_intake.take_in(services, connection, seen.customer_id, seen.word, now_ms)
        return devices.checkout(connection, session_id)
