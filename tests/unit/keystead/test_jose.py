"""The JWS codec: attacks, published test vectors, and compatibility with other libraries."""

from __future__ import annotations

import json
import os
from typing import Any

import joserfc.jwk
import joserfc.jws
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import OKPAlgorithm

from keystead import jose
from keystead.documents import LICENSE_TYP, TOKEN_TYP, issue
from keystead.encoding import b64u_decode, b64u_encode
from keystead.errors import InvalidDocument
from keystead.keys import KeySet, PublicKey, SigningKey, public_jwk
from support.documents import BACKEND, KEYS, STRANGER, make_license, signed_license
from support.external_data import WYCHEPROOF


def refusal(compact: str | bytes, keys: KeySet = KEYS, typ: str = LICENSE_TYP) -> str:
    with pytest.raises(InvalidDocument) as refused:
        jose.verify(compact, keys, typ)
    return refused.value.code


def forge(
    header: dict[str, Any] | bytes,
    payload: bytes = b'{"a":1}',
    key: SigningKey = BACKEND,
) -> str:
    """Sign a document with an arbitrary header; the signature itself is valid."""
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    signed = f"{b64u_encode(head)}.{b64u_encode(payload)}"
    return f"{signed}.{b64u_encode(key.sign(signed.encode()))}"


HEADER = {"alg": "EdDSA", "typ": LICENSE_TYP, "kid": BACKEND.kid}


def test_a_signed_payload_is_verified_and_returned() -> None:
    assert jose.verify(jose.sign(b'{"a":1}', BACKEND, LICENSE_TYP), KEYS, LICENSE_TYP) == b'{"a":1}'


def test_the_algorithm_name_ed25519_is_accepted() -> None:
    assert jose.verify(forge(HEADER | {"alg": "Ed25519"}), KEYS, LICENSE_TYP) == b'{"a":1}'


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (HEADER | {"alg": "none"}, "unsupported_algorithm"),
        (HEADER | {"alg": "HS256"}, "unsupported_algorithm"),
        (HEADER | {"alg": "eddsa"}, "unsupported_algorithm"),
        (HEADER | {"alg": ["EdDSA"]}, "unsupported_algorithm"),
        (HEADER | {"alg": {"a": 1}}, "unsupported_algorithm"),
        ({"typ": LICENSE_TYP, "kid": BACKEND.kid}, "unsupported_algorithm"),
        (HEADER | {"crit": ["exp"]}, "unsupported_header"),
        (HEADER | {"crit": []}, "unsupported_header"),
        (HEADER | {"jku": "https://evil.example/keys"}, "unsupported_header"),
        (HEADER | {"x5u": "https://evil.example/cert"}, "unsupported_header"),
        (HEADER | {"b64": False}, "unsupported_header"),
        (HEADER | {"jwk": public_jwk(BACKEND.public)}, "unsupported_header"),
        (HEADER | {"jwk": {"kty": "RSA"}}, "unsupported_header"),
        (HEADER | {"typ": "JWT"}, "wrong_type"),
        (HEADER | {"typ": TOKEN_TYP}, "wrong_type"),
        (HEADER | {"typ": 1}, "wrong_type"),
        ({"alg": "EdDSA", "kid": BACKEND.kid}, "wrong_type"),
        (HEADER | {"kid": "someone"}, "unknown_key"),
        (HEADER | {"kid": 1}, "malformed"),
        ({"alg": "EdDSA", "typ": LICENSE_TYP}, "unknown_key"),
        (b'{"alg":"EdDSA","alg":"EdDSA","typ":"license+jwt","kid":"x"}', "malformed"),
        (b"[]", "malformed"),
        (b"", "malformed"),
    ],
)
def test_an_unacceptable_header_is_refused(header: dict[str, Any] | bytes, code: str) -> None:
    assert refusal(forge(header)) == code


def test_an_unpinned_key_with_a_pinned_kid_is_refused() -> None:
    assert refusal(forge(HEADER, key=STRANGER)) == "bad_signature"


def test_a_key_in_the_header_is_not_trusted() -> None:
    brought = HEADER | {"kid": STRANGER.kid, "jwk": public_jwk(STRANGER.public)}
    assert refusal(forge(brought, key=STRANGER)) == "unsupported_header"


