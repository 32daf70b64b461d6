"""The device, backend and clocks of the vectors, and how a vector is written.

Every value is fixed, so the files are the same on each run. Expectations are written by hand in the
groups; nothing here asks the implementation for a verdict.
"""

from __future__ import annotations

import json
from typing import Any

from keystead import jose
from keystead.device_statement import STATEMENT_TYP
from keystead.documents import LICENSE_TYP, TOKEN_TYP
from keystead.encoding import b64u_encode
from keystead.instants import DAY_MS, HOUR_MS, iso, to_seconds
from keystead.keys import KeySet, SigningKey
from keystead.machine import binding
from keystead.trusted_time import NonceOpening, nonce_for

Json = dict[str, Any]

PRODUCT = "acme-notes"
#: The backend's signing key, the one that replaces it, and one of nobody.
BACKEND = SigningKey(bytes(range(32)), "2026")
NEXT_BACKEND = SigningKey(bytes(range(1, 33)), "2027")
STRANGER = SigningKey(bytes(range(2, 34)), "2026")
ROOT = SigningKey(bytes(range(3, 35)))
DEVICE = SigningKey(b"d" * 32)
OTHER_DEVICE = SigningKey(b"o" * 32)

MACHINE_ID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
OTHER_MACHINE_ID = "ffeeddccbbaa99887766554433221100"
FOLDER = "/var/lib/ada/acme-notes/state"
BOOT = "3d5f3ac5-6f3e-4b8e-9c57-0d0b6a0a6f11"
OTHER_BOOT = "b1a7c2de-1f0e-4a2d-8a55-7e1f5d1c9a02"
SALT = "AAECAwQFBgcICQoLDA0ODw"

#: 2026-09-21T14:13:20Z, when the backend answered, and what it said.
ISSUED_MS = 1_790_000_000_000
PERIOD_END_MS = ISSUED_MS + 30 * DAY_MS
BOUNDARY_MS = PERIOD_END_MS + 72 * HOUR_MS
#: The boot clock's reading when the question was sent.
ASKED_BOOT_MS = 5_000_000

#: The order of Ed25519's main subgroup (RFC 8032 §5.1).
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

#: A point of order 8: as a public key it verifies forged signatures.
SMALL_ORDER = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")

FEATURES = ["export", "sync"]
LEFT_OUT: Any = object()


def jwks(*keys: SigningKey) -> Json:
    """Return a JWK Set of public keys."""
    return dict(json.loads(KeySet([key.public_key for key in keys]).to_jwks()))


def profile(*keys: SigningKey, roots: tuple[SigningKey, ...] = (), product: str = PRODUCT) -> Json:
    """Return the facts of a profile that a verdict needs."""
    found: Json = {"product": product, "keys": jwks(*(keys or (BACKEND,)))}
    return found | ({"root": jwks(*roots)} if roots else {})


def compact(value: Any) -> bytes:
    """Return a value as compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def opening(boot_ms: int = ASKED_BOOT_MS, boot: str = BOOT, salt: str = SALT) -> Json:
    """Return a nonce's opening as ``device.jws`` has it."""
    return {"bootId": boot, "bootMs": boot_ms, "salt": salt}


def nonce_of(opened: Json) -> str:
    """Return the nonce that commits to an opening."""
    return nonce_for(NonceOpening(opened["bootId"], opened["bootMs"], opened["salt"]))


def license_claims(
    *,
    issued_ms: int = ISSUED_MS,
    period_end_ms: int | None = PERIOD_END_MS,
    boundary_ms: int = BOUNDARY_MS,
    device: SigningKey = DEVICE,
    **changes: Any,
) -> Json:
    """Return the claims of an active license; ``changes`` replace claims or leave them out."""
    claims: Json = {
        "iss": "https://billing.example",
        "sub": "cus_Qm4Zt8Yw2Lx6Rv",
        "aud": PRODUCT,
        "iat": to_seconds(issued_ms),
        "exp": to_seconds(boundary_ms),
        "jti": f"lic_{issued_ms}",
        "deviceId": device.thumbprint,
        "cnf": {"jkt": device.thumbprint},
        "active": True,
        "status": "active",
        "entitlement": {
            "key": "studio",
            "features": FEATURES,
            "seats": 1,
            "modules": {},
            "priceId": "price_studio_monthly",
            "currentPeriodEnd": period_end_ms,
            "cancelAtPeriodEnd": False,
        },
        "offlineGrace": grace(boundary_ms),
        "refreshAfterSeconds": 21_600,
        "nonce": nonce_of(opening()),
    }
    return with_changes(claims, changes)


def grace(boundary_ms: int, **changes: Any) -> Json:
    """Return an ``offlineGrace`` that ends at a boundary."""
    found: Json = {"seconds": 259_200, "endsAt": boundary_ms, "endsAtIso": iso(boundary_ms)}
    return with_changes(found, changes)


def entitlement(**changes: Any) -> Json:
    """Return the license's entitlement with some members replaced."""
    return with_changes(dict(license_claims()["entitlement"]), changes)


