"""The customer portal's one configuration. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.resources.billing_portal import operations as portal
from keystead_stub.stripe_types.api import Document

#: How each of the portal's features works; `portal.FEATURES` lists those that are enabled.
_FEATURE_DETAILS: dict[str, Document] = {
    "customer_update": {"allowed_updates": []},
    "invoice_history": {},
    "payment_method_update": {"payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": []},
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": ["price", "quantity"],
        "products": [],
        "proration_behavior": "always_invoice",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "continue_trial",
    },
}


def configuration() -> Document:
    """Return the portal's one configuration: everything that the hosted page can do."""
    return {
        "id": "bpc_1KeysteadDefault000000000",
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {
            "headline": None,
            "privacy_policy_url": None,
            "terms_of_service_url": None,
        },
        "created": 0,
        "default_return_url": None,
        "features": {
            name: {"enabled": name in portal.FEATURES, **details}
            for name, details in _FEATURE_DETAILS.items()
        },
        "is_default": True,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": {},
        "name": None,
        "updated": 0,
    }
