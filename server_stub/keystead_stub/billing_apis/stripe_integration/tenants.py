"""`stripe-integration`'s rules: whose customer it is, and who is told of a failed payment."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa

from keystead.wire.nyra import PaymentMethod
from keystead_stub.billing import customer_states
from keystead_stub.billing.portal import wire_payment_method
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import accounts, customers, jobs
from keystead_stub.store.account_ids import Account
from keystead_stub.store.accounts import list_by_customer
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.events import StripeEvent, text, within

API = "stripe-integration"
#: Metadata of a checkout: what the tenant itself calls the customer.
CUSTOMER_ID = "customerId"
#: The job that tells the notification service that an invoice is overdue.
NOTIFY = "stripe-integration.notify"

_log = logging.getLogger(__name__)
_BRINGS_MORE = (
    "invoice.payment_failed",
    "checkout.session.completed",
    "customer.subscription.created",
)


def check_customer(services: Services, account: Account, customer_id: str | None) -> None:
    """Whether that is the tenant's own customer, by Stripe's id or the tenant's own word for it.

    Raises ProblemError (``not_found``): somebody else's is answered like one that does not exist.
    """
    if not customer_id:
        return
    with services.store.read() as connection:
        own = accounts.find_customer(connection, account)
    words = (
        text(within(event.object, "metadata", CUSTOMER_ID))
        for event in events_of(services, account)
    )
    if customer_id != own and customer_id not in words:
        raise _no_such_customer()


def check_not_anothers(services: Services, account: Account, customer_id: str | None) -> None:
    """Whether a checkout may be for that customer: the tenant's own, or one nobody knows yet.

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
    return ProblemError("There is no such customer.", code="not_found")


def events_of(services: Services, account: Account) -> list[StripeEvent]:
    """Everything that Stripe has said about the tenant's customer; in no particular order."""
    with services.store.read() as connection:
        customer_id = accounts.find_customer(connection, account)
        return customers.list_events(connection, customer_id) if customer_id else []


async def default_payment_method(services: Services, account: Account) -> PaymentMethod | None:
    """What the tenant's next invoice is charged to, where there is something and Stripe tells.

    The invoices are known here: they are not held up by what Stripe does not answer.
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
    """What pays an open invoice of the tenant.

    Raises ProblemError: ``not_found`` for another tenant's invoice, ``conflict`` for one that isn't
    open, ``stripe_unavailable``.
    """
    known = {text(event.object.get("id")) for event in events_of(services, account)}
    if invoice_id not in known:
        raise ProblemError("There is no such invoice.", code="not_found")
    try:
        return await services.stripe.payment_secret(invoice_id)
    except StripeError as error:
        if error.status >= 500:
            raise ProblemError("Stripe did not answer.", code="stripe_unavailable") from None
        code = "not_found" if error.status == 404 else "conflict"
        raise ProblemError(error.sentence, code=code) from None


def follow_up(
    services: Services, connection: sa.Connection, customer_id: str, event: StripeEvent, now_ms: int
) -> None:
    """What an event brings: word of an overdue invoice, and a line in the log of a failure."""
    if event.type == "payment_intent.payment_failed":
        code = text(within(event.object, "last_payment_error", "code"))
        _log.warning("payment failed", extra={"eventId": event.id, "failureCode": code})
    if event.type not in _BRINGS_MORE:
        return
    for account in list_by_customer(connection, customer_id):
        if account.api != API:
            continue
        for failed in customers.list_events(connection, customer_id):
            if failed.type == "invoice.payment_failed":
                payload = _overdue(account.account_id, failed)
                jobs.insert(
                    services.store, connection, NOTIFY, failed.id, payload=payload, now_ms=now_ms
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
