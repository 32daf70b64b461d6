"""A device of the conformance run: its key, its proofs of possession, and its requests.

Proofs are built by PyNaCl and the standard library alone, so that a fault in the project's own
codec cannot hide a backend's.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from nacl.signing import SigningKey

from keystead.encoding import b64u_encode
from keystead.wire import nyra as wire
from keystead_stub.conformance.exchanges import Answer, Backend


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a proof: header members and claims that replace the right ones.

    ``key`` signs in the place of the device's own; ``broken`` alters the signature.
    """

    header: Mapping[str, Any] = {}
    claims: Mapping[str, Any] = {}
    key: SigningKey | None = None
    broken: bool = False


NO_FLAW = Flaw()


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


class ProbeDevice:
    """A device with a key of its own. ``token`` is the newest device access token."""

    def __init__(self, backend: Backend, name: str = "Conformance") -> None:
        self.backend = backend
        self.name = name
        self.key = SigningKey.generate()
        self.public = b64u_encode(bytes(self.key.verify_key))
        self.id = thumbprint_of(self.public)
        self.token: str | None = None

    def identity(self) -> dict[str, str]:
        return {"deviceId": self.id, "devicePublicKey": self.public, "deviceName": self.name}

    def proof(
        self,
        method: str,
        path: str,
        *,
        token: str | None,
        nonce: str | None = None,
        flaw: Flaw = NO_FLAW,
    ) -> str:
        """Return a proof for one request (RFC 9449 §4.2), with the flaw in it."""
        key = flaw.key or self.key
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64u_encode(bytes(key.verify_key))}
        header = {"typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk} | dict(flaw.header)
        claims: dict[str, Any] = {
            "htm": method,
            "htu": self.backend.url + path,
            "iat": int(time.time()) + self.backend.ahead_s,
            "jti": secrets.token_urlsafe(16),
        }
        if token is not None:
            claims["ath"] = b64u_encode(sha256(token.encode("ascii")).digest())
        if nonce is not None:
            claims["nonce"] = nonce
        signed = f"{_part(header)}.{_part(claims | dict(flaw.claims))}"
        signature = bytearray(key.sign(signed.encode()).signature)
        if flaw.broken:
            signature[0] ^= 1
        return f"{signed}.{b64u_encode(bytes(signature))}"

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        params: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """Send a request with a proof, and with the token if there is one.

        A 401 with a nonce is answered by another proof with it, as every client does.
        """
        answer = self.once(method, path, token=token, params=params, body=body)
        nonce = answer.headers.get("dpop-nonce")
        if answer.status == 401 and nonce:
            return self.once(method, path, token=token, params=params, body=body, nonce=nonce)
        return answer

    def once(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        nonce: str | None = None,
        flaw: Flaw = NO_FLAW,
        note: str = "",
    ) -> Answer:
        """Send a request with one proof."""
        headers = {"DPoP": self.proof(method, path, token=token, nonce=nonce, flaw=flaw)}
        if token is not None:
            headers["Authorization"] = f"DPoP {token}"
        how = note or ("with its token and a proof" if token else "with a proof")
        return self.backend.send(method, path, headers=headers, params=params, body=body, note=how)

    def status(
        self, *, nonce: str | None = None, checkout: str = "", activation: str = ""
    ) -> Answer:
        """Ask for the status: by the checkout or activation if given, else by the token."""
        params = {"deviceId": self.id}
        params |= {"nonce": nonce} if nonce else {}
        params |= {"checkoutSessionId": checkout} if checkout else {}
        params |= {"activationId": activation} if activation else {}
        token = None if checkout or activation else self.token
        return self.call("GET", wire.LICENSE_STATUS, token=token, params=params)


def thumbprint_of(public: str) -> str:
    """The RFC 7638 thumbprint of an Ed25519 key, from its ``x``."""
    canonical = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % public
    return b64u_encode(sha256(canonical.encode()).digest())


def _part(members: dict[str, Any]) -> str:
    return b64u_encode(json.dumps(members, separators=(",", ":")).encode())
