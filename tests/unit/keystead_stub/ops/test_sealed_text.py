"""Encryption of texts at rest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.ops.sealed_text import seal, unseal

PURPOSE = b"tests"
secrets = st.text(min_size=1)


@given(st.text(), secrets, secrets)
def test_a_sealed_text_can_only_be_opened_with_its_secret_and_purpose(
    text: str, secret: str, other: str
) -> None:
    sealed = seal(text, [secret], purpose=PURPOSE)
    assert unseal(sealed, [secret], purpose=PURPOSE) == text
    assert unseal(sealed, [other, secret], purpose=PURPOSE) == text
    assert unseal(sealed, [secret], purpose=b"another") is None
    if other != secret:
        assert unseal(sealed, [other], purpose=PURPOSE) is None


@given(st.text(max_size=80))
def test_text_that_is_not_sealed_cannot_be_opened(text: str) -> None:
    assert unseal(text, ["secret"], purpose=PURPOSE) is None


def test_a_sealed_text_does_not_contain_the_text() -> None:
    first = seal("sk_test_secret", ["secret"], purpose=PURPOSE)
    assert "sk_test_secret" not in first
    assert first != seal("sk_test_secret", ["secret"], purpose=PURPOSE)