@pytest.mark.parametrize("payload", [b"[]", b"1", b'{"a":1,"a":2}', b"\xff", b"", b'{"a":1}\x00'])
def test_claims_that_are_not_a_strict_json_object_are_refused(payload: bytes) -> None:
    with pytest.raises(InvalidDocument) as refused:
        jose.read_object(jose.verify(forge(HEADER, payload), KEYS, LICENSE_TYP))
    assert refused.value.code == "malformed"


def test_text_that_is_not_a_strict_compact_jws_is_refused() -> None:
    good = signed_license()
    head, body, signature = good.split(".")
    for broken in [
        "",
        ".",
        "..",
        "a.b",
        f"{good}.",
        f"{good}.x",
        f".{body}.{signature}",
        f"{head}..{signature}",
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-1]}",
        f"{head}.{body}.{signature}AA",
        f"{good}=",
        f" {good}",
        f"{good}\n",
        good.replace(".", ".é", 1),
    ]:
        assert refusal(broken) in {"malformed", "bad_signature"}, broken


def test_a_noncanonical_signature_is_refused() -> None:
    head, body, signature = signed_license().split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # 64 bytes leave four unused bits in the last character: the 15 other spellings of each.
    last = alphabet.index(signature[-1])
    for bits in range(1, 16):
        other = signature[:-1] + alphabet[last & 0b110000 | (last + bits) % 16]
        assert refusal(f"{head}.{body}.{other}") == "malformed"


def test_a_document_over_16_kib_is_refused() -> None:
    fits = forge(HEADER, json.dumps({"a": "x" * 11_900}).encode())
    assert len(fits) <= jose.MAX_BYTES
    jose.verify(fits, KEYS, LICENSE_TYP)
    assert refusal(forge(HEADER, json.dumps({"a": "x" * 12_300}).encode())) == "too_large"


@given(st.integers(0), st.binary(min_size=1, max_size=3))
def test_no_altered_document_verifies(at: int, by: bytes) -> None:
    good = signed_license().encode()
    at %= len(good)
    altered = good[:at] + by + good[at + len(by) :]
    if altered != good:
        refusal(altered)


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(noise: bytes) -> None:
    refusal(noise)
    refusal(noise.decode("latin1"))


@given(st.text(alphabet="abc.-_{}\"':=é\x00\n", max_size=60))
def test_random_text_is_refused(text: str) -> None:
    refusal(text)


def test_the_error_does_not_contain_the_document() -> None:
    secret = "s3cr3t-claim"
    compact = forge(HEADER, json.dumps({"x": secret}).encode(), key=STRANGER)
    with pytest.raises(InvalidDocument) as refused:
        jose.verify(compact, KEYS, LICENSE_TYP)
    for text in (str(refused.value), repr(refused.value), refused.value.sentence):
        assert secret not in text
        assert compact.split(".")[1] not in text


# --- Vectors ------------------------------------------------------------------------------------


def wycheproof() -> list[Any]:
    if not WYCHEPROOF.exists():
        return []
    groups = json.loads(WYCHEPROOF.read_text())["testGroups"]
    return [
        pytest.param(group["publicKey"]["pk"], test, id=f"tc{test['tcId']}")
        for group in groups
        for test in group["tests"]
    ]


def test_all_wycheproof_vectors_are_loaded() -> None:
    if not WYCHEPROOF.exists() and "KEYSTEAD_TEST_DATA" not in os.environ:
        pytest.skip("Project Wycheproof's ed25519_test.json is not beside this checkout")
    assert len(wycheproof()) == 151


@pytest.mark.parametrize(("public", "vector"), wycheproof())
def test_wycheproof_vectors_have_the_expected_result(public: str, vector: dict[str, Any]) -> None:
    key = PublicKey(bytes.fromhex(public), "vector")
    message, signature = bytes.fromhex(vector["msg"]), bytes.fromhex(vector["sig"])
    if vector["result"] == "valid":
        key.verify(signature, message)
        return
    with pytest.raises(InvalidDocument) as refused:
        key.verify(signature, message)
    assert refused.value.code == "bad_signature"


