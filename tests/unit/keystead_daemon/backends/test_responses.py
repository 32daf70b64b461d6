"""Interpretation of a backend's responses, and of those of proxies and captive portals."""

from typing import Any

import msgspec
import pytest

from keystead.errors import BackendRefused, BackendUnreachable
from keystead.wire.nyra import DeactivateAnswer
from keystead_daemon.backends.responses import decode_body, interpret
from keystead_daemon.transport import HttpReply

PROBLEM = {
    "type": "urn:keystead:problem:device_limit",
    "title": "Too many devices",
    "status": 409,
    "code": "device_limit",
    "requestId": "r1",
    "detail": "3 of 3",
    "instance": "/x",
    "deviceLimit": 3,
}


def reply(
    status: int, body: object, media_type: str = "application/json", **headers: str
) -> HttpReply:
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpReply(status=status, headers={"content-type": media_type} | named, body=data)


def refused(answer: HttpReply) -> BackendRefused:
    with pytest.raises(BackendRefused) as error:
        interpret(answer, DeactivateAnswer)
    return error.value


def unreachable(answer: HttpReply) -> BackendUnreachable:
    with pytest.raises(BackendUnreachable) as error:
        interpret(answer, DeactivateAnswer)
    return error.value


@pytest.mark.parametrize("status", [200, 201, 299])
@pytest.mark.parametrize("media_type", ["application/json", " Application/JSON ; charset=utf-8"])
def test_a_successful_response_is_decoded(status: int, media_type: str) -> None:
    answer = interpret(reply(status, {"deactivated": True}, media_type), DeactivateAnswer)
    assert answer == DeactivateAnswer(deactivated=True)


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b"<html>Sign in to the network</html>", "text/html"),
        reply(200, {"deactivated": True}, "text/plain"),
        reply(200, b"not JSON"),
        reply(200, b"\xff"),
        reply(200, b"[" * 100_000),
        reply(200, {"deactivated": "yes"}),
        reply(199, {"deactivated": True}),
        reply(302, {"deactivated": True}),
        reply(399, PROBLEM),
        reply(404, b"<html>No such page</html>", "text/html"),
        reply(404, {"message": "another service"}),
        reply(404, b"{"),
        HttpReply(status=200, headers={}, body=b"{}"),
    ],
)
def test_a_response_that_is_not_from_the_billing_api_is_reported(answer: HttpReply) -> None:
    assert unreachable(answer).code == "not_the_backend"


@pytest.mark.parametrize("media_type", ["application/json", "application/problem+json"])
def test_a_problem_document_is_a_refusal_with_its_extension_members(media_type: str) -> None:
    error = refused(reply(409, PROBLEM, media_type, retry_after="7"))
    assert (error.status, error.code, error.retry_after_s) == (409, "device_limit", 7.0)
    assert error.extra == {"deviceLimit": 3}
    assert error.sentence == "Device limit reached."


def test_an_unknown_problem_code_becomes_backend_refused() -> None:
    error = refused(reply(400, PROBLEM | {"code": "brand_new"}))
    assert (error.code, error.sentence) == ("backend_refused", "The server refused the request.")


@pytest.mark.parametrize("status", [429, 500, 503, 599])
@pytest.mark.parametrize("body", [b"<html>", b"{}"])
def test_an_overloaded_or_broken_server_is_unreachable(status: int, body: bytes) -> None:
    error = unreachable(reply(status, body, retry_after="120"))
    assert (error.code, error.retry_after_s) == ("server_failing", 120.0)


def test_a_problem_document_with_a_5xx_status_is_not_a_refusal() -> None:
    error = unreachable(reply(500, PROBLEM | {"code": "internal_error"}, retry_after="1"))
    assert (error.code, error.retry_after_s) == ("server_failing", 1.0)
    assert refused(reply(499, PROBLEM)).code == "device_limit"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 30 ", 30.0),
        ("999999999", 86_400.0),
        ("1000000000", 86_400.0),
        ("Fri, 31 Dec 2027 23:59:59 GMT", 86_400.0),
        ("-1", 0.0),
        ("1.5", None),
        ("\u0663", None),
        ("", None),
    ],
)
def test_retry_after_is_at_most_a_day(text: str, seconds: float | None) -> None:
    assert refused(reply(409, PROBLEM, retry_after=text)).retry_after_s == seconds


def test_without_the_header_there_is_no_retry_after() -> None:
    assert refused(reply(409, PROBLEM)).retry_after_s is None


def test_a_body_is_decoded_for_any_status() -> None:
    kind: Any = dict[str, int]
    assert decode_body(reply(503, {"a": 1}), kind) == {"a": 1}
    assert decode_body(reply(503, {"a": "1"}), kind) is None
