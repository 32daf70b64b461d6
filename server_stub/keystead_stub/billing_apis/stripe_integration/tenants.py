"""Rules of `stripe-integration`: customers of a tenant, payable invoices, failed payments."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa

from keystead.wire.nyra import PaymentMethod
from keystead_stub.billing import customer_states
from keystead_stub.billing.portal_sessions import wire_payment_method
from keystead_stub.billing_apis.common.account_events import events_to_report
from keystead_stub.billing_apis.stripe_integration import record_writer
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import accounts, customers, jobs
from keystead_stub.store.account_ids import Account
from keystead_stub.store.accounts import list_by_customer
from keystead_stub.store.records import tenant_records
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.events import StripeEvent, text, within

API = "stripe-integration"
#: The checkout's metadata that holds the tenant's own id of the customer.
CUSTOMER_ID = "customerId"
#: The kind of job that notifies of an overdue invoice.
NOTIFY = "stripe-integration.notify"

_log = logging.getLogger(__name__)
_FAILED = "invoice.payment_failed"


def check_customer(services: Services, account: Account, customer_id: str | None) -> None:
    """Check that this is the tenant's customer, by Stripe's id or the tenant's own.

    Raises ProblemError (``not_found``), for another tenant's customer as for an unknown one.
    """
    if not customer_id:
        return
    with services.store.read() as connection:
        own = accounts.find_customer(connection, account)
    own_ids = (
        text(within(event.object, "metadata", CUSTOMER_ID))
        for event in events_of(services, account)
    )
    if customer_id != own and customer_id not in own_ids:
        raise _no_such_customer()


def check_not_anothers(services: Services, account: Account, customer_id: str | None) -> None:
    """Check that a checkout may be for that customer: the tenant's own, or an unknown one.

    Raises ProblemError (``not_found``).
    """
    if not customer_id:
        return
    with services.store.read() as connection:
        own = accounts.find_customer(connection, account)
        known = customer_states.state_of(connection, customer_id) is not None
    if known and customer_id != own:
        raise _no_such_customer()


def _no_such_customer() -> ProblemError:
    return ProblemError("No such customer.", code="not_found")


def events_of(services: Services, account: Account) -> list[StripeEvent]:
    """Return all events about the tenant's customer, in no particular order."""
    with services.store.read() as connection:
        customer_id = accounts.find_customer(connection, account)
        return customers.list_events(connection, customer_id) if customer_id else []


async def default_payment_method(services: Services, account: Account) -> PaymentMethod | None:
    """Return what the tenant's next invoice is charged to, if there is any and Stripe answers.

    Our own records hold the invoices, so a list of them doesn't fail when Stripe does.
    """
    with services.store.read() as connection:
        customer_id = accounts.find_customer(connection, account)
    if customer_id is None:
        return None
    try:
        return wire_payment_method(await services.stripe.get_card(customer_id))
    except StripeError:
        return None


async def payment_secret(services: Services, account: Account, invoice_id: str) -> str:
    """Return the client secret that pays an open invoice of the tenant.

    `invoice_id` is the invoice's own id or Stripe's. Raises ProblemError: ``not_found`` for another
    tenant's invoice, ``conflict`` for one that isn't open, ``stripe_unavailable``.
    """
    record_writer.ensure(services, account)
    # Checked by our own records first, since Stripe's key can read every tenant's invoices.
    with services.store.read() as connection:
        row = tenant_records.find_invoice(connection, account.account_id, invoice_id)
    if row is None:
        raise ProblemError("No such invoice.", code="not_found")
    try:
        secret = await services.stripe.payment_secret(row.stripe_invoice_id)
    except StripeError as error:
        if error.status >= 500:
            raise ProblemError("Stripe is unavailable.", code="stripe_unavailable") from None
        code = "not_found" if error.status == 404 else "conflict"
        raise ProblemError(error.sentence, code=code) from None
    # A client secret begins with the intent's id, which no event names before the payment.
    intent_id, _, _ = secret.partition("_secret_")
    with services.store.write() as connection:
        tenant_records.update_payment_intent(connection, row, intent_id)
    return secret


def on_customer_event(
    services: Services, connection: sa.Connection, customer_id: str, event: StripeEvent, now_ms: int
) -> None:
    """Write the tenant's records, notify of an overdue invoice, and log a failed payment."""
    if event.type == "payment_intent.payment_failed":
        code = text(within(event.object, "last_payment_error", "code"))
        # Only ids and codes: a log must hold no personal data.
        _log.warning("payment failed", extra={"eventId": event.id, "failureCode": code})
    for row in list_by_customer(connection, customer_id):
        if row.api != API:
            continue
        for failed in events_to_report(connection, customer_id, event, _FAILED):
            payload = _overdue(row.account_id, failed)
            jobs.insert(
                services.store, connection, NOTIFY, failed.id, payload=payload, now_ms=now_ms
            )
        tenant = Account(API, row.account_id)
        record_writer.follow(
            services, connection, tenant, customer_id, events=[event], now_ms=now_ms
        )


def _overdue(tenant_id: str, event: StripeEvent) -> dict[str, Any]:
    invoice = event.object
    return {
        "type": "invoice.overdue",
        "tenantId": tenant_id,
        "invoiceId": text(invoice.get("id")),
        "invoiceNumber": text(invoice.get("number")),
        "amountDue": invoice.get("amount_due"),
        "currency": text(invoice.get("currency")),
        "failedAt": event.created_ms,
    }
