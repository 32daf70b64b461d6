"""Payment intents of a merchant, which the merchant's own pages collect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keystead.instants import to_ms
from keystead.wire.dashclicks import selling as wire
from keystead_stub.billing.event_facts import PURPOSE
from keystead_stub.billing_apis.dashclicks.merchants import currencies
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.purchases import check_customer
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import api_of, stripe_errors
from keystead_stub.services import Services

if TYPE_CHECKING:
    from stripe import PaymentIntent

_PURPOSES: dict[str, wire.Purpose] = {"purchase": "purchase", "top_up": "top_up"}


async def create(
    services: Services, merchant: Merchant, request: wire.NewPaymentIntent
) -> wire.PaymentIntent:
    """Create a payment intent. Raises ProblemError: ``not_found``, and what Stripe refuses."""
    currencies.check(request.currency)
    api = api_of(services, merchant)
    params: Any = {
        "amount": request.amount,
        "currency": request.currency,
        "automatic_payment_methods": {"enabled": True},
        # Stripe copies it to the charge, where it shows what a refund takes back.
        "metadata": {PURPOSE: request.purpose},
    }
    with stripe_errors():
        if request.customer_id is not None:
            await check_customer(api, request.customer_id)
            params["customer"] = request.customer_id
        return _wire_intent(services, await api.payment_intents.create_async(params))


async def retrieve(services: Services, merchant: Merchant, intent_id: str) -> wire.PaymentIntent:
    """Return a payment intent. Raises ProblemError (``not_found``)."""
    with stripe_errors():
        found = await api_of(services, merchant).payment_intents.retrieve_async(intent_id)
    return _wire_intent(services, found)


def _wire_intent(services: Services, intent: PaymentIntent) -> wire.PaymentIntent:
    customer = intent.customer
    purpose = str(intent.metadata.to_dict().get(PURPOSE)) if intent.metadata else ""
    # A real intent is paid on the merchant's own page with Stripe.js, so it has no URL.
    page = f"{services.public_url()}/_stub/payments/{intent.id}" if services.simulated else None
    return wire.PaymentIntent(
        id=intent.id,
        client_secret=intent.client_secret,
        status=intent.status,
        amount=intent.amount,
        currency=intent.currency,
        purpose=_PURPOSES.get(purpose),
        customer_id=customer if isinstance(customer, str | None) else customer.id,
        url=page,
        created_at=to_ms(intent.created),
    )
