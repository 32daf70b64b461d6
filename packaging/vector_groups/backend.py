"""What a backend verifies: proofs of possession, device access tokens, offline requests."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from keystead.documents import LICENSE_TYP, TOKEN_TYP
from keystead.encoding import b64u_encode
from keystead.keys import public_jwk
from keystead.proof import PROOF_TYP
from keystead.wire.offline import REQUEST_TYP
from vector_groups.world import (
    BACKEND,
    BOUNDARY_MS,
    DEVICE,
    ISSUED_MS,
    LEFT_OUT,
    NEXT_BACKEND,
    OTHER_DEVICE,
    PRODUCT,
    PROFILE,
    SALT,
    SMALL_ORDER,
    STRANGER,
    Json,
    compact,
    license_claims,
    sign,
    token_claims,
    token_text,
    with_changes,
)

_NOW_S = ISSUED_MS // 1000
_URL = "https://billing.example/api/license/status"
_TOKEN = token_text()
_GIVEN = "bm9uY2Utb2YtdGhpcy1iYWNrZW5k"
_PROOF_HEADER = {"alg": "EdDSA", "typ": PROOF_TYP, "jwk": public_jwk(DEVICE.public)}


def proofs() -> Iterator[Json]:
    """Yield proofs of possession, each with the request that it came with."""
    yield from _good_proofs()
    yield from _bad_proofs()
    yield from _addresses()


def tokens() -> Iterator[Json]:
    """Yield device access tokens, as a backend that signs by the first key judges them."""
    yield _token("a token that the backend signed is accepted", _accepted(), _TOKEN)
    ended = _token_of(iat=1_000_000_000, exp=1_000_000_001, expiresAt=1_000_000_001_000)
    yield _token("a token that has ended is genuine", _accepted(), ended)
    iat = token_claims()["iat"]
    for name, code, text in (
        ("by a stranger under the backend's name", "bad_signature", _token_of(STRANGER)),
        ("by a key that is not the backend's", "unknown_key", _token_of(NEXT_BACKEND)),
        ("with the typ of a license", "wrong_type", sign(token_claims(), BACKEND, LICENSE_TYP)),
        ("that is a license", "wrong_type", sign(license_claims(), BACKEND, LICENSE_TYP)),
        ("with two parts", "malformed", ".".join(_TOKEN.split(".")[:2])),
        ("with padding", "malformed", f"{_TOKEN}=="),
        ("for another product", "wrong_product", _token_of(aud="acme-draw")),
        ("for two devices", "malformed", _token_of(cnf={"jkt": OTHER_DEVICE.thumbprint})),
        ("whose two ends differ", "malformed", _token_of(expiresAt=BOUNDARY_MS + 1)),
        ("whose end is a float", "malformed", _token_of(exp=float(BOUNDARY_MS // 1000))),
        ("that ends before it begins", "invalid_lifetime", _token_of(exp=iat - 1, expiresAt=0)),
        ("that begins later than it was issued", "invalid_lifetime", _token_of(nbf=iat + 1)),
    ):
        yield _token(f"a token {name} is refused", _refused(code), text)
    for name in token_claims():
        text = _token_of(**{name: LEFT_OUT})
        yield _token(f"a token without {name} is refused", _refused("malformed"), text)


def requests() -> Iterator[Json]:
    """Yield activation requests of devices without a network."""
    yield _request("a request by its device is accepted", _accepted(), _signed_request())
    header = {"alg": "EdDSA", "typ": REQUEST_TYP, "jwk": public_jwk(DEVICE.public)}
    small = header | {"jwk": public_jwk(SMALL_ORDER)}
    other = OTHER_DEVICE.thumbprint
    for name, code, text in (
        ("for another product", "wrong_product", _signed_request(aud="acme-draw")),
        (
            "that names another device",
            "wrong_device",
            _signed_request(deviceId=other),
        ),
        ("with the typ of a proof", "wrong_type", _signed_request(header=_PROOF_HEADER)),
        ("by another key", "bad_signature", _signed_request(key=OTHER_DEVICE, header=header)),
        ("by a key of small order", "unsupported_header", _signed_request(header=small)),
        ("whose time is a float", "malformed", _signed_request(iat=float(_NOW_S))),
        ("without a nonce", "malformed", _signed_request(nonce=LEFT_OUT)),
        ("without a name", "malformed", _signed_request(deviceName=LEFT_OUT)),
    ):
        yield _request(f"a request {name} is refused", _refused(code), text)


def _accepted(device: str = DEVICE.thumbprint) -> Json:
    return {"accepted": True, "code": "ok", "deviceId": device}


def _refused(code: str) -> Json:
    return {"accepted": False, "code": code, "deviceId": None}


def _claims(**changes: Any) -> Json:
    ath = b64u_encode(sha256(_TOKEN.encode()).digest())
    claims: Json = {"htm": "GET", "htu": _URL, "iat": _NOW_S, "jti": "jti-1", "ath": ath}
    return with_changes(claims, changes)


def _proof(
    name: str,
    section: str,
    expect: Json,
    text: str,
    *,
    method: str = "GET",
    url: str = _URL,
    token: str | None = _TOKEN,
) -> Json:
    return {
        "name": name,
        "section": section,
        "request": {"method": method, "url": url, "token": token, "proof": text},
        "nowSeconds": _NOW_S,
        "nonces": [_GIVEN],
        "expect": expect,
    }


def _signed(header: Json | None = None, **changes: Any) -> str:
    return sign(_claims(**changes), DEVICE, PROOF_TYP, header=header or _PROOF_HEADER)


def _good_proofs() -> Iterator[Json]:
    for name, text in {
        "for a request with a token": _signed(),
        "300 s behind the backend's clock": _signed(iat=_NOW_S - 300),
        "300 s ahead of the backend's clock": _signed(iat=_NOW_S + 300),
        "years behind, with a nonce of the backend": _signed(iat=1, nonce=_GIVEN),
        "years ahead, with a nonce of the backend": _signed(iat=4_000_000_000, nonce=_GIVEN),
        "in time, with a nonce of nobody": _signed(nonce="somebody-elses"),
        "with a null nonce": _signed(nonce=None),
        "with a claim that is not known": _signed(future={"a": [1.5]}),
        "with a jti of 128 characters": _signed(jti="j" * 128),
        "with alg Ed25519": _signed(_PROOF_HEADER | {"alg": "Ed25519"}),
    }.items():
        yield _proof(f"a proof {name} is accepted", "7.3", _accepted(), text)
    without = _signed(ath=LEFT_OUT)
    yield _proof("a proof without a token is accepted", "7.3", _accepted(), without, token=None)


def _bad_proofs() -> Iterator[Json]:
    other = {"alg": "EdDSA", "typ": PROOF_TYP, "jwk": public_jwk(OTHER_DEVICE.public)}
    private = _PROOF_HEADER | {"jwk": public_jwk(DEVICE.public) | {"d": "AA"}}
    invalid, stale, malformed = "invalid_proof", "stale_proof", "malformed"
    small = _PROOF_HEADER | {"jwk": public_jwk(SMALL_ORDER)}
    twice = compact(_claims())[:-1] + b',"htm":"GET"}'
    for name, code, text in (
        ("301 s behind the backend's clock", stale, _signed(iat=_NOW_S - 301)),
        ("301 s ahead of the backend's clock", stale, _signed(iat=_NOW_S + 301)),
        ("years behind, with a nonce of nobody", stale, _signed(iat=1, nonce="somebody-elses")),
        ("years behind, with an empty nonce", stale, _signed(iat=1, nonce="")),
        ("for another method", invalid, _signed(htm="POST")),
        ("for the method in lower case", invalid, _signed(htm="get")),
        ("for another token", invalid, _signed(ath=b64u_encode(bytes(32)))),
        ("without the token's hash", invalid, _signed(ath=LEFT_OUT)),
        ("with the token's hash padded", invalid, _signed(ath=f"{_claims()['ath']}=")),
        ("with an empty jti", invalid, _signed(jti="")),
        ("with a jti of 129 characters", invalid, _signed(jti="j" * 129)),
        ("without a jti", malformed, _signed(jti=LEFT_OUT)),
        ("without a method", malformed, _signed(htm=LEFT_OUT)),
        ("without an address", malformed, _signed(htu=LEFT_OUT)),
        ("without a time", malformed, _signed(iat=LEFT_OUT)),
        ("whose time is a float", malformed, _signed(iat=float(_NOW_S))),
        ("whose time is beyond 2^53", malformed, _signed(iat=2**53)),
        ("with a claim twice", malformed, sign(twice, DEVICE, PROOF_TYP, header=_PROOF_HEADER)),
        ("that another key signed", "bad_signature", _signed(other)),
        ("with alg none", "unsupported_algorithm", _signed(_PROOF_HEADER | {"alg": "none"})),
        ("with alg ES256", "unsupported_algorithm", _signed(_PROOF_HEADER | {"alg": "ES256"})),
        ("with typ JWT", "wrong_type", _signed(_PROOF_HEADER | {"typ": "JWT"})),
        ("with a private key", "unsupported_header", _signed(private)),
        (
            "with a key of small order",
            "unsupported_header",
            _signed(small),
        ),
        ("without a key", "unknown_key", _signed({"alg": "EdDSA", "typ": PROOF_TYP})),
        ("with a kid in place of a key", "unknown_key", sign(_claims(), BACKEND, PROOF_TYP)),
        ("with padding", malformed, f"{_signed()}=="),
        ("that is empty", malformed, ""),
    ):
        yield _proof(f"a proof {name} is refused", "7.3", _refused(code), text)
    yield _proof(
        "a proof with a token's hash for a request without one is refused",
        "7.3",
        _refused(invalid),
        _signed(),
        token=None,
    )


def _addresses() -> Iterator[Json]:
    for name, htu, url in (
        ("with a query", f"{_URL}?deviceId=x", _URL),
        ("for a request with a query", _URL, f"{_URL}?deviceId=x"),
        ("with a fragment", f"{_URL}#x", _URL),
        ("with its host in capitals", _URL.replace("billing", "BILLING"), _URL),
        ("with its scheme in capitals", _URL.replace("https", "HTTPS"), _URL),
        ("with the default port", _URL.replace(".example", ".example:443"), _URL),
        ("for an address with the default port", _URL, _URL.replace(".example", ".example:443")),
        ("for loopback with a port", "http://127.0.0.1:8787/x", "http://127.0.0.1:8787/x"),
        ("for an IPv6 address", "http://[::1]:8787/x", "http://[::1]:8787/x"),
        ("without a path", "https://billing.example", "https://billing.example/"),
    ):
        yield _proof(f"a proof {name} is accepted", "7.3", _accepted(), _signed(htu=htu), url=url)
    for name, htu in (
        ("another host", "https://evil.example/api/license/status"),
        ("another path", f"{_URL}/x"),
        ("a path in capitals", "https://billing.example/API/license/status"),
        ("a slash at its end", f"{_URL}/"),
        ("another port", "https://billing.example:8443/api/license/status"),
        ("http", "http://billing.example/api/license/status"),
        ("the path alone", "/api/license/status"),
        ("no host", "https:///api/license/status"),
        ("another scheme", "ftp://billing.example/api/license/status"),
        ("a port out of range", "https://billing.example:99999/api/license/status"),
        ("nothing", ""),
    ):
        text = _signed(htu=htu)
        yield _proof(f"a proof for {name} is refused", "7.3", _refused("invalid_proof"), text)


def _token(name: str, expect: Json, text: str) -> Json:
    return {"name": name, "section": "3.6", "profile": PROFILE, "token": text, "expect": expect}


def _token_of(key: Any = BACKEND, **changes: Any) -> str:
    return sign(token_claims(**changes), key, TOKEN_TYP)


def _request(name: str, expect: Json, text: str) -> Json:
    return {"name": name, "section": "7.17", "product": PRODUCT, "request": text, "expect": expect}


def _signed_request(key: Any = DEVICE, *, header: Json | None = None, **changes: Any) -> str:
    claims: Json = {
        "aud": PRODUCT,
        "deviceId": DEVICE.thumbprint,
        "deviceName": "Ada's laptop",
        "iat": _NOW_S,
        "nonce": SALT,
    }
    own = {"alg": "EdDSA", "typ": REQUEST_TYP, "jwk": public_jwk(DEVICE.public)}
    return sign(with_changes(claims, changes), key, REQUEST_TYP, header=header or own)
