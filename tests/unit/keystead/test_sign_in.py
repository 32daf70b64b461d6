"""Signing in, as values: what is sent out, and what may come back (RFC 8252, RFC 7636)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.encoding import b64u_encode
from keystead.sign_in import (
    AuthorizationResponse,
    AuthorizationServer,
    SessionIdentity,
    SignInAttempt,
    authorization_code_form,
    authorization_url,
    parse_authorization_response,
    refresh_form,
    revocation_form,
    session_identity,
)

SERVER = AuthorizationServer(
    authorize="https://auth.example/go?api=crow", token="https://auth.example/t", client_id="app"
)
# The verifier and its challenge are those of RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
ATTEMPT = SignInAttempt(verifier=VERIFIER, state="s3cret", redirect_uri="http://127.0.0.1:5/x")


def query(**fields: str) -> str:
    return urlencode(fields)


def test_the_browser_is_sent_with_a_challenge_and_never_with_the_verifier() -> None:
    address = authorization_url(SERVER, ATTEMPT)
    assert VERIFIER not in address
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked == {
        "api": "crow",
        "response_type": "code",
        "client_id": "app",
        "redirect_uri": "http://127.0.0.1:5/x",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": "s3cret",
    }


def test_an_endpoint_without_a_query_gets_one() -> None:
    plain = msgspec.structs.replace(SERVER, authorize="https://auth.example/go")
    assert authorization_url(plain, ATTEMPT).startswith(
        "https://auth.example/go?response_type=code&"
    )


@pytest.mark.parametrize(
    ("brought", "means"),
    [
        (query(code="c", state="s3cret"), AuthorizationResponse(grant="c")),
        (
            query(error="access_denied", state="s3cret"),
            AuthorizationResponse(code="sign_in_denied"),
        ),
        (query(error="server_error", state="s3cret"), AuthorizationResponse(code="sign_in_failed")),
        (query(state="s3cret"), AuthorizationResponse(code="sign_in_failed")),
        (query(code="c", state="guessed"), None),
        (query(code="c"), None),
        (query(error="access_denied"), None),
        ("code=c&state=s3cret&state=s3cret", None),
        ("", None),
    ],
)
def test_only_who_knows_the_state_says_anything(
    brought: str, means: AuthorizationResponse | None
) -> None:
    assert parse_authorization_response(brought, ATTEMPT) == means


def test_what_is_revoked_is_the_refresh_token_by_name() -> None:
    fields = parse_qs(revocation_form(SERVER, "r&t").decode())
    assert fields == {
        "token": ["r&t"],
        "token_type_hint": ["refresh_token"],
        "client_id": ["app"],
    }


@given(st.text(max_size=200).filter(lambda text: "s3cret" not in text))
def test_nothing_that_a_stranger_sends_is_an_answer(text: str) -> None:
    assert parse_authorization_response(query(code="c", state=text), ATTEMPT) is None


def test_a_code_is_exchanged_with_the_verifier_and_a_refresh_token_without() -> None:
    form = parse_qs(authorization_code_form(SERVER, ATTEMPT, "c&d").decode())
    assert form == {
        "grant_type": ["authorization_code"],
        "code": ["c&d"],
        "redirect_uri": ["http://127.0.0.1:5/x"],
        "client_id": ["app"],
        "code_verifier": [VERIFIER],
    }
    assert parse_qs(refresh_form(SERVER, "r").decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["r"],
        "client_id": ["app"],
    }


def token(**claims: object) -> str:
    return f"e30.{b64u_encode(msgspec.json.encode(claims))}.sig"


def test_a_session_says_who_it_is_for() -> None:
    assert session_identity(token(sub="Ada", organizationId="acme"), "crow") == SessionIdentity(
        "Ada", "acme"
    )
    assert session_identity(
        token(sub="Ada", tenantId="acme"), "mission-control"
    ) == SessionIdentity("Ada", "acme")
    assert session_identity(token(sub="Ada", tenantId="acme"), "crow") == SessionIdentity(
        "Ada", None
    )
    assert session_identity(token(sub="A\nda", organizationId=7), "crow") == SessionIdentity()


@given(st.text(max_size=100))
def test_a_session_that_is_no_jwt_says_nothing(text: str) -> None:
    assert isinstance(session_identity(text, "crow"), SessionIdentity)