def device_claims(
    *,
    key: SigningKey = DEVICE,
    machine_id: str = MACHINE_ID,
    folder: str = FOLDER,
    **changes: Any,
) -> Json:
    """Return the claims of the device's statement; ``changes`` replace claims or leave them out."""
    claims: Json = {
        "deviceId": key.thumbprint,
        "binding": binding(machine_id, folder.encode()),
        "mark": {"atMs": ISSUED_MS, "bootMs": ASKED_BOOT_MS, "bootId": BOOT},
        "witness": opening(),
    }
    return with_changes(claims, changes)


def with_changes(claims: Json, changes: Json) -> Json:
    """Return claims with some replaced; `LEFT_OUT` removes one."""
    changed = claims | changes
    return {name: value for name, value in changed.items() if value is not LEFT_OUT}


def sign(
    payload: bytes | Json,
    key: SigningKey,
    typ: str,
    *,
    header: Json | bytes | None = None,
) -> str:
    """Return a compact JWS; ``header`` replaces the usual one."""
    used = header if header is not None else {"alg": "EdDSA", "typ": typ, "kid": key.kid}
    head = used if isinstance(used, bytes) else compact(used)
    body = payload if isinstance(payload, bytes) else compact(payload)
    signed = f"{b64u_encode(head)}.{b64u_encode(body)}"
    return f"{signed}.{b64u_encode(key.sign(signed.encode()))}"


def license_text(key: SigningKey = BACKEND, **changes: Any) -> str:
    """Return a license as the backend signs it."""
    return sign(license_claims(**changes), key, LICENSE_TYP)


def token_claims(**changes: Any) -> Json:
    """Return the claims of the token that comes with the license."""
    license = license_claims()
    shared = ("iss", "sub", "aud", "iat", "exp", "deviceId", "cnf")
    claims = {name: license[name] for name in shared}
    return with_changes(claims | {"jti": "tok_1", "expiresAt": BOUNDARY_MS}, changes)


def token_text() -> str:
    """Return the device access token that comes with the license."""
    return sign(token_claims(), BACKEND, TOKEN_TYP)


def license_of(payload: bytes | Json, header: Json | bytes | None = None) -> str:
    """Return a license with this payload, and with this header in place of the usual one."""
    return sign(payload, BACKEND, LICENSE_TYP, header=header)


def device_text(key: SigningKey = DEVICE, **changes: Any) -> str:
    """Return a statement as the device signs it."""
    return statement_of(device_claims(key=key, **changes), key)


def statement_of(payload: bytes | Json, key: SigningKey = DEVICE) -> str:
    """Return a statement with this payload."""
    return jose.sign(
        payload if isinstance(payload, bytes) else compact(payload),
        key,
        STATEMENT_TYP,
        embed_jwk=True,
    )


def clocks(
    now_ms: int | None = None,
    *,
    wall_ms: int | None = None,
    boot_ms: int | None = None,
    boot: str = BOOT,
    trusted: bool = True,
) -> Json:
    """Return a reading of both clocks at ``now_ms``; each clock may show something else."""
    real_ms = ISSUED_MS + HOUR_MS if now_ms is None else now_ms
    return {
        "wallMs": real_ms if wall_ms is None else wall_ms,
        "bootMs": ASKED_BOOT_MS + real_ms - ISSUED_MS if boot_ms is None else boot_ms,
        "bootId": boot,
        "bootClockTrusted": trusted,
    }


def files(license: str | None = None, device: str | None = None, keys: str | None = None) -> Json:
    """Return the texts of the files; what is None isn't there. By default an active device's."""
    found = {"license": license, "device": device, "keys": keys}
    return {name: text for name, text in found.items() if text is not None}


def vector(
    name: str,
    section: str,
    expect: Json,
    *,
    license: str | None = LEFT_OUT,
    device: str | None = LEFT_OUT,
    keys: str | None = None,
    at: Json | None = None,
    profile: Json | None = None,
    machine_id: str = MACHINE_ID,
    folder: str = FOLDER,
    earlier: list[Json] | None = None,
) -> Json:
    """Return a vector. By default its files are those of a device that was answered an hour ago."""
    found: Json = {
        "name": name,
        "section": section,
        "profile": profile or PROFILE,
        "machine": {"machineId": machine_id, "stateFolder": folder},
    }
    if earlier:
        found["earlier"] = earlier
    return found | {
        "files": files(
            license_text() if license is LEFT_OUT else license,
            device_text() if device is LEFT_OUT else device,
            keys,
        ),
        "clocks": at or clocks(),
        "expect": expect,
    }


def usable(
    state: str,
    reason: str,
    *,
    until: int = BOUNDARY_MS,
    now: int = ISSUED_MS + HOUR_MS,
    features: list[str] | None = None,
) -> Json:
    """Return the verdict of a license that may be used."""
    return {
        "state": state,
        "usable": True,
        "until": until,
        "reason": reason,
        "features": FEATURES if features is None else features,
        "now": now,
    }


def unusable(state: str, reason: str, **more: Any) -> Json:
    """Return the verdict of what may not be used."""
    return {"state": state, "usable": False, "until": None, "reason": reason} | more


def untrusted(code: str) -> Json:
    """Return the verdict of files that are refused with this code."""
    return unusable("untrusted", code)


ACTIVE = usable("active", "active")
EXPIRED = unusable("expired", "boundary_passed")
PROFILE = profile()
