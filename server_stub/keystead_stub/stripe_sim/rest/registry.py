"""All resources of the REST API, by path."""

from __future__ import annotations

from keystead_stub.stripe_sim.resources.accounts import parameters as accounts
from keystead_stub.stripe_sim.resources.balance import parameters as balance
from keystead_stub.stripe_sim.resources.balance_transactions import (
    parameters as balance_transactions,
)
from keystead_stub.stripe_sim.resources.billing_portal import parameters as billing_portal
from keystead_stub.stripe_sim.resources.charges import parameters as charges
from keystead_stub.stripe_sim.resources.checkout_sessions import parameters as checkout_sessions
from keystead_stub.stripe_sim.resources.coupons import parameters as coupons
from keystead_stub.stripe_sim.resources.credit_notes import parameters as credit_notes
from keystead_stub.stripe_sim.resources.customers import parameters as customers
from keystead_stub.stripe_sim.resources.disputes import parameters as disputes
from keystead_stub.stripe_sim.resources.entitlements import parameters as entitlements
from keystead_stub.stripe_sim.resources.events import parameters as events
from keystead_stub.stripe_sim.resources.invoice_items import parameters as invoice_items
from keystead_stub.stripe_sim.resources.invoices import parameters as invoices
from keystead_stub.stripe_sim.resources.meters import parameters as meters
from keystead_stub.stripe_sim.resources.payment_intents import parameters as payment_intents
from keystead_stub.stripe_sim.resources.payment_methods import parameters as payment_methods
from keystead_stub.stripe_sim.resources.payouts import parameters as payouts
from keystead_stub.stripe_sim.resources.prices import parameters as prices
from keystead_stub.stripe_sim.resources.products import parameters as products
from keystead_stub.stripe_sim.resources.promotion_codes import parameters as promotion_codes
from keystead_stub.stripe_sim.resources.refunds import parameters as refunds
from keystead_stub.stripe_sim.resources.setup_intents import parameters as setup_intents
from keystead_stub.stripe_sim.resources.subscription_items import parameters as subscription_items
from keystead_stub.stripe_sim.resources.subscriptions import parameters as subscriptions
from keystead_stub.stripe_sim.resources.webhook_endpoints import parameters as webhook_endpoints
from keystead_stub.stripe_sim.rest.resource import Resource

_MODULES = (
    accounts,
    balance,
    balance_transactions,
    billing_portal,
    charges,
    checkout_sessions,
    coupons,
    credit_notes,
    customers,
    disputes,
    entitlements,
    events,
    invoice_items,
    invoices,
    meters,
    payment_intents,
    payment_methods,
    payouts,
    prices,
    products,
    promotion_codes,
    refunds,
    setup_intents,
    subscription_items,
    subscriptions,
    webhook_endpoints,
)

RESOURCES: dict[str, Resource] = {
    resource.path: resource for module in _MODULES for resource in module.RESOURCES
}
