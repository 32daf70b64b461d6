"""Loading a vendor's profile, and the refusal of invalid ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.encoding import b64u_encode
from keystead.errors import InvalidInput, InvalidProfile
from keystead.keys import KeySet, public_jwk
from keystead.profile import load_profile, parse_profile, with_environment
from support.documents import BACKEND, KEYS, STRANGER

X = public_jwk(BACKEND.public)["x"]
INLINE = f'trust.keys = {{ keys = [{{ kty = "OKP", crv = "Ed25519", kid = "k", x = "{X}" }}] }}'
GOOD = f"""
product = {{ id = "nyra", name = "NyrA", support_email = "help@nyra.example" }}
backend = {{ url = "https://billing.example/", billing_api = "nyra" }}
{INLINE}
"""


def test_a_profile_with_inline_keys_is_loaded(tmp_path: Path) -> None:
    profile = load_profile(GOOD)
    assert (profile.product_id, profile.backend_url) == ("nyra", "https://billing.example")
    key = profile.keys.get("k")
    assert key is not None
    assert key.raw == BACKEND.public
    assert profile.secrets == "keyring"


def test_a_profile_with_a_key_file_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(KEYS.to_jwks())
    path = tmp_path / "keystead.toml"
    path.write_text(GOOD.replace(INLINE, 'trust.keys = "keys.json"'))
    assert load_profile(path).keys.get(BACKEND.kid)
    assert load_profile(str(path)).product_name == "NyrA"


def test_root_keys_are_loaded_from_a_file_or_inline(tmp_path: Path) -> None:
    roots = KeySet([STRANGER.public_key])
    (tmp_path / "root.json").write_bytes(roots.to_jwks())
    path = tmp_path / "keystead.toml"
    path.write_text(GOOD + 'trust.root = "root.json"\n')
    assert load_profile(path).root == roots
    inline = (
        f'{{ keys = [{{ kty = "OKP", crv = "Ed25519", x = "{b64u_encode(STRANGER.public)}" }}] }}'
    )
    assert load_profile(GOOD + f"trust.root = {inline}\n").root == roots
    assert load_profile(GOOD).root is None


@pytest.mark.parametrize(
    ("root", "why"),
    [
        ('"/nowhere.json"', "trust.root could not be read"),
        ('"root.json"', "trust.root of a profile without a file"),
        ("{ keys = [] }", "trust.root: "),
        ("7", "trust.root"),
        (f'{{ keys = [{{ kty = "OKP", crv = "Ed25519", kid = "r", x = "{X}" }}] }}', "also in"),
    ],
)
def test_invalid_root_keys_are_refused(root: str, why: str) -> None:
    with pytest.raises(InvalidProfile, match=why):
        load_profile(GOOD + f"trust.root = {root}\n")


def test_the_authorization_server_is_configured_or_the_stubs() -> None:
    assert load_profile(GOOD).sign_in is None
    here = GOOD.replace("https://billing.example/", "http://127.0.0.1:8787/_stub/gateway").replace(
        'billing_api = "nyra"', 'billing_api = "crow"'
    )
    server = load_profile(here).sign_in
    assert server is not None
    assert server.authorize == "http://127.0.0.1:8787/_stub/sign-in?api=crow"
    assert server.token == "http://127.0.0.1:8787/_stub/sign-in/token"
    assert server.revoke == "http://127.0.0.1:8787/_stub/sign-in/revoke"
    named = load_profile(
        GOOD + '[sign_in]\nauthorize = "https://a.example/go?x=1"\ntoken = "https://a.example/t"\n'
    ).sign_in
    assert named is not None
    assert (named.authorize, named.client_id) == ("https://a.example/go?x=1", "keystead")
    assert named.revoke is None


@pytest.mark.parametrize("url", ["http://a.example/go", "https://a.example/go?x#y", "no"])
def test_sign_in_endpoints_without_https_are_refused(url: str) -> None:
    with pytest.raises(InvalidProfile):
        load_profile(GOOD + f'[sign_in]\nauthorize = "{url}"\ntoken = "https://a.example/t"\n')
    with pytest.raises(InvalidProfile):
        load_profile(GOOD + f'[sign_in]\nauthorize = "https://a.example/"\ntoken = "{url}"\n')
    with pytest.raises(InvalidProfile):
        load_profile(
            GOOD + '[sign_in]\nauthorize = "https://a.example/"\ntoken = "https://a.example/t"\n'
            f'revoke = "{url}"\n'
        )


def test_the_offline_page_is_under_the_backend_unless_configured() -> None:
    assert load_profile(GOOD).offline_page == "https://billing.example/offline"
    named = GOOD.replace("billing_api", 'offline_page = "https://nyra.example/o", billing_api')
    assert load_profile(named).offline_page == "https://nyra.example/o"


def test_a_backend_under_a_path_may_use_its_origin_as_issuer() -> None:
    under = GOOD.replace("https://billing.example/", "https://billing.example/nyra")
    assert load_profile(under).issuers == (
        "https://billing.example/nyra",
        "https://billing.example",
    )
    assert load_profile(GOOD).issuers == ("https://billing.example",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("billing_api", 'offline_page = "javascript:alert(1)", billing_api'),
        ("billing_api", 'offline_page = "https://nyra.example/?a=b", billing_api'),
        ('id = "nyra"', 'id = "../nyra"'),
        ('id = "nyra"', 'id = "Nyra"'),
        ('id = "nyra"', 'id = ""'),
        ('id = "nyra"', "id = 7"),
        ('id = "nyra", ', ""),
        ("https://", "http://"),
        ("https://", "file://"),
        ("https://billing.example/", "https://user:secret@billing.example/"),
        ("https://billing.example/", "http://localhost.evil.example/"),
        ("https://billing.example/", "http://127.0.0.999/"),
        ("https://billing.example/", "http://[fe80::1]/"),
        ("https://billing.example/", "http://127.0.0.1@evil.example/"),
        ("https://billing.example/", "https://billing.example/?next=x"),
        ('billing_api = "nyra"', 'billing_api = "paypal"'),
        (INLINE, ""),
        (INLINE, 'trust.keys = "nowhere.json"'),
        (INLINE, "trust.keys = { keys = [] }"),
        (INLINE, 'trust.keys = { keys = [{ kty = "OKP", crv = "Ed25519", x = "AA" }] }'),
        (INLINE, f'{INLINE}\nstorage.secrets = "cloud"'),
        (INLINE, f"{INLINE}\n["),
    ],
)
def test_an_invalid_profile_is_refused(old: str, new: str) -> None:
    assert old in GOOD
    with pytest.raises(InvalidProfile) as refused:
        load_profile(GOOD.replace(old, new, 1))
    assert "secret" not in refused.value.sentence or "storage.secrets" in refused.value.sentence


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8787", "http://127.9.9.9", "http://localhost", "http://[::1]:80/x"],
)
def test_http_is_accepted_for_loopback(url: str) -> None:
    assert load_profile(GOOD.replace("https://billing.example/", url)).backend_url == url


@given(st.text())
def test_random_text_is_refused_as_a_profile(text: str) -> None:
    with pytest.raises(InvalidProfile):
        parse_profile(text, Path("/nonexistent"))


@given(data=st.binary(max_size=200))
def test_a_file_of_random_bytes_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("profile") / "keystead.toml"
    path.write_bytes(data)
    with pytest.raises(InvalidProfile):
        load_profile(path)


def test_a_missing_or_too_large_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidProfile, match="could not be read"):
        load_profile(tmp_path / "none.toml")
    with pytest.raises(InvalidProfile, match="could not be read"):
        load_profile(tmp_path)
    (tmp_path / "large.toml").write_bytes(b"#" * 300_000)
    with pytest.raises(InvalidProfile, match="too large"):
        load_profile(tmp_path / "large.toml")


def test_the_environment_changes_only_the_secret_store() -> None:
    profile = load_profile(GOOD)
    chosen = with_environment(profile, {"KEYSTEAD_SECRETS": "file", "KEYSTEAD_BACKEND": "x"})
    assert chosen.secrets == "file"
    assert (chosen.keys, chosen.backend_url) == (profile.keys, profile.backend_url)
    with pytest.raises(InvalidProfile):
        with_environment(profile, {"KEYSTEAD_SECRETS": "cloud"})


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": {}},
        {"keys": [1]},
        {"keys": [{"kty": "RSA"}]},
        {"keys": [public_jwk(BACKEND.public) | {"d": "AA"}]},
        {"keys": [public_jwk(BACKEND.public) | {"kid": 7}]},
        {"keys": [public_jwk(BACKEND.public, "a"), public_jwk(BACKEND.public, "a")]},
        {"keys": [public_jwk(bytes(32), "zero")]},
        {"keys": [public_jwk(b"\x01" + bytes(31), "identity")]},
    ],
)
def test_an_invalid_key_set_is_refused(jwks: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        KeySet.from_jwks(json.dumps(jwks))
    assert refused.value.code in {"invalid_keys", "invalid_key"}


def test_a_key_set_ignores_keys_of_other_types() -> None:
    foreign = json.loads(KEYS.to_jwks())
    foreign["keys"].append({"kty": "EC", "crv": "P-256"})
    assert [key.kid for key in KeySet.from_jwks(json.dumps(foreign))] == [BACKEND.kid]
