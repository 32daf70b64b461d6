"""Feature and entitlement objects: https://docs.stripe.com/api/entitlements. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, listing

#: How many entitlements a summary holds; the others are read from their list.
MOST_IN_SUMMARY = 10


def feature(lookup_key: str, *, feature_id: str) -> Json:
    return {
        "id": feature_id,
        "object": "entitlements.feature",
        "active": True,
        "livemode": False,
        "lookup_key": lookup_key,
        "metadata": {},
        "name": lookup_key.capitalize(),
    }


def active_entitlement(*, entitlement_id: str, feature_id: str, lookup_key: str) -> Json:
    return {
        "id": entitlement_id,
        "object": "entitlements.active_entitlement",
        "feature": feature_id,
        "livemode": False,
        "lookup_key": lookup_key,
    }


def active_entitlement_summary(customer_id: str, entitlements: list[Json]) -> Json:
    first = listing(entitlements[:MOST_IN_SUMMARY], f"/v1/customer/{customer_id}/entitlements")
    return {
        "object": "entitlements.active_entitlement_summary",
        "customer": customer_id,
        "entitlements": first | {"has_more": len(entitlements) > MOST_IN_SUMMARY},
        "livemode": False,
    }
