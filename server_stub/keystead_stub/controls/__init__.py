"""Controls for tests (specification §12.2): time, customers, banks and faults, on loopback only."""

from __future__ import annotations

from keystead_stub.controls import (
    account_records,
    clock_and_events,
    connected_accounts,
    customer_state,
    customers,
    mirror,
    monitoring,
    notifications,
    offers_and_money,
    operator,
    sessions,
)

#: All controls. Each but readiness refuses other machines, or asks for a token there, and all but
#: the operator's and monitors' need a simulated Stripe.
ROUTES = (
    clock_and_events.routes,
    offers_and_money.routes,
    customers.routes,
    customer_state.routes,
    connected_accounts.routes,
    sessions.routes,
    mirror.routes,
    notifications.routes,
    operator.routes,
    account_records.routes,
    *monitoring.ROUTES,
)
