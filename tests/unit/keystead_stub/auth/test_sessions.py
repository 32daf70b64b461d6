"""Sessions at the billing APIs: valid ones are accepted, all others refused."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidDocument
from keystead.wire.sign_in import ACCOUNT_CLAIMS
from keystead_stub.auth.sessions import Session, issue_session, issuer_of, read_session
from keystead_stub.settings import Settings

SECRET = "a secret of at least thirty-two bytes"
NOW = 1_700_000_000
ADA = Session(api="crow", account_id="acme", subject="ada")
CLAIMS: dict[str, Any] = {"sub": "ada", "organizationId": "acme", "exp": NOW + 60}


def read(compact: str, *, api: str = "crow", secret: str = SECRET, now_s: int = NOW) -> Session:
    return read_session(compact, api, secret, now_s=now_s)


@pytest.mark.parametrize("api", ACCOUNT_CLAIMS)
def test_the_claims_of_an_issued_session_are_read_back(api: str) -> None:
    session = Session(api=api, account_id="acme", subject="ada")
    compact = issue_session(session, SECRET, now_s=NOW, lasts_s=60)
    assert read(compact, api=api) == session


def test_a_session_expires_at_its_exp_claim() -> None:
    compact = issue_session(ADA, SECRET, now_s=NOW, lasts_s=60)
    assert read(compact, now_s=NOW + 59) == ADA
    with pytest.raises(InvalidDocument, match="Invalid session"):
        read(compact, now_s=NOW + 60)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": 10**15},
        {"nbf": float("-inf")},
        {"nbf": NOW + 1},
        {"organizationId": None},
        {"organizationId": ""},
        {"organizationId": ["acme"]},
        {"organizationId": "a\nb"},
        {"sub": None},
        {"tenantId": "acme", "organizationId": None},
    ],
)
def test_sessions_with_invalid_claims_are_refused(changes: dict[str, Any]) -> None:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    with pytest.raises(InvalidDocument):
        read(jwt.encode(claims, SECRET, algorithm="HS256"))


def test_sessions_signed_by_another_secret_or_algorithm_are_refused() -> None:
    for compact in (
        jwt.encode(CLAIMS, SECRET + "!", algorithm="HS256"),
        jwt.encode(CLAIMS, SECRET * 2, algorithm="HS512"),
        jwt.encode(CLAIMS, "", algorithm="none"),
    ):
        with pytest.raises(InvalidDocument):
            read(compact)


@given(st.text(max_size=200))
def test_malformed_sessions_are_refused(noise: str) -> None:
    with pytest.raises(InvalidDocument):
        read(noise)


def test_a_session_of_another_issuer_is_refused() -> None:
    def issued(issuer: str | None) -> str:
        return issue_session(ADA, SECRET, now_s=NOW, lasts_s=60, issuer=issuer)

    auth = "https://auth.example"
    for issuer in (auth, None):
        assert read_session(issued(issuer), "crow", SECRET, now_s=NOW, issuer=auth) == ADA
        assert read_session(issued(issuer), "crow", SECRET, now_s=NOW) == ADA
    with pytest.raises(InvalidDocument):
        read_session(issued("https://evil.example"), "crow", SECRET, now_s=NOW, issuer=auth)


def test_only_sessions_of_crow_have_the_auth_service_as_issuer() -> None:
    settings = Settings(auth_service_url="https://auth.example")
    assert issuer_of(settings, "crow") == "https://auth.example"
    assert issuer_of(settings, "mission-control") is None
    assert issuer_of(Settings(), "crow") is None
