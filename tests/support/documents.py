"""Signed documents for tests, issued by the codec that the stub uses."""

from __future__ import annotations

from typing import Any

import msgspec

from keystead.documents import (
    Confirmation,
    DeviceAccessToken,
    License,
    issue,
)
from keystead.entitlement import Entitlement, OfflineGrace
from keystead.instants import DAY_MS, iso, to_seconds
from keystead.key_manifest import sign_key_manifest
from keystead.keys import KeySet, SigningKey

PRODUCT = "nyra"
BACKEND = SigningKey(bytes(range(32)))
STRANGER = SigningKey(bytes(range(1, 33)))
DEVICE = SigningKey(b"d" * 32)
OTHER_DEVICE = SigningKey(b"o" * 32)
KEYS = KeySet([BACKEND.public_key])
#: The vendor's offline key, and a signing key that comes after the backend's.
ROOT = SigningKey(b"r" * 32)
NEXT = SigningKey(b"n" * 32)
ROOTS = KeySet([ROOT.public_key])

NOW_MS = 1_790_000_000_000
GRACE_MS = 3 * DAY_MS


def make_license(
    *,
    now_ms: int = NOW_MS,
    period_end_ms: int | None = NOW_MS + 30 * DAY_MS,
    boundary_ms: int | None = None,
    device: SigningKey = DEVICE,
    **changes: Any,
) -> License:
    """Return an active license issued at ``now_ms``; ``changes`` replace fields."""
    end_ms = boundary_ms or (period_end_ms or now_ms) + GRACE_MS
    license = License(
        iss="https://billing.example",
        sub="cus_1",
        aud=PRODUCT,
        iat=to_seconds(now_ms),
        exp=to_seconds(end_ms),
        jti=f"lic_{now_ms}",
        device_id=device.thumbprint,
        cnf=Confirmation(jkt=device.thumbprint),
        active=True,
        status="active",
        entitlement=Entitlement(
            key="pro",
            features=("export", "sync"),
            seats=1,
            modules={},
            price_id="price_pro_monthly",
            current_period_end=period_end_ms,
            cancel_at_period_end=False,
        ),
        offline_grace=OfflineGrace(
            seconds=GRACE_MS // 1000, ends_at=end_ms, ends_at_iso=iso(end_ms)
        ),
        refresh_after_seconds=21_600,
    )
    return msgspec.structs.replace(license, **changes)


def make_token(
    *, now_ms: int = NOW_MS, end_ms: int = NOW_MS + 33 * DAY_MS, device: SigningKey = DEVICE
) -> DeviceAccessToken:
    """Return a device access token as the backend would issue it at ``now_ms``."""
    return DeviceAccessToken(
        iss="https://billing.example",
        sub="cus_1",
        aud=PRODUCT,
        iat=to_seconds(now_ms),
        exp=to_seconds(end_ms),
        jti=f"tok_{now_ms}",
        device_id=device.thumbprint,
        expires_at=end_ms,
        cnf=Confirmation(jkt=device.thumbprint),
    )


def make_manifest(
    version: int = 1,
    *keys: SigningKey,
    root: SigningKey = ROOT,
    product: str = PRODUCT,
    now_ms: int = NOW_MS,
    days: int = 365,
) -> str:
    """Return a signed key manifest of ``keys``, without any of the backend's key."""
    return sign_key_manifest(
        root,
        keys=KeySet(key.public_key for key in keys or (BACKEND,)),
        version=version,
        product=product,
        issued_s=to_seconds(now_ms),
        days=days,
    )


def signed_license(key: SigningKey = BACKEND, **changes: Any) -> str:
    """Return `make_license`, signed."""
    return issue(make_license(**changes), key)
