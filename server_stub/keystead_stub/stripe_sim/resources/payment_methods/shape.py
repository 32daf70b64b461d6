"""Payment method objects: https://docs.stripe.com/api/payment_methods/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import NO_ADDRESS, Json, nulls
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import TestCard

#: How one can pay here.
METHOD_TYPES = ("card", "sepa_debit")


def payment_method(
    card: TestCard,
    *,
    method_id: str,
    created: int,
    customer_id: str | None,
    email: str | None,
    expires: tuple[int, int],
    fingerprint: str,
) -> Json:
    """Return the payment method; `expires` is (month, year) and means nothing for a debit."""
    if card.is_debit:
        kind = {"sepa_debit": _sepa_debit(card, fingerprint)}
    else:
        kind = {"card": _card(card, expires, fingerprint)}
    return {
        "id": method_id,
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": {"address": NO_ADDRESS, "email": email, **nulls("name phone tax_id")},
        **kind,
        "created": created,
        "customer": customer_id,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": next(iter(kind)),
    }


def _card(card: TestCard, expires: tuple[int, int], fingerprint: str) -> Json:
    month, year = expires
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": fingerprint,
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _sepa_debit(card: TestCard, fingerprint: str) -> Json:
    return {
        "bank_code": card.number[4:12],
        "branch_code": "",
        "country": card.number[:2],
        "fingerprint": fingerprint,
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": card.last4,
    }
