"""Subscription objects: https://docs.stripe.com/api/subscriptions/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, automatic_tax, listing, nulls

_SUBSCRIPTION_NULLS = (
    "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at"
    " canceled_at customer_account days_until_due default_source description ended_at"
    " latest_invoice next_pending_invoice_item_invoice on_behalf_of pause_collection"
    " pending_invoice_item_interval pending_setup_intent pending_update schedule test_clock"
    " transfer_data"
)


def subscription(
    *,
    subscription_id: str,
    items: list[Json],
    created: int,
    customer_id: str,
    payment_method_id: str | None,
    metadata: dict[str, str],
    trial_end: int | None,
    trial_end_behavior: str,
) -> Json:
    """Return a subscription that begins now, with its trial if it has one."""
    return {
        **nulls(_SUBSCRIPTION_NULLS),
        "id": subscription_id,
        "object": "subscription",
        "automatic_tax": automatic_tax("disabled_reason"),
        # Periods count from the end of the trial, not from its start.
        "billing_cycle_anchor": trial_end or created,
        "billing_mode": {"flexible": None, "type": "classic"},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": nulls("comment feedback reason"),
        "collection_method": "charge_automatically",
        "created": created,
        "currency": items[0]["price"]["currency"],
        "customer": customer_id,
        "default_payment_method": payment_method_id,
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": {
            **nulls("account_tax_ids custom_fields description footer"),
            "issuer": {"type": "self"},
        },
        "items": listing(items, f"/v1/subscription_items?subscription={subscription_id}"),
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": dict(metadata),
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": created,
        # Without a trial it is incomplete until its first invoice is paid, even if that is in the
        # same transaction.
        "status": "trialing" if trial_end else "incomplete",
        "trial_end": trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": trial_end_behavior}},
        "trial_start": created if trial_end else None,
    }
