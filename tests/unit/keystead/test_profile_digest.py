"""The digest of a profile: the same for the same trust and backend, however they are written."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from keystead.keys import KeySet
from keystead.profile import load_profile
from keystead.profile_digest import profile_digest
from support.documents import BACKEND, KEYS, STRANGER

PROFILE = """
[product]
id = "nyra"
name = "NyrA"
[backend]
url = "https://billing.example"
[trust]
keys = "keys.json"
"""


def nothing(name: str) -> str:
    raise FileNotFoundError(name)


def digest(text: str, keys: KeySet = KEYS) -> str:
    return profile_digest(text, lambda _: keys.to_jwks().decode())


def inline(keys: KeySet) -> str:
    """Return the profile with its keys in itself, and other members of theirs."""
    tables = ", ".join(
        "{" + ", ".join(f'{name} = "{key[name]}"' for name in reversed(key)) + ', use = "sig"}'
        for key in ({"kid": one.kid} | dict(jwk) for one, jwk in zip(keys, jwks(keys), strict=True))
    )
    return PROFILE.replace('"keys.json"', f"{{ keys = [{tables}] }}")


def jwks(keys: KeySet) -> list[dict[str, str]]:
    members = ("kty", "crv", "x")
    return [{name: key[name] for name in members} for key in json.loads(keys.to_jwks())["keys"]]


@pytest.mark.parametrize(
    "text",
    [
        PROFILE,
        "# shipped in May\n" + PROFILE.replace("[backend]", "\n[backend] # ours"),
        PROFILE.replace("NyrA", "NyrA Pro") + '[storage]\nsecrets = "file"\n',
        PROFILE.replace("billing.example", "billing.example/"),
        PROFILE.replace("[trust]", 'billing_api = "nyra"\n[trust]'),
        inline(KEYS),
        "\ufeff" + PROFILE,
    ],
)
def test_what_decides_the_same_has_the_same_digest(text: str) -> None:
    assert digest(text) == digest(PROFILE)


@pytest.mark.parametrize(
    "text",
    [
        PROFILE.replace('"nyra"', '"nyra-2"'),
        PROFILE.replace("billing.example", "billing2.example"),
        PROFILE.replace("[trust]", 'billing_api = "crow"\n[trust]'),
        PROFILE.replace("[trust]", 'offline_page = "https://billing.example/o"\n[trust]'),
        PROFILE + '[sign_in]\nauthorize = "https://a.example/"\ntoken = "https://a.example/t"\n',
        PROFILE + 'root = "root.json"\n',
        inline(KeySet([STRANGER.public_key])),
        inline(KeySet([BACKEND.public_key, STRANGER.public_key])),
    ],
)
def test_another_backend_or_trust_has_another_digest(text: str) -> None:
    assert digest(text) != digest(PROFILE)


def test_the_order_of_keys_does_not_matter() -> None:
    two = KeySet([BACKEND.public_key, STRANGER.public_key])
    turned = KeySet([STRANGER.public_key, BACKEND.public_key])
    assert digest(inline(two)) == digest(inline(turned)) == digest(PROFILE, turned)


def test_a_profile_is_loaded_with_its_digest(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(KEYS.to_jwks())
    path = tmp_path / "keystead.toml"
    path.write_text(PROFILE)
    assert load_profile(path).digest == digest(PROFILE)
    assert load_profile(inline(KEYS)).digest == digest(PROFILE)


def test_a_python_without_its_own_sha256_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = digest(PROFILE)
    for name in ("_sha2", "_sha256"):
        monkeypatch.setitem(sys.modules, name, None)
    assert digest(PROFILE) == usual


@pytest.mark.parametrize("text", ["", "[product]\n", PROFILE.replace("https", "\x00"), PROFILE])
def test_what_is_no_profile_has_no_digest(text: str) -> None:
    with pytest.raises((ValueError, KeyError, FileNotFoundError)):
        profile_digest(text, nothing)
