"""The jobs that follow from an event of a merchant's account.

Link a customer to the contact with the same email, fulfil a purchase, and open a conversation about
a dispute or a failed payment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from keystead_stub.billing.event_facts import PURPOSE
from keystead_stub.stripe_types.events import StripeEvent, text, within

CONTACT = "dashclicks.contact"
FULFILMENT = "dashclicks.fulfilment"
CONVERSATION = "dashclicks.conversation"
#: Told to the internal router; the others to the notification service.
CUSTOMER = "dashclicks.customer"
#: Where the internal router is told, after API_BASE_URL.
CUSTOMERS = "/v1/billing/customers"
#: The `type` of each kind of job's payload.
FULFILLED = "purchase.fulfil"
_TYPES = {
    CONTACT: "contact.link",
    FULFILMENT: FULFILLED,
    CONVERSATION: "conversation.open",
}
KINDS = tuple(_TYPES)

_COMPLETED = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
#: The purpose of a payment intent that is a purchase; others top up the balance.
_PURCHASE = "purchase"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job of one of `KINDS`. A second one of the same kind and key is dropped."""

    kind: str
    key: str
    payload: dict[str, Any]


def jobs_of(account_id: str, event: StripeEvent) -> tuple[Job, ...]:
    """Return the jobs that follow from the event: a completed payment opens a conversation, too."""
    job = job_of(account_id, event)
    if job is None:
        return ()
    return (job, _completed(job)) if job.kind == FULFILMENT else (job,)


def _completed(job: Job) -> Job:
    """Return the job that opens the conversation about a payment that is complete."""
    payload = job.payload | {"type": _TYPES[CONVERSATION], "about": "payment_completed"}
    # The receiver takes the key for an idempotency key, whatever the kind of the job.
    return Job(kind=CONVERSATION, key=f"{job.key}:completed", payload=payload)


def created_customer(
    account_id: str, customer_id: str, given: Mapping[str, str | None], now_ms: int
) -> Job:
    """Return the job that tells the internal router of a customer."""
    payload = {
        "type": "customer.created",
        "accountId": account_id,
        "customerId": customer_id,
        "createdAt": now_ms,
        **given,
    }
    return Job(kind=CUSTOMER, key=f"{account_id}:{customer_id}:created", payload=payload)


def job_of(account_id: str, event: StripeEvent) -> Job | None:
    """Return the job that follows from the event, if any; see `jobs_of`."""
    match event.type:
        case "customer.created" | "customer.updated":
            return _contact(account_id, event)
        case "charge.dispute.created":
            return _dispute(account_id, event)
        case "payment_intent.payment_failed":
            return _failure(account_id, event)
        case "payment_intent.succeeded":
            return _paid_intent(account_id, event)
        case "invoice.paid":
            return _paid_link(account_id, event)
        case completed if completed in _COMPLETED:
            return _fulfilment(account_id, event)
    return None


def _contact(account_id: str, event: StripeEvent) -> Job | None:
    """Return one job a customer, once there is an email to find the contact by."""
    customer_id, email = text(event.object.get("id")), text(event.object.get("email"))
    if customer_id is None or email is None:
        return None
    facts = {"customerId": customer_id, "email": email, "name": text(event.object.get("name"))}
    return _job(CONTACT, account_id, customer_id, event, facts)


def _fulfilment(account_id: str, event: StripeEvent) -> Job | None:
    """Return one job a session, once it is paid: a bank debit is paid days after completion."""
    session = event.object
    session_id = text(session.get("id"))
    # `no_payment_required` (a trial, or a discount of 100 %) is fulfilled like `paid`.
    if session_id is None or session.get("payment_status") == "unpaid":
        return None
    facts = {
        "sessionId": session_id,
        "customerId": text(session.get("customer")),
        "amount": session.get("amount_total"),
        "currency": text(session.get("currency")),
    }
    return _job(FULFILMENT, account_id, session_id, event, facts)


def _paid_intent(account_id: str, event: StripeEvent) -> Job | None:
    """Return the job for an intent that is a purchase by itself.

    The intent of a checkout session has no purpose in its metadata; its session is fulfilled.
    """
    intent = event.object
    intent_id = text(intent.get("id"))
    if intent_id is None or within(intent, "metadata", PURPOSE) != _PURCHASE:
        return None
    facts = {
        "paymentIntentId": intent_id,
        "customerId": text(intent.get("customer")),
        "amount": intent.get("amount_received"),
        "currency": text(intent.get("currency")),
    }
    return _job(FULFILMENT, account_id, intent_id, event, facts)


def _paid_link(account_id: str, event: StripeEvent) -> Job | None:
    """Return the job for the invoice of a payment link: a manual one that was sent.

    The invoice of a checkout is charged automatically; its session is fulfilled instead.
    """
    invoice = event.object
    invoice_id = text(invoice.get("id"))
    sent = (invoice.get("billing_reason"), invoice.get("collection_method"))
    if invoice_id is None or sent != ("manual", "send_invoice"):
        return None
    facts = {
        "invoiceId": invoice_id,
        "customerId": text(invoice.get("customer")),
        "amount": invoice.get("amount_paid"),
        "currency": text(invoice.get("currency")),
    }
    return _job(FULFILMENT, account_id, invoice_id, event, facts)


def _dispute(account_id: str, event: StripeEvent) -> Job | None:
    dispute_id = text(event.object.get("id"))
    if dispute_id is None:
        return None
    facts = {
        "about": "dispute",
        "disputeId": dispute_id,
        "chargeId": text(event.object.get("charge")),
        "reason": text(event.object.get("reason")),
        "amount": event.object.get("amount"),
        "currency": text(event.object.get("currency")),
    }
    return _job(CONVERSATION, account_id, dispute_id, event, facts)


def _failure(account_id: str, event: StripeEvent) -> Job | None:
    """Return one job a payment, however often it is retried, if its customer is known."""
    intent_id, customer_id = text(event.object.get("id")), text(event.object.get("customer"))
    if intent_id is None or customer_id is None:
        return None
    facts = {
        "about": "payment_failed",
        "paymentIntentId": intent_id,
        "customerId": customer_id,
        "reason": text(within(event.object, "last_payment_error", "code")),
        "amount": event.object.get("amount"),
        "currency": text(event.object.get("currency")),
    }
    return _job(CONVERSATION, account_id, intent_id, event, facts)


def _job(
    kind: str, account_id: str, object_id: str, event: StripeEvent, facts: dict[str, Any]
) -> Job:
    payload = {
        "type": _TYPES[kind],
        "accountId": account_id,
        "eventId": event.id,
        "happenedAt": event.created_ms,
    }
    return Job(kind=kind, key=f"{account_id}:{object_id}", payload=payload | facts)
