"""Accounts at Stripe: the platform's own, and those connected to it."""

from __future__ import annotations

import msgspec

from keystead_stub.stripe_sim.engine.objects import NO_ADDRESS, Json, nulls


class OpenedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A new connected account with its secret key, which is shown only once."""

    id: str
    secret_key: str


def account(*, account_id: str, name: str, created: int) -> Json:
    """Return a standard account that may charge and is paid out to daily."""
    requirements: Json = {
        **nulls("current_deadline disabled_reason"),
        **{
            field: []
            for field in (
                "alternatives",
                "currently_due",
                "errors",
                "eventually_due",
                "past_due",
                "pending_verification",
            )
        },
    }
    return {
        "id": account_id,
        "object": "account",
        "business_profile": {
            **nulls("annual_revenue estimated_worker_count mcc product_description"),
            **nulls("support_email support_phone support_url url"),
            "name": name,
            "support_address": NO_ADDRESS,
        },
        "business_type": None,
        "capabilities": {"card_payments": "active", "sepa_debit_payments": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "DE",
        "created": created,
        "default_currency": "eur",
        "details_submitted": True,
        "email": None,
        "future_requirements": requirements,
        "metadata": {},
        "payouts_enabled": True,
        "requirements": requirements,
        "settings": _settings(name),
        "type": "standard",
    }


def _settings(name: str) -> Json:
    return {
        "branding": nulls("icon logo primary_color secondary_color"),
        "card_payments": nulls(
            "statement_descriptor_prefix statement_descriptor_prefix_kana "
            "statement_descriptor_prefix_kanji"
        ),
        "dashboard": {"display_name": name, "timezone": "Etc/UTC"},
        "payments": nulls(
            "statement_descriptor statement_descriptor_kana statement_descriptor_kanji"
        ),
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
    }
