"""A purchase that is paid from the account's balance.

The money is already there, so Stripe collects nothing and sends no event: we write the event of a
completed checkout ourselves, and it is processed like Stripe's own.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from keystead.encoding import b64u_encode
from keystead.instants import DAY_MS, SECOND_MS
from keystead.wire.dashclicks import selling as wire
from keystead_stub.billing import checkouts, event_intake
from keystead_stub.billing.account_metadata import metadata_of
from keystead_stub.billing_apis.dashclicks.balance import top_ups
from keystead_stub.billing_apis.dashclicks.balance.ledger_currency import convert
from keystead_stub.billing_apis.dashclicks.merchants import API, plans
from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.purchases import for_program, own_checkout
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import api_of, stripe_errors
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import devices
from keystead_stub.store.balances import EntryRow
from keystead_stub.store.devices import CheckoutRow
from keystead_stub.stripe_types.events import StripeEvent


class _Sale(msgspec.Struct, frozen=True, kw_only=True):
    """What is bought, by whom, and for how much."""

    id: str
    order: checkouts.Order
    customer_id: str
    amount: int
    currency: str
    now_ms: int


async def buy(
    services: Services, merchant: Merchant, purchase: wire.Purchase, product: str | None = None
) -> wire.PurchaseAnswer:
    """Buy a one-time price and take its amount from the balance; both or neither.

    Raises ProblemError: ``conflict`` if the balance is too low, ``invalid_request`` for a recurring
    price or a plan of the platform's, and what `for_program` and `checkouts.start` raise.
    """
    purchase = await for_program(services, merchant, purchase, product)
    # The balance was paid in at the merchant's own Stripe account: none of it is the platform's.
    if plans.is_platforms(services.catalogue, price_id=purchase.price_id, plan=purchase.plan):
        raise ProblemError(
            "The platform's plans can't be paid from the balance.", code="invalid_request"
        )
    if purchase.bundle is not None:
        raise ProblemError("A bundle can't be paid from the balance.", code="invalid_request")
    order = checkouts.prepare_order(services, *await own_checkout(services, merchant, purchase))
    if not order.item.once:
        raise ProblemError(
            "Only one-time prices can be paid from the balance.", code="invalid_request"
        )
    with stripe_errors():
        api = api_of(services, merchant)
        price = await api.prices.retrieve_async(order.item.price_id)
        # Before the transaction, which must not wait for Stripe. A purchase that fails after this
        # leaves a customer without purchases, which is harmless.
        customer_id = order.customer_id or await _new_customer(api, merchant, purchase.email)
    sale = _Sale(
        id=f"bal_{b64u_encode(services.random(18))}",
        order=order,
        customer_id=customer_id,
        amount=(price.unit_amount or 0) * order.item.seats,
        currency=price.currency,
        now_ms=services.stripe_now_ms(),
    )
    with services.store.write() as connection:
        if order.device is not None:
            row = _row(sale, order.device, purchase.return_url, merchant)
            devices.insert_checkout(connection, row)
        # After the checkout, which the event of the purchase completes.
        _settle(services, connection, merchant, sale)
    page = services.settings.success_url.replace("{CHECKOUT_SESSION_ID}", sale.id)
    return wire.PurchaseAnswer(
        id=sale.id, url=page, session_id=sale.id, expires_at=sale.now_ms + DAY_MS
    )


async def _new_customer(api: Any, merchant: Merchant, email: str | None) -> str:
    params: Any = {"metadata": metadata_of(merchant.account)}
    if email is not None:
        params["email"] = email
    made = await api.customers.create_async(params)
    return str(made.id)


def _settle(
    services: Services,
    connection: sa.Connection,
    merchant: Merchant,
    sale: _Sale,
) -> None:
    """Take the money and process the event of the purchase. Runs in the caller's transaction."""
    store, account = services.store, merchant.account
    converted = convert(services.settings, sale.amount, sale.currency)
    entry = EntryRow(
        id=f"be_{sale.id}",
        account_id=account.account_id,
        kind=top_ups.SPENT,
        amount=-converted.amount,
        currency=converted.currency,
        source=sale.id,
        event_id=sale.id,
        created_at=sale.now_ms,
        original_amount=-sale.amount,
        original_currency=sale.currency,
        rate=converted.rate,
    )
    # First: it raises where the balance is too low, and locks the balance from here on.
    top_ups.spend(store, connection, entry)
    event = _paid(merchant, sale)
    for handle in services.on_event:
        handle(services, connection, event, sale.now_ms)
    event_intake.take_in(services, connection, event, sale.now_ms, api=API)


def _paid(merchant: Merchant, sale: _Sale) -> StripeEvent:
    """Return the event of a completed checkout that no payment of Stripe's stands behind."""
    return StripeEvent(
        id=f"evt_{sale.id}",
        type="checkout.session.completed",
        # Stripe's events have whole seconds.
        created_ms=sale.now_ms - sale.now_ms % SECOND_MS,
        account=merchant.stripe_account_id,
        object={
            "id": sale.id,
            "object": "checkout.session",
            "mode": "payment",
            "customer": sale.customer_id,
            "payment_intent": None,
            "payment_status": "paid",
            "amount_total": sale.amount,
            "currency": sale.currency,
            "metadata": sale.order.metadata,
        },
    )


def _row(
    sale: _Sale, device: checkouts.Device, return_url: str | None, merchant: Merchant
) -> CheckoutRow:
    return CheckoutRow(
        session_id=sale.id,
        device_id=device.id,
        device_public_key=device.public_key,
        name=device.name,
        customer_id=None,
        created_at=sale.now_ms,
        expires_at=sale.now_ms + DAY_MS,
        completed_at=None,
        return_url=return_url,
        merchant=merchant.account.account_id,
    )
