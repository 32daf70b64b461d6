"""The billing API ``dashclicks``: customers, catalogue, money in and out, of many merchants.

The account is the session's, and so is the Stripe account that a request is about.
"""

from __future__ import annotations

from keystead.wire import dashclicks as wire
from keystead_stub.billing_apis.billing_api import BillingApi
from keystead_stub.billing_apis.dashclicks import merchant_accounts
from keystead_stub.billing_apis.dashclicks.merchants import API as NAME
from keystead_stub.billing_apis.dashclicks.merchants.event_handler import on_event
from keystead_stub.billing_apis.dashclicks.routes import (
    account,
    catalogue,
    contacts,
    customers,
    notes,
    overview,
    payment_intents,
    payment_links,
    payouts,
    purchases,
)

API = BillingApi(
    name=NAME,
    webhook=wire.WEBHOOK,
    routes=(
        account.routes,
        customers.routes,
        contacts.routes,
        notes.routes,
        catalogue.routes,
        purchases.routes,
        payment_intents.routes,
        payment_links.routes,
        payouts.routes,
        overview.routes,
    ),
    on_event=on_event,
    merchants=merchant_accounts,
)
