"""Verifying a license, against libsodium on the same bytes, and other JWT libraries."""

from __future__ import annotations

import json
import warnings

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey
from jwt.types import Options
from nacl import bindings

from benchmarks.customer import buy_license
from benchmarks.environment import PRODUCT, SIGNING_KEY, BenchmarkEnvironment
from benchmarks.measurement import Sampler, Turns, calls, take_turns
from benchmarks.results import Row, of_turns
from keystead.documents import issue
from keystead.encoding import b64u_decode
from keystead.instants import DAY_MS
from keystead.keys import KeySet, SigningKey, public_jwk
from keystead.trust import verify_license
from support.documents import BACKEND, NOW_MS, make_license

_AIM = 1.15
_TIMES = 100
_TURNS = 60
_FLOOR = "libsodium by pynacl"
_PEERS = ("cryptography alone", "joserfc", "PyJWT")


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    real = buy_license(stage.stub).license
    turns = _measured(real, SIGNING_KEY, stage.turns(_TURNS))
    what = "%s, license of %d bytes"
    row = of_turns(turns, what=what % ("verify", len(real)), peer=_FLOOR, ours="keystead", aim=_AIM)
    beside = [
        of_turns(turns, what=what % (f"verify by {name}", len(real)), peer=_FLOOR, ours=name)
        for name in _PEERS
    ]
    small = smallest()
    turns = _measured(small, BACKEND, stage.turns(_TURNS))
    what %= ("verify", len(small))
    return [row, of_turns(turns, what=what, peer=_FLOOR, ours="keystead", aim=_AIM), *beside]


def smallest() -> str:
    """Return the shortest license with all claims: an inactive one."""
    return issue(
        make_license(
            active=False,
            status="canceled",
            entitlement=None,
            period_end_ms=None,
            boundary_ms=NOW_MS + DAY_MS,
            iss="b",
            jti="1",
        ),
        BACKEND,
    )


def _measured(license: str, key: SigningKey, turns: int) -> Turns:
    keys = KeySet([key.public_key])
    contenders: dict[str, Sampler] = {
        "floor": _floor(license, key),
        "keystead": calls(lambda: verify_license(license, keys=keys, product=PRODUCT), _TIMES),
        "cryptography alone": _cryptography(license, key),
        "joserfc": _joserfc(license, key),
        "PyJWT": _pyjwt(license, key),
    }
    with warnings.catch_warnings():
        # joserfc says at each call that RFC 9864 has another name for the same algorithm.
        warnings.simplefilter("ignore", SecurityWarning)
        return take_turns(contenders, turns)


def _floor(license: str, key: SigningKey) -> Sampler:
    signed, _, signature = license.encode().rpartition(b".")
    message, public = b64u_decode(signature) + signed, key.public
    return calls(lambda: bindings.crypto_sign_open(message, public), _TIMES)


def _cryptography(license: str, key: SigningKey) -> Sampler:
    signed, _, signature = license.encode().rpartition(b".")
    raw, public = b64u_decode(signature), Ed25519PublicKey.from_public_bytes(key.public)
    return calls(lambda: public.verify(raw, signed), _TIMES)


def _joserfc(license: str, key: SigningKey) -> Sampler:
    public = OKPKey.import_key(dict(public_jwk(key.public)))
    return calls(
        lambda: json.loads(jws.deserialize_compact(license, public, algorithms=["EdDSA"]).payload),
        _TIMES,
    )


def _pyjwt(license: str, key: SigningKey) -> Sampler:
    public = Ed25519PublicKey.from_public_bytes(key.public)
    # Its time checks off, as ours has none: that a license has ended is not for the verifier.
    options: Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    return calls(
        lambda: jwt.decode(
            license, public, algorithms=["EdDSA"], audience=PRODUCT, options=options
        ),
        _TIMES,
    )
