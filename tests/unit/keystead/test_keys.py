"""Ed25519 keys as JWKs, and sets of them."""

from typing import Any

import msgspec
import pytest

from keystead.encoding import b64u_encode
from keystead.errors import InvalidDocument, InvalidInput
from keystead.keys import (
    KeySet,
    PublicKey,
    SigningKey,
    checked_public,
    public_from_jwk,
    public_jwk,
    thumbprint,
)

ONE, TWO = SigningKey(b"1" * 32), SigningKey(b"2" * 32, kid="two")
JWK = public_jwk(ONE.public)
#: The neutral element: a point of small order.
SMALL_ORDER = bytes([1]) + bytes(31)


def refusal(work: Any, *arguments: Any) -> str:
    with pytest.raises(InvalidInput) as refused:
        work(*arguments)
    return refused.value.code


def test_the_thumbprint_is_that_of_rfc_8037_appendix_a3() -> None:
    public = public_from_jwk(
        {"crv": "Ed25519", "kty": "OKP", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    )
    assert thumbprint(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_jwk_with_a_kid_has_algorithm_and_use() -> None:
    assert {"kty": "OKP", "crv": "Ed25519", "x": b64u_encode(ONE.public)} == JWK
    named = {"kid": "k", "alg": "EdDSA", "use": "sig"}
    assert public_jwk(ONE.public, "k") == JWK | named
    assert public_from_jwk(JWK | named) == ONE.public


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        [],
        "x",
        {},
        JWK | {"kty": "EC"},
        JWK | {"crv": "X25519"},
        JWK | {"x": None},
        JWK | {"x": JWK["x"] + "="},
        JWK | {"x": "AA"},
        JWK | {"x": b64u_encode(SMALL_ORDER)},
        JWK | {"d": "private"},
        JWK | {"use": "enc"},
        JWK | {"use": None},
        JWK | {"alg": "HS256"},
        JWK | {"alg": "ES256"},
        JWK | {"alg": ["EdDSA"]},
        JWK | {"key_ops": ["sign"]},
        JWK | {"key_ops": "verify"},
    ],
)
def test_a_jwk_that_is_not_an_ed25519_public_key_is_refused(jwk: Any) -> None:
    assert refusal(public_from_jwk, jwk) == "invalid_key"


@pytest.mark.parametrize("public", [b"", ONE.public + b"\0", ONE.public[:31], SMALL_ORDER])
def test_bytes_that_are_not_a_valid_point_are_refused(public: bytes) -> None:
    assert refusal(checked_public, public) == "invalid_key"


def test_only_a_valid_signature_is_accepted() -> None:
    signature = ONE.sign(b"message")
    assert len(signature) == 64
    ONE.public_key.verify(signature, b"message")
    for wrong_signature, message in (
        (signature, b"messagE"),
        (bytes(64), b"message"),
        (signature[:63], b"message"),
        (b"", b""),
    ):
        with pytest.raises(InvalidDocument) as refused:
            ONE.public_key.verify(wrong_signature, message)
        assert refused.value.code == "bad_signature"


def test_the_kid_of_a_signing_key_defaults_to_its_thumbprint() -> None:
    assert ONE.kid == ONE.thumbprint == thumbprint(ONE.public)
    assert (TWO.kid, TWO.thumbprint) == ("two", thumbprint(TWO.public))
    assert TWO.public_key == PublicKey(TWO.public, "two")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_that_is_not_32_bytes_is_refused(size: int) -> None:
    assert refusal(SigningKey, b"s" * size) == "invalid_key"


def test_the_repr_of_a_signing_key_does_not_show_its_seed() -> None:
    assert repr(TWO) == "SigningKey(kid='two')"


def test_a_key_set_finds_keys_by_kid_and_a_union_keeps_its_own_keys() -> None:
    mine = KeySet([ONE.public_key, TWO.public_key])
    assert (len(mine), mine.get("two"), mine.get("three")) == (2, TWO.public_key, None)
    other = KeySet([PublicKey(ONE.public, "two"), PublicKey(ONE.public, "three")])
    both = mine.union(other)
    assert len(both) == 3
    assert both.get("two") == TWO.public_key
    assert both.get("three") == PublicKey(ONE.public, "three")


def test_a_key_set_round_trips_as_a_jwk_set() -> None:
    keys = KeySet([ONE.public_key, TWO.public_key])
    text = keys.to_jwks()
    assert list(KeySet.from_jwks(text)) == list(keys)
    assert list(KeySet.from_jwks(text.decode())) == list(keys)


def test_keys_of_other_types_are_skipped_and_a_missing_kid_is_the_thumbprint() -> None:
    encrypts, macs = {"use": "enc"}, {"alg": "HS256"}
    members = [{"kty": "RSA"}, "no object", JWK | encrypts, JWK | macs, JWK]
    keys = KeySet.from_jwks(msgspec.json.encode({"keys": members}))
    assert list(keys) == [ONE.public_key]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"keys":{}}',
        '{"keys":[]}',
        '{"keys":[{"kty":"RSA"}]}',
        msgspec.json.encode({"keys": [JWK | {"use": "enc"}]}),
        msgspec.json.encode({"keys": [JWK, JWK]}),
        msgspec.json.encode({"keys": [JWK | {"kid": ""}]}),
        msgspec.json.encode({"keys": [JWK | {"kid": 1}]}),
    ],
)
def test_an_invalid_jwk_set_is_refused(text: str | bytes) -> None:
    assert refusal(KeySet.from_jwks, text) == "invalid_keys"


def test_a_set_with_an_invalid_ed25519_key_is_refused() -> None:
    text = msgspec.json.encode({"keys": [JWK, JWK | {"x": "AA", "kid": "b"}]})
    assert refusal(KeySet.from_jwks, text) == "invalid_key"
