"""Customer objects: https://docs.stripe.com/api/customers/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, nulls


def customer(
    *, customer_id: str, created: int, email: str | None, invoice_prefix: str, locale: str | None
) -> Json:
    return {
        **nulls("address currency default_source description discount name phone shipping"),
        **nulls("customer_account test_clock"),
        "id": customer_id,
        "object": "customer",
        "balance": 0,
        "created": created,
        "delinquent": False,
        "email": email,
        "invoice_prefix": invoice_prefix,
        "invoice_settings": nulls("custom_fields default_payment_method footer rendering_options"),
        "livemode": False,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [locale] if locale and locale != "auto" else [],
        "tax_exempt": "none",
    }


def deleted_customer(customer_id: str) -> Json:
    """Return a deleted customer as Stripe's API shows it."""
    return {"id": customer_id, "object": "customer", "deleted": True}
