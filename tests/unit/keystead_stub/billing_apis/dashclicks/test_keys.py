"""Encryption of merchants' keys at rest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.billing_apis.dashclicks.merchants import sealed_keys

secrets = st.text(min_size=1)


@given(st.text(), secrets, secrets)
def test_a_sealed_key_can_only_be_opened_with_its_secret(key: str, secret: str, other: str) -> None:
    sealed = sealed_keys.seal(key, secret)
    assert sealed_keys.unseal(sealed, secret) == key
    if other != secret:
        assert sealed_keys.unseal(sealed, other) is None


@given(st.text(max_size=80))
def test_text_that_is_not_sealed_cannot_be_opened(text: str) -> None:
    assert sealed_keys.unseal(text, "secret") is None


def test_a_sealed_key_does_not_contain_the_key() -> None:
    assert "sk_test_secret" not in sealed_keys.seal("sk_test_secret", "secret")
    assert sealed_keys.seal("sk_test_secret", "secret") != sealed_keys.seal(
        "sk_test_secret", "secret"
    )
