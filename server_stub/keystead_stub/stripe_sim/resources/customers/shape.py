"""Customers, how they pay, and their portal sessions."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import NO_ADDRESS, Json, nulls
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import TestCard


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
    """Return what the API gives of a customer that is no more."""
    return {"id": customer_id, "object": "customer", "deleted": True}


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
        kind = {"sepa_debit": _sepa(card, fingerprint)}
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


def _sepa(card: TestCard, fingerprint: str) -> Json:
    return {
        "bank_code": card.number[4:12],
        "branch_code": "",
        "country": card.number[:2],
        "fingerprint": fingerprint,
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": card.last4,
    }


def portal_session(
    *,
    session_id: str,
    created: int,
    customer_id: str,
    url: str,
    return_url: str | None,
    flow: str | None,
    subscription_id: str | None,
    locale: str | None,
) -> Json:
    return {
        "id": session_id,
        "object": "billing_portal.session",
        "configuration": "bpc_1KeysteadDefault000000000",
        "created": created,
        "customer": customer_id,
        "customer_account": None,
        "flow": _flow(flow, subscription_id, return_url) if flow else None,
        "livemode": False,
        "locale": locale,
        "on_behalf_of": None,
        "return_url": return_url,
        "url": url,
    }


def _flow(flow: str, subscription_id: str | None, return_url: str | None) -> Json:
    chosen: Json = nulls("subscription_cancel subscription_update subscription_update_confirm")
    if flow == "subscription_cancel":
        chosen[flow] = {"retention": None, "subscription": subscription_id}
    elif flow == "subscription_update":
        chosen[flow] = {"subscription": subscription_id}
    ending: Json = {"type": "portal_homepage", "hosted_confirmation": None, "redirect": None}
    if return_url:
        ending |= {"type": "redirect", "redirect": {"return_url": return_url}}
    return {"after_completion": ending, **chosen, "type": flow}
