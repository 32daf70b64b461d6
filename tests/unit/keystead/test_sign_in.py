"""Browser sign-in: requests, accepted responses and identities (RFC 8252, RFC 7636)."""

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


def test_the_authorization_url_has_the_challenge_and_not_the_verifier() -> None:
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


def test_parameters_are_appended_to_an_endpoint_without_a_query() -> None:
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
def test_only_a_response_with_the_state_is_accepted(
    brought: str, means: AuthorizationResponse | None
) -> None:
    assert parse_authorization_response(brought, ATTEMPT) == means


def test_the_revocation_form_names_a_refresh_token() -> None:
    fields = parse_qs(revocation_form(SERVER, "r&t").decode())
    assert fields == {
        "token": ["r&t"],
        "token_type_hint": ["refresh_token"],
        "client_id": ["app"],
    }


@given(st.text(max_size=200).filter(lambda text: "s3cret" not in text))
def test_random_queries_are_not_an_authorization_response(text: str) -> None:
    assert parse_authorization_response(query(code="c", state=text), ATTEMPT) is None


def test_the_verifier_is_sent_with_a_code_and_not_with_a_refresh_token() -> None:
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


def test_a_session_has_the_identity_of_its_access_token() -> None:
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
def test_an_access_token_that_is_not_a_jwt_has_no_identity(text: str) -> None:
    assert isinstance(session_identity(text, "crow"), SessionIdentity)
