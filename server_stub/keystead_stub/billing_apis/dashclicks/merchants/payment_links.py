"""Payment links: an ad-hoc invoice at the merchant's Stripe, its hosted page, and a short link.

https://docs.stripe.com/invoicing/integration. After payment the short link still leads to the page,
which is the receipt; it stops working when the link is voided.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from keystead.encoding import b64u_encode
from keystead.instants import DAY_MS, to_ms
from keystead.wire.dashclicks import selling as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing import checkouts
from keystead_stub.billing.checkouts import Device
from keystead_stub.billing.entitlements import to_metadata
from keystead_stub.billing_apis.dashclicks.merchants import contacts, currencies, customers, plans
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest, first_of, page_from
from keystead_stub.billing_apis.dashclicks.merchants.purchases import check_customer
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import api_of, stripe_errors
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import devices, payment_links
from keystead_stub.store.contacts import find_customer as find_contacts_customer
from keystead_stub.store.devices import CheckoutRow
from keystead_stub.store.payment_links import LinkRow

if TYPE_CHECKING:
    from stripe import Invoice
    from stripe._v1_services import V1Services

DAYS_UNTIL_DUE = 30
#: How long after its due date Stripe closes an invoice's page
#: (https://docs.stripe.com/invoicing/hosted-invoice-page).
OPEN_AFTER_DUE_MS = 30 * DAY_MS
#: 72 bits, so that links can't be guessed.
_CODE_BYTES = 9
SHORT = "/l"


async def create(
    services: Services, merchant: Merchant, request: wire.NewPaymentLink
) -> wire.PaymentLink:
    """Create the invoice and the link to it.

    Raises ProblemError: ``invalid_request``, ``not_found`` for another's customer or plan,
    ``checkout_disabled``, ``stripe_unavailable``.
    """
    checkouts.ensure_checkout_enabled(services)
    device = checkouts.device_of(_checkout_request(request))
    # Everything of ours is checked first, because an invoice cannot be taken back once it is sent.
    _check(request.items)
    api = api_of(services, merchant)
    with stripe_errors():
        metadata = await _metadata(services, api, request, device)
        customer_id = await _customer(services, merchant, request)
        invoice = await _invoice(api, customer_id, request.items, metadata)
    row = LinkRow(
        id=f"plink_{b64u_encode(services.random(18))}",
        account_id=merchant.account.account_id,
        invoice_id=invoice.id,
        customer_id=customer_id,
        code=b64u_encode(services.random(_CODE_BYTES)),
        url=invoice.hosted_invoice_url or "",
        created_at=to_ms(invoice.created),
        expires_at=to_ms(invoice.due_date or invoice.created) + OPEN_AFTER_DUE_MS,
    )
    with services.store.write() as connection:
        payment_links.insert(connection, row)
        if device is not None:
            devices.insert_checkout(connection, _checkout(row, device))
    return _wire_link(services, row, invoice)


async def _customer(services: Services, merchant: Merchant, request: wire.NewPaymentLink) -> str:
    """Return the customer whom the link is for, who is linked to the contact that is named.

    Raises ProblemError: ``invalid_request`` where neither is named, ``not_found``, ``conflict`` for
    a contact of another customer.
    """
    customer_id, contact_id = request.customer_id, request.contact_id
    if customer_id is not None:
        with stripe_errors():
            await check_customer(api_of(services, merchant), customer_id)
    elif contact_id is None:
        raise ProblemError("customerId or contactId is required.", code="invalid_request")
    else:
        customer_id = await _customer_of_contact(services, merchant, request, contact_id)
    if contact_id is not None:
        await contacts.link(services, merchant, customer_id, contact_id)
    return customer_id


async def _customer_of_contact(
    services: Services, merchant: Merchant, request: wire.NewPaymentLink, contact_id: str
) -> str:
    with services.store.read() as connection:
        linked = find_contacts_customer(connection, merchant.account.account_id, contact_id)
    if linked is not None:
        try:
            return (await customers.require_customer(services, merchant, linked)).id
        except ProblemError as refused:
            # Deleted at Stripe without us: the contact gets a new customer.
            if refused.code != "not_found":
                raise
    return (await customers.create_at_stripe(services, merchant, request.email, request.name)).id


def _checkout_request(request: wire.NewPaymentLink) -> checkouts.CheckoutRequest:
    return checkouts.CheckoutRequest(
        device_id=request.device_id,
        device_public_key=request.device_public_key,
        device_name=request.device_name,
    )


def _check(items: tuple[wire.LinkItem, ...]) -> None:
    currencies.check(items[0].currency)
    if len({item.currency for item in items}) != 1:
        raise ProblemError("All items must have the same currency.", code="invalid_request")
    if not 1 <= sum(item.amount * item.quantity for item in items) <= wire.MAX_AMOUNT:
        raise ProblemError("The total amount is out of range.", code="invalid_request")


async def _metadata(
    services: Services, api: V1Services, request: wire.NewPaymentLink, device: Device | None
) -> dict[str, str]:
    """Return the invoice's metadata about the license that it pays for; empty if there is none."""
    if device is None and request.plan is None:
        return {}
    entitled = await plans.entitled_by(api, services.catalogue, request.plan)
    named = {"deviceId": device.id} if device else {}
    return {**named, **to_metadata(entitled), "seats": "1"}


