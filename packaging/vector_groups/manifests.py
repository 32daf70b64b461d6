"""``keys.jws``: which keys may sign, as the vendor's root keys say."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from keystead.documents import KEYS_TYP, LICENSE_TYP
from keystead.encoding import b64u_decode, b64u_encode
from keystead.keys import SigningKey, public_jwk
from vector_groups.world import (
    ACTIVE,
    BACKEND,
    BOUNDARY_MS,
    DEVICE,
    EXPIRED,
    ISSUED_MS,
    LEFT_OUT,
    NEXT_BACKEND,
    ROOT,
    SMALL_ORDER,
    STRANGER,
    Json,
    clocks,
    compact,
    device_text,
    files,
    jwks,
    license_text,
    profile,
    sign,
    untrusted,
    vector,
    with_changes,
)

_OTHER_ROOT = SigningKey(bytes(range(4, 36)))
_ROOTED = profile(BACKEND, roots=(ROOT,))
_DAY_S = 86_400
_UNKNOWN = untrusted("unknown_key")
_BY_NEXT = license_text(NEXT_BACKEND)


def vectors() -> Iterator[Json]:
    yield from _in_force()
    yield from _not_genuine()
    yield from _genuine()
    yield from _remembered()
    yield from _sequences()


def _claims(*keys: SigningKey, **changes: Any) -> Json:
    issued_s = ISSUED_MS // 1000
    claims: Json = {
        "iss": "acme-notes",
        "aud": "acme-notes",
        "iat": issued_s,
        "exp": issued_s + 365 * _DAY_S,
        "version": 7,
        "keys": jwks(*(keys or (BACKEND, NEXT_BACKEND)))["keys"],
    }
    return with_changes(claims, changes)


def _manifest(*keys: SigningKey, root: SigningKey = ROOT, **changes: Any) -> str:
    return sign(_claims(*keys, **changes), root, KEYS_TYP)


def _version_of(manifest: str, version: int = 7, root: SigningKey = ROOT) -> Json:
    """Return what ``device.jws`` remembers of a manifest."""
    digest = sha256(b64u_decode(manifest.split(".")[1])).digest()
    return {"version": version, "digest": b64u_encode(digest), "root": root.thumbprint}


def _remembering(manifest: str, **changes: Any) -> str:
    return device_text(keyManifest=_version_of(manifest, **changes))


def _rooted(name: str, section: str, expect: Json, **more: Any) -> Json:
    return vector(name, section, expect, profile=_ROOTED, **more)


def _in_force() -> Iterator[Json]:
    yield _rooted("without a manifest the pinned keys count", "2.6", ACTIVE)
    yield _rooted(
        "a key that a manifest adds may sign", "2.6", ACTIVE, license=_BY_NEXT, keys=_manifest()
    )
    yield _rooted("a pinned key that a manifest names may sign", "2.6", ACTIVE, keys=_manifest())
    revoked = _manifest(NEXT_BACKEND)
    yield _rooted(
        "a pinned key that a manifest leaves out may not sign", "2.6", _UNKNOWN, keys=revoked
    )
    yield _rooted(
        "without a manifest a key that isn't pinned may not sign", "2.6", _UNKNOWN, license=_BY_NEXT
    )
    unrooted = profile(BACKEND)
    yield vector(
        "without root keys a manifest adds no key",
        "2.3",
        _UNKNOWN,
        license=_BY_NEXT,
        keys=_manifest(),
        profile=unrooted,
    )
    yield vector(
        "without root keys a manifest revokes no key", "2.3", ACTIVE, keys=revoked, profile=unrooted
    )
    both = profile(BACKEND, roots=(ROOT, _OTHER_ROOT))
    yield vector(
        "each of several root keys may sign a manifest",
        "2.4",
        ACTIVE,
        license=_BY_NEXT,
        keys=_manifest(root=_OTHER_ROOT),
        profile=both,
    )
    renamed = _manifest(STRANGER)
    yield _rooted(
        "a manifest may give a known name to another key",
        "2.6",
        ACTIVE,
        license=license_text(STRANGER),
        keys=renamed,
    )
    yield _rooted(
        "and the key that had the name may not sign any more",
        "2.6",
        untrusted("bad_signature"),
        keys=renamed,
    )
    by_root = sign({"x": 1}, ROOT, LICENSE_TYP)
    yield _rooted("a root key may not sign a license", "2.3", _UNKNOWN, license=by_root)
    yield _rooted(
        "white space around a manifest is not part of it",
        "4.1",
        ACTIVE,
        license=_BY_NEXT,
        keys=f"\n{_manifest()}\r\n",
    )


def _not_genuine() -> Iterator[Json]:
    """Manifests that count as none: they add no key, and they revoke none."""
    issued_s = ISSUED_MS // 1000
    good = _manifest()
    head, body, _ = good.split(".")
    keys = jwks(BACKEND, NEXT_BACKEND)["keys"]
    header = {"alg": "EdDSA", "typ": KEYS_TYP, "kid": ROOT.kid}
    twice = compact(_claims())[:-1] + b',"version":8}'
    texts = {
        "by a root key of another vendor": _manifest(root=_OTHER_ROOT),
        "by another key under the root key's name": sign(
            _claims(), _OTHER_ROOT, KEYS_TYP, header=header
        ),
        "by a signing key": _manifest(root=BACKEND),
        "that embeds its key": sign(
            _claims(), ROOT, KEYS_TYP, header=header | {"jwk": public_jwk(ROOT.public)}
        ),
        "with alg none": sign(_claims(), ROOT, KEYS_TYP, header=header | {"alg": "none"}),
        "with the typ of a license": sign(_claims(), ROOT, LICENSE_TYP),
        "with the signature of another one": ".".join(
            [head, body, _manifest(version=8).split(".")[2]]
        ),
        "with a padded signature": f"{good}==",
        "that is empty": "",
        "that is a word": "keys",
        "that is a bare JWK Set": compact(jwks(BACKEND, NEXT_BACKEND)).decode(),
        "of more than 16 KiB": _manifest(note="x" * 13_000),
        "with a name twice": sign(twice, ROOT, KEYS_TYP),
        "without a version": _manifest(version=LEFT_OUT),
        "without keys": _manifest(keys=LEFT_OUT),
        "without an audience": _manifest(aud=LEFT_OUT),
        "without an issuer": _manifest(iss=LEFT_OUT),
        "without an end": _manifest(exp=LEFT_OUT),
        "with version 0": _manifest(version=0),
        "with a negative version": _manifest(version=-7),
        "with a float as its version": _manifest(version=7.0),
        "with a version as a text": _manifest(version="7"),
        "with version 2^53": _manifest(version=2**53),
        "with a version true": _manifest(version=True),
        "that ends when it begins": _manifest(exp=issued_s),
        "that ends before it begins": _manifest(exp=issued_s - 1),
        "of 400 days and a second": _manifest(exp=issued_s + 400 * _DAY_S + 1),
        "with a negative iat": _manifest(iat=-1),
        "with nbf after iat": _manifest(nbf=issued_s + 1),
        "that ends after the year 9999": _manifest(iat=253_402_300_700, exp=253_402_300_800),
        "for another product": _manifest(aud="acme-draw"),
        "for a merchant of the product": _manifest(aud="acme-notes.acct_1"),
        "with a list as its audience": _manifest(aud=["acme-notes"]),
        "with no key": _manifest(keys=[]),
        "with keys of other types only": _manifest(keys=[{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]),
        "with two keys of one name": _manifest(keys=[*keys, public_jwk(STRANGER.public, "2026")]),
        "with an object as its keys": _manifest(keys={"keys": keys}),
        "with a text among its keys": _manifest(keys=[*keys, "2028"]),
        "with a key of 31 bytes": _manifest(keys=[*keys, public_jwk(DEVICE.public[:31], "x")]),
        "with a key of small order": _manifest(keys=[*keys, public_jwk(SMALL_ORDER, "x")]),
        "with a private key": _manifest(keys=[*keys, public_jwk(DEVICE.public, "x") | {"d": "AA"}]),
        "that names a root key": _manifest(BACKEND, NEXT_BACKEND, ROOT),
        "that names a root key by another name": _manifest(
            keys=[*keys, public_jwk(ROOT.public, "r")]
        ),
    }
    for name, text in texts.items():
        yield _rooted(
            f"a manifest {name} counts as none", "2.4", _UNKNOWN, license=_BY_NEXT, keys=text
        )
    for name, text in {
        "by a signing key": _manifest(NEXT_BACKEND, root=BACKEND),
        "for another product": _manifest(NEXT_BACKEND, aud="acme-draw"),
        "that was altered": _altered(_manifest(NEXT_BACKEND)),
    }.items():
        yield _rooted(f"a manifest {name} revokes no key", "2.4", ACTIVE, keys=text)


def _altered(text: str) -> str:
    """Return a document with another character at the end of its payload."""
    head, body, signature = text.split(".")
    return f"{head}.{body[:-4]}AAAA.{signature}"


def _genuine() -> Iterator[Json]:
    issued_s = ISSUED_MS // 1000
    keys = jwks(BACKEND, NEXT_BACKEND)["keys"]
    unnamed = SigningKey(bytes(range(1, 33)))
    for name, text in {
        "of version 1": _manifest(version=1),
        "of version 2^53 - 1": _manifest(version=2**53 - 1),
        "of 400 days": _manifest(exp=issued_s + 400 * _DAY_S),
        "of a second": _manifest(exp=issued_s + 1),
        "that has ended years ago": _manifest(iat=1_000_000_000, exp=1_000_000_001),
        "that was stored before the clock was set back": _manifest(
            iat=issued_s + 999 * _DAY_S, exp=issued_s + 1000 * _DAY_S
        ),
        "with another issuer": _manifest(iss="https://keys.example"),
        "with nbf equal to iat": _manifest(nbf=issued_s),
        "with a claim that is not known": _manifest(future=[1.5]),
        "with keys of other types beside": _manifest(
            keys=[*keys, {"kty": "RSA", "n": "AQAB", "e": "AQAB"}]
        ),
    }.items():
        yield _rooted(f"a manifest {name} counts", "2.4", ACTIVE, license=_BY_NEXT, keys=text)
    bare = _manifest(keys=[public_jwk(unnamed.public)])
    yield _rooted(
        "a key without a name in a manifest is named by its thumbprint",
        "2.2",
        ACTIVE,
        license=license_text(unnamed),
        keys=bare,
    )


def _remembered() -> Iterator[Json]:
    good, other = _manifest(), _manifest(iss="another")
    newer = _manifest(version=8)
    for name, expect, manifest, device in (
        ("the manifest that the device remembers counts", ACTIVE, good, _remembering(good)),
        ("a newer one than the device remembers counts", ACTIVE, newer, _remembering(good)),
        (
            "an older one than the device remembers is refused",
            untrusted("superseded"),
            good,
            _remembering(newer, version=8),
        ),
        (
            "another one of the version that the device remembers is refused",
            untrusted("version_conflict"),
            other,
            _remembering(good),
        ),
        (
            "where the manifest is missing that the device remembers, the license is refused",
            untrusted("keys_missing"),
            None,
            _remembering(good),
        ),
        (
            "a manifest that isn't genuine is missing",
            untrusted("keys_missing"),
            _manifest(aud="acme-draw"),
            _remembering(good),
        ),
        (
            "a version under a root key that the program does not have is forgotten",
            ACTIVE,
            None,
            _remembering(good, version=99, root=_OTHER_ROOT),
        ),
        (
            "also beside a manifest of a lower version",
            ACTIVE,
            good,
            _remembering(good, version=99, root=_OTHER_ROOT),
        ),
        ("null is nothing to remember", ACTIVE, None, device_text(keyManifest=None)),
    ):
        yield _rooted(name, "2.6", expect, keys=manifest, device=device)
    yield vector(
        "without root keys nothing is remembered",
        "2.3",
        ACTIVE,
        device=_remembering(good),
        profile=profile(BACKEND),
    )
    broken: dict[str, Json] = {
        "a float as its version": {"version": 7.0},
        "a version beyond 2^53": {"version": 10**30},
        "no digest": {"digest": LEFT_OUT},
        "a number as its root key": {"root": 7},
    }
    for name, changes in broken.items():
        text = device_text(keyManifest=with_changes(_version_of(good), changes))
        yield _rooted(
            f"a device that remembers {name} is malformed",
            "4.3",
            untrusted("malformed"),
            keys=good,
            device=text,
        )


def _sequences() -> Iterator[Json]:
    def read(license: str, keys: str | None) -> Json:
        return {"files": files(license, device_text(), keys), "clocks": clocks()}

    both, revoked = _manifest(), _manifest(NEXT_BACKEND, version=8)
    by_backend = license_text()
    later = license_text(issued_ms=ISSUED_MS + 1000)
    yield _rooted(
        "a newer manifest ends a license by a key that it leaves out",
        "2.6",
        _UNKNOWN,
        keys=revoked,
        earlier=[read(by_backend, both)],
    )
    yield _rooted(
        "it does not end one by a key that it names",
        "2.6",
        ACTIVE,
        license=_BY_NEXT,
        keys=revoked,
        earlier=[read(_BY_NEXT, both)],
    )
    yield _rooted(
        "an older manifest that is put back brings no key back",
        "2.6",
        _UNKNOWN,
        keys=both,
        earlier=[read(by_backend, revoked)],
    )
    yield _rooted(
        "a manifest that is deleted brings no key back",
        "2.6",
        _UNKNOWN,
        earlier=[read(by_backend, revoked)],
    )
    yield _rooted(
        "a license by a revoked key does not replace a good one",
        "2.6",
        ACTIVE,
        license=later,
        keys=both,
        earlier=[read(_BY_NEXT, revoked)],
    )
    conflict = _manifest(version=8, iss="another")
    yield _rooted(
        "another manifest of the version in memory brings no key back",
        "2.6",
        _UNKNOWN,
        keys=conflict,
        earlier=[read(by_backend, revoked)],
    )
    yield _rooted(
        "what a revoked key said of the time is forgotten",
        "2.6",
        EXPIRED,
        license=license_text(NEXT_BACKEND, nonce=LEFT_OUT),
        keys=revoked,
        at=clocks(wall_ms=BOUNDARY_MS),
        earlier=[read(by_backend, both)],
    )
    yield _rooted(
        "what a key said of the time stays while it counts",
        "2.6",
        ACTIVE,
        license=license_text(NEXT_BACKEND, nonce=LEFT_OUT),
        keys=revoked,
        at=clocks(wall_ms=BOUNDARY_MS),
        earlier=[read(_BY_NEXT, both)],
    )
    yield _rooted(
        "a newer manifest may bring a key back",
        "2.6",
        ACTIVE,
        keys=_manifest(version=9),
        earlier=[read(by_backend, revoked)],
    )
