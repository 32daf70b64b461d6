"""Licenses as texts: which of them count, and by which rule one is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator

from keystead.documents import LICENSE_TYP, TOKEN_TYP
from keystead.encoding import b64u_encode
from keystead.instants import iso
from keystead.keys import SigningKey, public_jwk
from vector_groups.world import (
    ACTIVE,
    BACKEND,
    BOUNDARY_MS,
    DEVICE,
    FEATURES,
    GROUP_ORDER,
    LEFT_OUT,
    NEXT_BACKEND,
    OTHER_DEVICE,
    STRANGER,
    Json,
    compact,
    entitlement,
    grace,
    jwks,
    license_claims,
    license_of,
    license_text,
    profile,
    sign,
    untrusted,
    unusable,
    usable,
    vector,
)

_HEADER = {"alg": "EdDSA", "typ": LICENSE_TYP, "kid": BACKEND.kid}


def vectors() -> Iterator[Json]:
    yield from _forms()
    yield from _headers()
    yield from _keys()
    yield from _signatures()
    yield from _payloads()
    yield from _claims()
    yield from _rules()


def _refused(name: str, section: str, code: str, text: str) -> Json:
    return vector(name, section, untrusted(code), license=text)


def _forms() -> Iterator[Json]:
    good = license_text()
    head, body, signature = good.split(".")
    yield vector("a license that the backend signed is active", "3.3", ACTIVE)
    yield vector(
        "white space around a file is not part of it", "4.1", ACTIVE, license=f"\n {good}\r\n"
    )
    for name, text in {
        "an empty file": "",
        "a word": "license",
        "two parts": f"{head}.{body}",
        "four parts": f"{good}.",
        "a part of JWE more": f"{good}.AAAA.AAAA",
        "an empty signature": f"{head}.{body}.",
        "an empty header": f".{body}.{signature}",
        "a space inside": _signed_text(head, f" {body}"),
        "a line break inside": _signed_text(head, f"{body[:76]}\n{body[76:]}"),
        "a character that is not ASCII": f"{good}\u00e9",
        "a signature with padding": f"{good}==",
        "a signature in base64 and not base64url": f"{head}.{body}.+/{signature[2:]}",
        "a signature with unused bits that are set": f"{head}.{body}.{_with_stray_bits(signature)}",
        "a header with padding": f"{head}=.{body}.{signature}",
        "a signature of 63 bytes": f"{head}.{body}.{signature[:84]}",
        "a signature of 65 bytes": f"{head}.{body}.{signature}A",
        "a body of an impossible length": _signed_text(head, "A" * 5),
        "a body with padding under a good signature": _signed_text(head, f"{body}="),
        "a body with stray bits under a good signature": _stray_body(head),
        "an empty body under a good signature": _signed_text(head, ""),
    }.items():
        yield _refused(f"{name} is malformed", "3.1", "malformed", text)
    long = license_claims(note="x" * 13_000)
    yield _refused(
        "a document of more than 16 KiB is too large", "3.1", "too_large", license_of(long)
    )
    fits = license_claims(note="x" * 10_000)
    yield vector("a document of almost 16 KiB counts", "3.1", ACTIVE, license=license_of(fits))


def _with_stray_bits(signature: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return signature[:-1] + alphabet[alphabet.index(signature[-1]) + 1]


def _signed_text(head: str, body: str) -> str:
    signed = f"{head}.{body}"
    return f"{signed}.{b64u_encode(BACKEND.sign(signed.encode()))}"


def _stray_body(head: str) -> str:
    # A body whose length leaves four unused bits.
    payload = compact(license_claims())
    while len(payload) % 3 != 1:
        payload += b" "
    return _signed_text(head, _with_stray_bits(b64u_encode(payload)))


def _headers() -> Iterator[Json]:
    claims = license_claims()
    accepted: dict[str, Json] = {
        "alg Ed25519 (RFC 9864) counts like EdDSA": _HEADER | {"alg": "Ed25519"},
        "a header parameter that is not known is ignored": _HEADER | {"note": [1]},
    }
    for name, header in accepted.items():
        yield vector(name, "3.2", ACTIVE, license=license_of(claims, header))
    refused: dict[str, tuple[str, Json]] = {
        "alg none": ("unsupported_algorithm", _HEADER | {"alg": "none"}),
        "alg HS256": ("unsupported_algorithm", _HEADER | {"alg": "HS256"}),
        "alg ES256": ("unsupported_algorithm", _HEADER | {"alg": "ES256"}),
        "alg Ed448": ("unsupported_algorithm", _HEADER | {"alg": "Ed448"}),
        "alg in lower case": ("unsupported_algorithm", _HEADER | {"alg": "eddsa"}),
        "alg that is a list": ("unsupported_algorithm", _HEADER | {"alg": ["EdDSA"]}),
        "no alg": ("unsupported_algorithm", {"typ": LICENSE_TYP, "kid": BACKEND.kid}),
        "a crit": ("unsupported_header", _HEADER | {"crit": ["exp"]}),
        "an empty crit": ("unsupported_header", _HEADER | {"crit": []}),
        "a jku": ("unsupported_header", _HEADER | {"jku": "https://evil.example/keys"}),
        "an x5u": ("unsupported_header", _HEADER | {"x5u": "https://evil.example/cert"}),
        "an x5c": ("unsupported_header", _HEADER | {"x5c": ["AA=="]}),
        "an unencoded payload (b64)": ("unsupported_header", _HEADER | {"b64": False}),
        "a zip": ("unsupported_header", _HEADER | {"zip": "DEF"}),
        "an embedded key": ("unsupported_header", _HEADER | {"jwk": public_jwk(BACKEND.public)}),
        "no typ": ("wrong_type", {"alg": "EdDSA", "kid": BACKEND.kid}),
        "typ JWT": ("wrong_type", _HEADER | {"typ": "JWT"}),
        "typ in upper case": ("wrong_type", _HEADER | {"typ": "LICENSE+JWT"}),
        "typ with application/": ("wrong_type", _HEADER | {"typ": "application/license+jwt"}),
        "a number as typ": ("wrong_type", _HEADER | {"typ": 1}),
        "the typ of a token": ("wrong_type", _HEADER | {"typ": TOKEN_TYP}),
        "a number as kid": ("malformed", _HEADER | {"kid": 2026}),
        "no kid": ("unknown_key", {"alg": "EdDSA", "typ": LICENSE_TYP}),
        "an empty kid": ("unknown_key", _HEADER | {"kid": ""}),
        "a kid of no pinned key": ("unknown_key", _HEADER | {"kid": "2025"}),
        "the thumbprint of a key that is pinned by name": (
            "unknown_key",
            _HEADER | {"kid": BACKEND.thumbprint},
        ),
    }
    for name, (code, header) in refused.items():
        yield _refused(f"a header with {name} is refused", "3.2", code, license_of(claims, header))
    for name, raw in {
        "with a name twice": b'{"alg":"EdDSA","alg":"EdDSA","typ":"license+jwt","kid":"2026"}',
        "that is a list": b'["EdDSA"]',
        "that is no JSON": b"{",
        "with a comment": b'{"alg":"EdDSA","typ":"license+jwt","kid":"2026"/**/}',
        "with a byte order mark": b"\xef\xbb\xbf" + compact(_HEADER),
        "that is not UTF-8": b'{"alg":"EdDSA","typ":"license+jwt","kid":"2026","a":"\xff"}',
    }.items():
        yield _refused(f"a header {name} is malformed", "3.2", "malformed", license_of(claims, raw))


def _keys() -> Iterator[Json]:
    yield _refused(
        "a signature by a stranger under the backend's kid is refused",
        "3.3",
        "bad_signature",
        license_text(STRANGER),
    )
    yield _refused(
        "a signature by a key that is not pinned is refused",
        "3.3",
        "unknown_key",
        license_text(NEXT_BACKEND),
    )
    yield vector(
        "each of several pinned keys may sign",
        "2.3",
        ACTIVE,
        license=license_text(NEXT_BACKEND),
        profile=profile(BACKEND, NEXT_BACKEND),
    )
    unnamed = SigningKey(bytes(range(32)))
    without_kid = {"keys": [public_jwk(unnamed.public)]}
    yield vector(
        "a pinned key without a kid is named by its thumbprint",
        "2.2",
        ACTIVE,
        license=license_text(unnamed),
        profile={"product": "acme-notes", "keys": without_kid},
    )
    others = [
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "rsa"},
        {"kty": "OKP", "crv": "X25519", "x": public_jwk(DEVICE.public)["x"], "kid": "x"},
        public_jwk(STRANGER.public, "2026") | {"use": "enc"},
        public_jwk(STRANGER.public, "2026") | {"key_ops": ["sign"]},
    ]
    yield vector(
        "keys of other types and for other uses are ignored",
        "2.2",
        ACTIVE,
        profile={"product": "acme-notes", "keys": {"keys": [*others, *jwks(BACKEND)["keys"]]}},
    )


def _signatures() -> Iterator[Json]:
    good = license_text()
    head, body, signature = good.split(".")
    other = license_text(jti="another").split(".")
    yield _refused(
        "the signature of another license is refused",
        "3.3",
        "bad_signature",
        f"{head}.{body}.{other[2]}",
    )
    yield _refused(
        "the body of another license is refused",
        "3.3",
        "bad_signature",
        f"{head}.{other[1]}.{signature}",
    )
    changed = b64u_encode(compact({"alg": "EdDSA", "typ": LICENSE_TYP, "kid": "2026", "x": 1}))
    yield _refused(
        "a header that was changed is refused",
        "3.3",
        "bad_signature",
        f"{changed}.{body}.{signature}",
    )
    raw = BACKEND.sign(f"{head}.{body}".encode())
    larger = int.from_bytes(raw[32:], "little") + GROUP_ORDER
    malleable = raw[:32] + larger.to_bytes(32, "little")
    yield _refused(
        "a signature whose S is not below the group's order is refused",
        "2.1",
        "bad_signature",
        f"{head}.{body}.{b64u_encode(malleable)}",
    )
    yield _refused(
        "a signature of zeros is refused",
        "3.3",
        "bad_signature",
        f"{head}.{body}.{b64u_encode(bytes(64))}",
    )


def _payloads() -> Iterator[Json]:
    claims = license_claims()
    text = compact(claims).decode()
    for name, payload in {
        "spaces between its members": json.dumps(claims, indent=2),
        "white space around it": f" \r\n\t{text}\n",
        "its members in another order": json.dumps(dict(reversed(claims.items()))),
        "a claim that is not known": compact(claims | {"future": {"a": [1, 2.5, None]}}).decode(),
        "characters written as escapes": text.replace("studio", "\\u0073tudio"),
        "an escaped pair of surrogates": compact(claims | {"n": 1})
        .decode()
        .replace('"n":1', '"n":"\\ud83d\\ude00"'),
        "other characters than ASCII": compact(claims | {"note": "Zo\u00eb \U0001f600"}).decode(),
    }.items():
        yield vector(
            f"a payload with {name} counts", "1.2", ACTIVE, license=license_of(payload.encode())
        )
    for name, payload in {
        "a claim twice": text.replace('"active":true', '"active":false,"active":true'),
        "a claim twice with one value": text.replace(
            '"active":true', '"active":true,"active":true'
        ),
        "a claim twice, once as an escape": text.replace(
            '"active":true', '"\\u0061ctive":false,"active":true'
        ),
        "a name twice inside an object": text.replace('"seats":1', '"seats":1,"seats":1'),
        "a name twice inside a claim that is not known": text[:-1] + ',"x":[{"a":1,"a":2}]}',
        "text after it": f"{text}x",
        "a second object": text + text,
        "a comma too many": f"{text[:-1]},}}",
        "a comment": f"/**/{text}",
        "single quotes": text.replace('"', "'"),
        "NaN": f'{text[:-1]},"x":NaN}}',
        "Infinity": f'{text[:-1]},"x":-Infinity}}',
        "a number that no double holds": f'{text[:-1]},"x":1e400}}',
        "a number with a leading zero": f'{text[:-1]},"x":01}}',
        "a number with a plus": f'{text[:-1]},"x":+1}}',
        "a number without digits after the point": f'{text[:-1]},"x":1.}}',
        "a hexadecimal number": f'{text[:-1]},"x":0x10}}',
        "a control character in a text": f'{text[:-1]},"x":"a\tb"}}',
        "an escape that JSON does not have": f'{text[:-1]},"x":"\\x41"}}',
        "half of a surrogate pair": f'{text[:-1]},"x":"\\ud800"}}',
        "a byte order mark": f"\ufeff{text}",
    }.items():
        yield _refused(
            f"a payload with {name} is malformed", "1.2", "malformed", license_of(payload.encode())
        )
    for name, raw in {
        "that is a list": b"[]",
        "that is null": b"null",
        "that is a text": b'"license"',
        "that is empty JSON": b"{}",
        "that is not UTF-8": compact(claims)[:-1] + b',"x":"\xff"}',
        "in UTF-16": compact(claims).decode().encode("utf-16"),
        "with an overlong UTF-8 form": compact(claims)[:-1] + b',"x":"\xc0\xaf"}',
        "with a surrogate in UTF-8": compact(claims)[:-1] + b',"x":"\xed\xa0\x80"}',
    }.items():
        yield _refused(f"a payload {name} is malformed", "1.2", "malformed", license_of(raw))


def _claims() -> Iterator[Json]:
    for name in (*license_claims(),):
        if name != "nonce":
            text = license_text(**{name: LEFT_OUT})
            yield _refused(f"a license without {name} is malformed", "3.5", "malformed", text)
    for name in (
        "key",
        "features",
        "seats",
        "modules",
        "priceId",
        "currentPeriodEnd",
        "cancelAtPeriodEnd",
    ):
        text = license_text(entitlement=entitlement(**{name: LEFT_OUT}))
        yield _refused(f"an entitlement without {name} is malformed", "3.5", "malformed", text)
    for name in ("seconds", "endsAt", "endsAtIso"):
        text = license_text(offlineGrace=grace(BOUNDARY_MS, **{name: LEFT_OUT}))
        yield _refused(f"an offlineGrace without {name} is malformed", "3.5", "malformed", text)
    exp = license_claims()["exp"]
    for name, changes in {
        "exp as a text": {"exp": str(exp)},
        "exp with a fraction": {"exp": exp + 0.5},
        "exp as a float without a fraction": {"exp": float(exp)},
        "exp null": {"exp": None},
        "exp beyond 2^53": {"exp": 2**53},
        "iat true": {"iat": True},
        "nbf as a text": {"nbf": "1790000000"},
        "seats as a float": {"entitlement": entitlement(seats=1.0)},
        "seats beyond 2^53": {"entitlement": entitlement(seats=10**30)},
        "a refresh time beyond 2^53": {"refreshAfterSeconds": 10**30},
        "a refresh time as a float": {"refreshAfterSeconds": 21600.0},
        "active 1": {"active": 1},
        "active as a text": {"active": "true"},
        "active null": {"active": None},
        "status null": {"status": None},
        "a list as aud": {"aud": ["acme-notes"]},
        "a number as jti": {"jti": 7},
        "a number as nonce": {"nonce": 7},
        "a number as reason": {"reason": 7},
        "features as a text": {"entitlement": entitlement(features="export")},
        "a number among the features": {"entitlement": entitlement(features=["export", 1])},
        "modules as a list": {"entitlement": entitlement(modules=[])},
        "a list as entitlement": {"entitlement": []},
        "a period's end as a float": {"entitlement": entitlement(currentPeriodEnd=1.5)},
        "a negative period's end": {"entitlement": entitlement(currentPeriodEnd=-1)},
        "a period's end after the year 9999": {
            "entitlement": entitlement(currentPeriodEnd=253_402_300_800_000)
        },
        "cancelAtPeriodEnd 0": {"entitlement": entitlement(cancelAtPeriodEnd=0)},
        "a cnf without jkt": {"cnf": {}},
        "a text as cnf": {"cnf": DEVICE.thumbprint},
        "offlineGrace null": {"offlineGrace": None},
    }.items():
        text = license_text(**changes)
        yield _refused(f"a license with {name} is malformed", "3.4", "malformed", text)
    exponent = compact(license_claims()).replace(b'"seats":1', b'"seats":1e0')
    yield _refused(
        "a license with seats in exponent form is malformed",
        "3.4",
        "malformed",
        license_of(exponent),
    )


def _rules() -> Iterator[Json]:
    iat, exp = license_claims()["iat"], license_claims()["exp"]
    for name, code, changes in (
        ("exp equal to iat", "invalid_lifetime", {"exp": iat}),
        ("exp before iat", "invalid_lifetime", {"exp": iat - 1}),
        ("a negative iat", "invalid_lifetime", {"iat": -1}),
        ("exp after the year 9999", "invalid_lifetime", {"exp": 253_402_300_800}),
        ("nbf after iat", "invalid_lifetime", {"nbf": iat + 1}),
        ("another product as aud", "wrong_product", {"aud": "acme-draw"}),
        ("its product in capitals", "wrong_product", {"aud": "ACME-NOTES"}),
        ("the audience of a merchant", "wrong_product", {"aud": "acme-notes.acct_1"}),
        ("two different devices", "malformed", {"cnf": {"jkt": OTHER_DEVICE.thumbprint}}),
        ("an end after its grace boundary", "past_grace_boundary", {"exp": exp + 1}),
        (
            "two forms of its boundary",
            "malformed",
            {"offlineGrace": grace(BOUNDARY_MS, endsAtIso=iso(BOUNDARY_MS + 1))},
        ),
        (
            "a boundary without milliseconds",
            "malformed",
            {"offlineGrace": grace(BOUNDARY_MS, endsAtIso="2026-10-24T14:13:20Z")},
        ),
        ("no entitlement while active", "malformed", {"entitlement": None}),
    ):
        yield _refused(f"a license with {name} is refused", "3.9", code, license_text(**changes))
    for name, changes in (
        ("nbf equal to iat", {"nbf": iat}),
        ("nbf before iat", {"nbf": iat - 60}),
        ("nbf null", {"nbf": None}),
        ("reason null", {"reason": None}),
        ("another issuer", {"iss": "https://new.billing.example"}),
    ):
        yield vector(
            f"a license with {name} counts", "3.9", ACTIVE, license=license_text(**changes)
        )
    earlier = usable("active", "active", until=BOUNDARY_MS - 10_000)
    yield vector(
        "a license may end before its boundary", "3.9", earlier, license=license_text(exp=exp - 10)
    )
    yield vector(
        "an inactive license needs no entitlement",
        "3.9",
        unusable("inactive", "canceled", features=[]),
        license=license_text(active=False, status="canceled", entitlement=None),
    )
    yield _refused(
        "a license for another device is refused",
        "3.9",
        "wrong_device",
        license_text(device=OTHER_DEVICE),
    )
    token = sign(license_claims(expiresAt=BOUNDARY_MS), BACKEND, TOKEN_TYP)
    yield _refused("a token in a license's place is refused", "3.2", "wrong_type", token)
    modules = entitlement(modules={"web": True, "cctv": False, "crm": None, "pos": {"tills": 2}})
    yield vector(
        "modules that are switched on count as features",
        "6.3",
        usable("active", "active", features=sorted([*FEATURES, "pos", "web"])),
        license=license_text(entitlement=modules),
    )
    empty = entitlement(features=[], modules={"a": 0, "b": "", "c": [], "d": {}, "e": "no", "f": 2})
    yield vector(
        "a module's value counts unless it is false, null, zero or empty",
        "6.3",
        usable("active", "active", features=["e", "f"]),
        license=license_text(entitlement=empty),
    )
