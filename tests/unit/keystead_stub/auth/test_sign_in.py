"""Sign-in in the browser: loopback redirect, PKCE, and refresh tokens."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from keystead.wire.sign_in import AUTHORIZE, CLIENT_ID, REVOKE, TOKEN, challenge_of
from keystead_stub.in_process import BillingStub

REDIRECT = "http://127.0.0.1:49152/signed-in"
STATUS = "/mission-control/api/billing/status"


class SignIn:
    """One sign-in, by a native app and a person in the browser."""

    def __init__(self, http: httpx.Client, **changes: str) -> None:
        self.http = http
        self.verifier = secrets.token_urlsafe(32)
        self.query = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            "state": "s t&te",
            "api": "mission-control",
        } | changes

    def page(self) -> httpx.Response:
        return self.http.get(AUTHORIZE, params=self.query)

    def answer(self, **fields: str) -> httpx.Response:
        token = self.page().text.partition('name="token" value="')[2].partition('"')[0]
        form = {"token": token, "subject": "Ada", "account": "acme", "action": "allow"} | fields
        return self.http.post(AUTHORIZE, params=self.query, data=form)

    def sent_to(self, **fields: str) -> dict[str, str]:
        answer = self.answer(**fields)
        assert answer.status_code == 303, answer.text
        location = answer.headers["location"]
        assert location.startswith(REDIRECT + "?")
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def redeem(self, code: str, **changes: str) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
        } | changes
        return self.http.post(TOKEN, data=form)

    def tokens(self, **fields: str) -> dict[str, Any]:
        answer = self.redeem(self.sent_to(**fields)["code"])
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def renew(http: httpx.Client, token: str) -> httpx.Response:
    return http.post(TOKEN, data={"grant_type": "refresh_token", "refresh_token": token})


def test_signing_in_issues_a_valid_session(http: httpx.Client) -> None:
    tokens = SignIn(http).tokens()
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert http.get(STATUS, headers=bearer(tokens)).json()["plan"] == "free"


def test_the_redirect_carries_the_state_and_is_not_cached(http: httpx.Client) -> None:
    attempt = SignIn(http)
    sent = attempt.sent_to()
    assert sent["state"] == "s t&te"
    assert attempt.redeem(sent["code"]).headers["cache-control"] == "no-store"


def test_declining_redirects_without_a_code(http: httpx.Client) -> None:
    assert SignIn(http).sent_to(action="deny") == {"error": "access_denied", "state": "s t&te"}


def test_an_account_can_sign_in_before_it_is_connected_to_stripe(http: httpx.Client) -> None:
    plans = "/dashclicks/v1/billing/plans"
    unconnected = SignIn(http, api="dashclicks")
    assert "Sign in without a Stripe account" in unconnected.page().text
    refused_answer = http.get(plans, headers=bearer(unconnected.tokens(action="allow_unconnected")))
    assert (refused_answer.status_code, refused_answer.json()["code"]) == (
        403,
        "stripe_not_connected",
    )
    connected = SignIn(http, api="dashclicks").tokens()
    assert http.get(plans, headers=bearer(connected)).status_code == 200
    assert "Stripe account" not in SignIn(http).page().text


def test_the_sign_in_form_is_shown_again_with_its_missing_fields(http: httpx.Client) -> None:
    answer = SignIn(http).answer(subject=" ")
    assert answer.status_code == 400
    assert "Write your name" in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://localhost.evil.example:1/"},
        {"redirect_uri": "http://127.0.0.1/"},
        {"redirect_uri": "http://user@127.0.0.1:80/"},
        {"redirect_uri": "http://127.0.0.1:99999/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": ""},
        {"client_id": "somebody"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"api": "nyra"},
    ],
)
def test_an_invalid_authorization_request_is_not_redirected(
    http: httpx.Client, changes: dict[str, str]
) -> None:
    answer = SignIn(http, **changes).page()
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "<form" not in answer.text


def test_a_sign_in_form_approves_only_its_own_request(http: httpx.Client) -> None:
    mine, theirs = SignIn(http), SignIn(http)
    token = mine.page().text.partition('name="token" value="')[2].partition('"')[0]
    assert theirs.answer(token=token).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": ""},
        {"redirect_uri": "http://127.0.0.1:49153/signed-in"},
        {"client_id": "somebody"},
    ],
)
def test_a_code_needs_its_verifier_client_and_redirect_uri(
    http: httpx.Client, changes: dict[str, str]
) -> None:
    attempt = SignIn(http)
    answer = attempt.redeem(attempt.sent_to()["code"], **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_an_unknown_code_is_refused(http: httpx.Client) -> None:
    assert SignIn(http).redeem("guessed").json()["error"] == "invalid_grant"


def test_an_authorization_code_expires_after_a_minute(
    http: httpx.Client, billing_stub: BillingStub
) -> None:
    attempt = SignIn(http)
    code = attempt.sent_to()["code"]
    billing_stub.clock.advance(minutes=1)
    assert attempt.redeem(code).json()["error"] == "invalid_grant"


def test_using_a_code_twice_revokes_its_tokens(http: httpx.Client) -> None:
    attempt = SignIn(http)
    code = attempt.sent_to()["code"]
    tokens = attempt.redeem(code).json()
    assert attempt.redeem(code).json()["error"] == "invalid_grant"
    assert renew(http, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_token_renews_an_expired_session(
    http: httpx.Client, billing_stub: BillingStub
) -> None:
    tokens = SignIn(http).tokens()
    billing_stub.clock.advance(hours=1)
    assert http.get(STATUS, headers=bearer(tokens)).status_code == 401
    renewed = renew(http, tokens["refresh_token"]).json()
    assert http.get(STATUS, headers=bearer(renewed)).status_code == 200


def test_using_a_refresh_token_twice_revokes_the_sign_in(http: httpx.Client) -> None:
    stolen = SignIn(http).tokens()["refresh_token"]
    renewed = renew(http, stolen).json()["refresh_token"]
    assert renew(http, stolen).json()["error"] == "invalid_grant"
    assert renew(http, renewed).json()["error"] == "invalid_grant"


def test_other_grant_types_are_refused(http: httpx.Client) -> None:
    answer = http.post(TOKEN, data={"grant_type": "password", "username": "ada"})
    assert answer.json()["error"] == "unsupported_grant_type"


def revoke(http: httpx.Client, ours: str, **changes: str) -> httpx.Response:
    form = {"token": ours, "token_type_hint": "refresh_token", "client_id": CLIENT_ID}
    return http.post(REVOKE, data=form | changes)


def test_a_revoked_sign_in_issues_no_more_tokens(http: httpx.Client) -> None:
    attempt, other = SignIn(http), SignIn(http).tokens()
    code = attempt.sent_to()["code"]
    first = attempt.redeem(code).json()["refresh_token"]
    second = renew(http, first).json()["refresh_token"]
    answer = revoke(http, second)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    for token in (first, second):
        assert renew(http, token).json()["error"] == "invalid_grant"
    assert attempt.redeem(code).json()["error"] == "invalid_grant"
    assert renew(http, other["refresh_token"]).status_code == 200


def test_revoking_a_replaced_token_revokes_its_sign_in(http: httpx.Client) -> None:
    first = SignIn(http).tokens()["refresh_token"]
    second = renew(http, first).json()["refresh_token"]
    assert revoke(http, first, token_type_hint="a_hint_of_the_future").status_code == 200
    assert renew(http, second).json()["error"] == "invalid_grant"


def test_revoking_an_unknown_token_succeeds(http: httpx.Client) -> None:
    token = SignIn(http).tokens()["refresh_token"]
    assert [revoke(http, one).status_code for one in (token, token, "guessed")] == [200] * 3


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"token": ""}, "invalid_request"),
        ({"token": "header.claims.signature"}, "unsupported_token_type"),
        ({"client_id": "somebody"}, "invalid_client"),
    ],
)
def test_revoking_a_session_is_refused_and_revokes_nothing(
    http: httpx.Client, changes: dict[str, str], error: str
) -> None:
    token = SignIn(http).tokens()["refresh_token"]
    answer = revoke(http, token, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert renew(http, token).status_code == 200
