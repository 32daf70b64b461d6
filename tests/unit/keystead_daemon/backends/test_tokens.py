"""Responses of a token endpoint (RFC 6749 §5)."""

import msgspec
import pytest

from keystead.errors import BackendRefused, BackendUnreachable, KeysteadError
from keystead_daemon.backends.tokens import tokens_in
from keystead_daemon.transport import HttpReply

TOKENS = {"access_token": "a", "token_type": "Bearer", "expires_in": 3600}


def reply(status: int, body: object) -> HttpReply:
    headers = {"content-type": "application/json"}
    return HttpReply(status=status, headers=headers, body=msgspec.json.encode(body))


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER"])
def test_bearer_tokens_are_returned(token_type: str) -> None:
    tokens = tokens_in(reply(200, TOKENS | {"token_type": token_type}))
    assert (tokens.access_token, tokens.expires_in, tokens.refresh_token) == ("a", 3600, None)


@pytest.mark.parametrize("status", [400, 401, 499])
def test_an_error_of_the_token_endpoint_is_a_refusal(status: int) -> None:
    with pytest.raises(BackendRefused) as refused:
        tokens_in(reply(status, {"error": "invalid_grant"}))
    assert (refused.value.status, refused.value.code) == (status, "sign_in_failed")


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, TOKENS | {"token_type": "DPoP"}),
        reply(200, {"access_token": "a"}),
        reply(201, TOKENS),
        reply(400, {"message": "another service"}),
        reply(399, {"error": "invalid_grant"}),
        reply(500, {"error": "server_error"}),
    ],
)
def test_any_other_response_is_not_from_the_token_endpoint(answer: HttpReply) -> None:
    with pytest.raises(KeysteadError) as error:
        tokens_in(answer)
    assert isinstance(error.value, BackendUnreachable)
    assert error.value.code == "not_the_backend"
