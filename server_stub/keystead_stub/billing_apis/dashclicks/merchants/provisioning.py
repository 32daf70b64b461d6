"""Bundles of the marketplace: a setup fee, and a token that lets the bundle be provisioned. Pure.

The token is a JWT (HS256 by APP_SECRET) for the service that sets up phone numbers or listings. It
goes out with the job that fulfils the purchase, and counts for a day.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from keystead.encoding import b64u_encode
from keystead.instants import DAY_MS, to_seconds
from keystead_stub.billing_apis.dashclicks.merchants.follow_up_jobs import FULFILLED
from keystead_stub.settings import Settings
from keystead_stub.stripe_types.events import StripeEvent, text, within

#: The metadata of a checkout session that sells a bundle.
BUNDLE = "bundle"
TOKEN_LASTS_MS = DAY_MS


def with_token(
    settings: Settings, payload: Mapping[str, Any], event: StripeEvent
) -> dict[str, Any]:
    """Return the payload, with bundle and token where it fulfils the purchase of a bundle."""
    bundle = text(within(event.object, "metadata", BUNDLE))
    if bundle is None or payload["type"] != FULFILLED:
        return dict(payload)
    claims = {
        "accountId": payload["accountId"],
        "bundle": bundle,
        "sub": str(event.object.get("id")),
        "iat": to_seconds(event.created_ms),
        "exp": to_seconds(event.created_ms + TOKEN_LASTS_MS),
    }
    return {**payload, "bundle": bundle, "provisioningToken": sign(claims, settings.app_secret)}


def sign(claims: Mapping[str, Any], secret: str) -> str:
    """Return the claims as a JWT by HS256 (RFC 7519, RFC 7518 §3.2)."""
    head = b64u_encode(msgspec.json.encode({"alg": "HS256", "typ": "JWT"}))
    signed = f"{head}.{b64u_encode(msgspec.json.encode(claims))}"
    mac = hmac.new(secret.encode(), signed.encode(), sha256).digest()
    return f"{signed}.{b64u_encode(mac)}"