async def _invoice(
    api: V1Services, customer_id: str, items: tuple[wire.LinkItem, ...], metadata: dict[str, str]
) -> Invoice:
    """Return the finalized invoice. Deletes the draft if any step fails."""
    draft: Any = {
        "customer": customer_id,
        "collection_method": "send_invoice",
        "days_until_due": DAYS_UNTIL_DUE,
        "currency": items[0].currency,
        # Or what the customer owes for other things would be on this invoice as well.
        "pending_invoice_items_behavior": "exclude",
        # Or Stripe would finalize the draft by itself, with whatever items it has by then.
        "auto_advance": False,
        "metadata": metadata,
    }
    invoice = await api.invoices.create_async(draft)
    try:
        with stripe_errors():
            for item in items:
                await api.invoice_items.create_async(_item(customer_id, invoice.id, item))
            return await api.invoices.finalize_invoice_async(invoice.id)
    except ProblemError:
        # Only a draft can be deleted (docs.stripe.com/api/invoices/delete), which it still is.
        await api.invoices.delete_async(invoice.id)
        raise


def _item(customer_id: str, invoice_id: str, item: wire.LinkItem) -> Any:
    return {
        "customer": customer_id,
        "invoice": invoice_id,
        "currency": item.currency,
        "unit_amount_decimal": str(item.amount),
        "quantity": item.quantity,
        "description": item.description,
    }


def _checkout(row: LinkRow, device: Device) -> CheckoutRow:
    return CheckoutRow(
        session_id=row.id,
        device_id=device.id,
        device_public_key=device.public_key,
        name=device.name,
        customer_id=None,
        created_at=row.created_at,
        expires_at=row.expires_at,
        completed_at=None,
        return_url=None,
        merchant=row.account_id,
    )


async def retrieve(services: Services, merchant: Merchant, link_id: str) -> wire.PaymentLink:
    """Return a link with its invoice's status. Raises ProblemError (``not_found``)."""
    row = _own(services, merchant, link_id)
    with stripe_errors():
        invoice = await api_of(services, merchant).invoices.retrieve_async(row.invoice_id)
    return _wire_link(services, row, invoice)


async def page(
    services: Services, merchant: Merchant, requested: PageRequest
) -> Page[wire.PaymentLink]:
    """List the merchant's links. Raises ProblemError (``not_found``) for an unknown cursor."""
    account_id = merchant.account.account_id
    with services.store.read() as connection:
        rows = payment_links.list_by_account(
            connection, account_id, limit=requested.limit + 1, after=requested.cursor
        )
    shown, next_cursor = first_of(rows, requested.limit)
    api = api_of(services, merchant)
    with stripe_errors():
        invoices = await asyncio.gather(
            *(api.invoices.retrieve_async(row.invoice_id) for row in shown)
        )
    pairs = zip(shown, invoices, strict=True)
    return page_from((_wire_link(services, *pair) for pair in pairs), next_cursor)


async def void(services: Services, merchant: Merchant, link_id: str) -> wire.PaymentLink:
    """Void the link. Raises ProblemError: ``not_found``, ``conflict`` if it is paid."""
    row = _own(services, merchant, link_id)
    api = api_of(services, merchant)
    with stripe_errors():
        invoice = await api.invoices.retrieve_async(row.invoice_id)
        if invoice.status == "paid":
            raise ProblemError("This payment link is already paid.", code="conflict")
        # Repeating the request must end in the same state, so a void invoice is no error.
        if invoice.status != "void":
            invoice = await api.invoices.void_invoice_async(row.invoice_id)
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        # After Stripe: a link that leads nowhere must not hide an invoice that can still be paid.
        payment_links.mark_void(connection, row.id, now_ms)
    return _wire_link(services, row, invoice)


def _own(services: Services, merchant: Merchant, link_id: str) -> LinkRow:
    with services.store.read() as connection:
        row = payment_links.find(connection, link_id)
    if row is None or row.account_id != merchant.account.account_id:
        raise ProblemError("No such payment link.", code="not_found")
    return row


def _wire_link(services: Services, row: LinkRow, invoice: Invoice) -> wire.PaymentLink:
    return wire.PaymentLink(
        **{
            name: value
            for name, value in msgspec.structs.asdict(row).items()
            if name in ("id", "url", "customer_id", "invoice_id", "created_at", "expires_at")
        },
        short_url=f"{services.public_url()}{SHORT}/{row.code}",
        session_id=row.id,
        status=invoice.status or "draft",
        invoice_number=invoice.number,
        amount=invoice.total,
        amount_paid=invoice.amount_paid,
        currency=invoice.currency,
        items=tuple(_line(line) for line in invoice.lines.data),
    )


def _line(line: Any) -> wire.LinkItem:
    quantity = int(line.quantity or 1)
    return wire.LinkItem(
        description=line.description or "",
        # Stripe's line has the total; the unit amount divides it exactly, since we have set it.
        amount=line.amount // quantity,
        currency=line.currency,
        quantity=quantity,
    )
