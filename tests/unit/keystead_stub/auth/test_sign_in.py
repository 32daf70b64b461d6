"""Signing in through the browser: loopback redirect, PKCE, and tokens that are renewed."""

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
    """One sign-in, as a native app and the person at its browser do it."""

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


def test_a_person_signs_in_and_the_session_is_good(http: httpx.Client) -> None:
    tokens = SignIn(http).tokens()
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert http.get(STATUS, headers=bearer(tokens)).json()["plan"] == "free"


def test_the_answer_carries_the_state_and_is_kept_by_nobody(http: httpx.Client) -> None:
    attempt = SignIn(http)
    sent = attempt.sent_to()
    assert sent["state"] == "s t&te"
    assert attempt.redeem(sent["code"]).headers["cache-control"] == "no-store"


def test_who_does_not_want_to_is_sent_back_without_a_code(http: httpx.Client) -> None:
    assert SignIn(http).sent_to(action="deny") == {"error": "access_denied", "state": "s t&te"}


def test_who_sells_can_be_seen_before_they_have_a_stripe_account(http: httpx.Client) -> None:
    plans = "/dashclicks/v1/billing/plans"
    unconnected = SignIn(http, api="dashclicks")
    assert "Sign in without a Stripe account" in unconnected.page().text
    told = http.get(plans, headers=bearer(unconnected.tokens(action="allow_unconnected")))
    assert (told.status_code, told.json()["code"]) == (403, "stripe_not_connected")
    connected = SignIn(http, api="dashclicks").tokens()
    assert http.get(plans, headers=bearer(connected)).status_code == 200
    assert "Stripe account" not in SignIn(http).page().text


def test_the_page_asks_again_for_what_is_missing(http: httpx.Client) -> None:
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
def test_a_bad_request_is_answered_here_and_nowhere_else(
    http: httpx.Client, changes: dict[str, str]
) -> None:
    answer = SignIn(http, **changes).page()
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "<form" not in answer.text


def test_a_form_is_good_for_its_own_request_only(http: httpx.Client) -> None:
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
def test_a_code_is_for_the_one_who_asked(http: httpx.Client, changes: dict[str, str]) -> None:
    attempt = SignIn(http)
    answer = attempt.redeem(attempt.sent_to()["code"], **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_guessed_code_is_none(http: httpx.Client) -> None:
    assert SignIn(http).redeem("guessed").json()["error"] == "invalid_grant"


def test_a_code_lasts_a_minute(http: httpx.Client, billing_stub: BillingStub) -> None:
    attempt = SignIn(http)
    code = attempt.sent_to()["code"]
    billing_stub.clock.advance(minutes=1)
    assert attempt.redeem(code).json()["error"] == "invalid_grant"


def test_a_code_that_comes_twice_ends_what_came_of_it(http: httpx.Client) -> None:
    attempt = SignIn(http)
    code = attempt.sent_to()["code"]
    tokens = attempt.redeem(code).json()
    assert attempt.redeem(code).json()["error"] == "invalid_grant"
    assert renew(http, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_session_ends_and_is_renewed(http: httpx.Client, billing_stub: BillingStub) -> None:
    tokens = SignIn(http).tokens()
    billing_stub.clock.advance(hours=1)
    assert http.get(STATUS, headers=bearer(tokens)).status_code == 401
    renewed = renew(http, tokens["refresh_token"]).json()
    assert http.get(STATUS, headers=bearer(renewed)).status_code == 200


def test_a_refresh_token_that_comes_twice_ends_the_sign_in(http: httpx.Client) -> None:
    stolen = SignIn(http).tokens()["refresh_token"]
    renewed = renew(http, stolen).json()["refresh_token"]
    assert renew(http, stolen).json()["error"] == "invalid_grant"
    assert renew(http, renewed).json()["error"] == "invalid_grant"


def test_there_is_no_other_grant(http: httpx.Client) -> None:
    answer = http.post(TOKEN, data={"grant_type": "password", "username": "ada"})
    assert answer.json()["error"] == "unsupported_grant_type"


def revoke(http: httpx.Client, ours: str, **changes: str) -> httpx.Response:
    form = {"token": ours, "token_type_hint": "refresh_token", "client_id": CLIENT_ID}
    return http.post(REVOKE, data=form | changes)


def test_a_revoked_sign_in_gives_no_tokens_any_more(http: httpx.Client) -> None:
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


def test_a_token_that_was_replaced_still_ends_what_it_came_from(http: httpx.Client) -> None:
    first = SignIn(http).tokens()["refresh_token"]
    second = renew(http, first).json()["refresh_token"]
    assert revoke(http, first, token_type_hint="a_hint_of_the_future").status_code == 200
    assert renew(http, second).json()["error"] == "invalid_grant"


def test_what_is_no_token_is_as_good_as_revoked(http: httpx.Client) -> None:
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
def test_what_cannot_be_revoked_is_refused_and_ends_nothing(
    http: httpx.Client, changes: dict[str, str], error: str
) -> None:
    token = SignIn(http).tokens()["refresh_token"]
    answer = revoke(http, token, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert renew(http, token).status_code == 200
