"""A customer as the documented table has them, from their history and state."""

from __future__ import annotations

from keystead_stub.billing.billing_history import Checkout, active_entitlements
from keystead_stub.billing.intake_plan import CustomerRecord
from keystead_stub.store.customers import CustomerRow


def customer_row(record: CustomerRecord) -> CustomerRow:
    """The customer's row of `billing_customers`.

    `entitlement` is null where nothing entitles. Checkout session and device are of the checkout
    that the subscription came from, else of the last one. The last invoice is the newest one.
    """
    history, state, entitlement = record.history, record.state, record.entitlement
    session_id, checkout = _checkout(record)
    invoice, entitlements = history.last_invoice, active_entitlements(history)
    return CustomerRow(
        customer_id=state.customer_id,
        checkout_session_id=session_id,
        subscription_id=state.subscription_id,
        device_id=checkout.device_id if checkout else None,
        email=state.email,
        status=state.status,
        entitlement=entitlement.key if entitlement and state.entitled else None,
        price_id=state.price_id,
        current_period_end=state.period_end_ms,
        cancel_at_period_end=state.cancel_at_period_end,
        last_invoice_id=invoice.invoice_id if invoice else None,
        last_invoice_status=invoice.status if invoice else None,
        stripe_entitlements_json=entitlements.listed if entitlements else None,
    )


def _checkout(record: CustomerRecord) -> tuple[str | None, Checkout | None]:
    found = sorted(record.history.checkouts.items(), key=lambda item: item[1].first)
    if not found:
        return None, None
    subscription_id = record.state.subscription_id
    own = [item for item in found if subscription_id == item[1].value.subscription_id]
    session_id, checkout = (own or found)[-1]
    return session_id, checkout.value
