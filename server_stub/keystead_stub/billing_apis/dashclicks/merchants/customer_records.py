"""Invoices, payment methods and subscriptions of one customer, read from the merchant's Stripe.

Everything raises ProblemError as `merchants.customers` does, and ``invalid_request`` for an unknown
cursor.
"""

from __future__ import annotations

from keystead.instants import to_ms
from keystead.wire import nyra
from keystead.wire.dashclicks import people as wire
from keystead.wire.dashclicks.page import Page
from keystead_stub.billing import portal_sessions
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.customers import require_customer
from keystead_stub.billing_apis.dashclicks.merchants.paging import PageRequest, page_of
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import api_of, list_errors
from keystead_stub.services import Services
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.api import Document


async def invoices(
    services: Services, merchant: Merchant, customer_id: str, page: PageRequest
) -> Page[nyra.Invoice]:
    await require_customer(services, merchant, customer_id)
    with list_errors():
        found = await api_of(services, merchant).invoices.list_async(
            page.params(customer=customer_id)
        )
    reasons = portal_sessions.payments_back(services, customer_id)
    return page_of(
        found, lambda one: portal_sessions.wire_invoice(views.invoice(one.to_dict()), reasons)
    )


async def payment_methods(
    services: Services, merchant: Merchant, customer_id: str, page: PageRequest
) -> Page[wire.PaymentMethod]:
    customer = (await require_customer(services, merchant, customer_id)).to_dict()
    # Stripe marks the default on the customer, not on the payment method.
    default = (customer.get("invoice_settings") or {}).get("default_payment_method")
    with list_errors():
        found = await api_of(services, merchant).customers.payment_methods.list_async(
            customer_id, page.params()
        )
    return page_of(found, lambda one: _payment_method(one.to_dict(), default))


async def subscriptions(
    services: Services, merchant: Merchant, customer_id: str, page: PageRequest
) -> Page[wire.Subscription]:
    await require_customer(services, merchant, customer_id)
    with list_errors():
        found = await api_of(services, merchant).subscriptions.list_async(
            # By default Stripe leaves canceled ones out (docs.stripe.com/api/subscriptions/list).
            page.params(customer=customer_id, status="all")
        )
    return page_of(found, lambda one: _subscription(one.to_dict()))


def _payment_method(document: Document, default: str | None) -> wire.PaymentMethod:
    kind = document["type"]
    # A type without details has no object of its name.
    details = document.get(kind) or {}
    return wire.PaymentMethod(
        id=document["id"],
        type=kind,
        brand=details.get("brand"),
        last4=details.get("last4"),
        exp_month=details.get("exp_month"),
        exp_year=details.get("exp_year"),
        is_default=document["id"] == default,
        created_at=to_ms(document["created"]),
    )


def _subscription(document: Document) -> wire.Subscription:
    view = views.subscription(document)
    return wire.Subscription(
        id=view.id,
        status=view.status,
        price_id=view.price_id,
        quantity=view.quantity,
        current_period_start=view.current_period_start_ms,
        current_period_end=view.current_period_end_ms,
        cancel_at_period_end=view.cancel_at_period_end,
        created_at=to_ms(document["created"]),
    )