@pytest.mark.parametrize(
    ("seed", "public", "message", "signature"),
    [
        (  # RFC 8032 §7.1, test 1
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
        ),
        (  # RFC 8032 §7.1, test 2
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ),
    ],
)
def test_signatures_match_the_vectors_of_rfc_8032(
    seed: str, public: str, message: str, signature: str
) -> None:
    key = SigningKey(bytes.fromhex(seed))
    assert key.public.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature


def test_thumbprint_and_signature_match_rfc_8037() -> None:
    """RFC 8037 appendices A.3 (thumbprint) and A.4 (signing)."""
    key = SigningKey(b64u_decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
    assert key.thumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    assert b64u_encode(key.sign(signed)) == (
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )


# --- Other libraries ----------------------------------------------------------------------------

BACKEND_JWK = public_jwk(BACKEND.public, BACKEND.kid)
PRIVATE_JWK = BACKEND_JWK | {"d": b64u_encode(bytes(range(32)))}


def test_pyjwt_verifies_our_documents() -> None:
    key = OKPAlgorithm.from_jwk(json.dumps(BACKEND_JWK))
    claims = jwt.decode(
        signed_license(now_ms=1_000_000_000_000),
        key,  # type: ignore[arg-type]
        algorithms=["EdDSA"],
        audience="nyra",
        options={"verify_exp": False},
    )
    assert claims["deviceId"] == make_license().device_id
    assert claims["cnf"] == {"jkt": claims["deviceId"]}


def test_documents_signed_by_pyjwt_are_verified() -> None:
    key = OKPAlgorithm.from_jwk(json.dumps(PRIVATE_JWK))
    compact = jwt.encode(
        {"iss": "x", "iat": 1},
        key,  # type: ignore[arg-type]
        "EdDSA",
        headers={"typ": LICENSE_TYP, "kid": BACKEND.kid},
    )
    assert jose.read_object(jose.verify(compact, KEYS, LICENSE_TYP)) == {"iss": "x", "iat": 1}


# joserfc warns of the older name of the algorithm, which other libraries read (specification §3.2).
older_name = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


@older_name
def test_joserfc_verifies_our_documents() -> None:
    key = joserfc.jwk.OKPKey.import_key(BACKEND_JWK)  # type: ignore[arg-type]
    read = joserfc.jws.deserialize_compact(signed_license(), key, algorithms=["EdDSA"])
    assert read.headers()["typ"] == LICENSE_TYP
    assert json.loads(read.payload)["aud"] == "nyra"


@older_name
@pytest.mark.parametrize("algorithm", ["EdDSA", "Ed25519"])
def test_documents_signed_by_joserfc_are_verified(algorithm: str) -> None:
    private = PRIVATE_JWK | {"alg": algorithm}
    key = joserfc.jwk.OKPKey.import_key(private)  # type: ignore[arg-type]
    header = {"alg": algorithm, "typ": LICENSE_TYP, "kid": BACKEND.kid}
    compact = joserfc.jws.serialize_compact(header, b'{"a":1}', key, algorithms=[algorithm])
    assert jose.verify(compact, KEYS, LICENSE_TYP) == b'{"a":1}'


def test_the_header_has_exactly_the_needed_members() -> None:
    header = json.loads(b64u_decode(issue(make_license(), BACKEND).split(".")[0]))
    assert header == {"alg": "EdDSA", "typ": LICENSE_TYP, "kid": BACKEND.kid}


def test_a_signed_payload_that_is_not_base64url_is_refused() -> None:
    head = b64u_encode(json.dumps(HEADER).encode())
    for body in ("Q", "QR", "QQ=="):
        signed = f"{head}.{body}"
        assert refusal(f"{signed}.{b64u_encode(BACKEND.sign(signed.encode()))}") == "malformed"


def test_a_document_of_exactly_16_kib_is_verified() -> None:
    assert refusal("x" * jose.MAX_BYTES) == "malformed"
    assert refusal("x" * (jose.MAX_BYTES + 1)) == "too_large"


def test_the_kid_of_an_embedded_key_is_its_thumbprint() -> None:
    jose._header.cache_clear()
    compact = jose.sign(b"{}", STRANGER, "test", embed_jwk=True)
    assert jose.verify_self_signed(compact, "test") == (STRANGER.public_key, b"{}")
