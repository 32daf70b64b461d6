"""The request for the key manifest, and what a server may answer."""

from __future__ import annotations

import asyncio
import json

import pytest

from keystead_daemon.backends.client import Client
from keystead_daemon.backends.licenses import LicenseApi
from keystead_daemon.events import KeyManifestFailed, KeyManifestReceived
from keystead_daemon.httpx_transport import MAX_REPLY_BYTES, HttpxTransport
from keystead_daemon.refresh import request_key_manifest
from support.raw_server import Behaviour, raw_server, respond_with

PROBLEM = json.dumps(
    {"type": "about:blank", "title": "No", "status": 0, "code": "not_found", "requestId": "r"}
).encode()
PROBLEM_TYPE = "application/problem+json"


def requested(behave: Behaviour) -> tuple[KeyManifestReceived | KeyManifestFailed, bytes]:
    """Return the result of a request, and the head that the server received."""

    async def run(url: str) -> KeyManifestReceived | KeyManifestFailed:
        transport = HttpxTransport()
        client = Client(
            url, transport, random=bytes, proxy=lambda: "none", agent="test", product="nyra"
        )
        try:
            return await request_key_manifest(LicenseApi(client))
        finally:
            await transport.close()

    with raw_server(behave) as server:
        return asyncio.run(run(server.url)), server.requests[0]


def test_the_manifest_is_requested_without_credentials() -> None:
    found, head = requested(respond_with(b'{"manifest": "a.b.c", "note": 1}'))
    assert found == KeyManifestReceived("a.b.c")
    assert head.startswith(b"GET /api/license/keys HTTP/1.1")
    assert b"authorization" not in head.lower()
    assert b"dpop" not in head.lower()
    # The manifests of several products may be served at one address.
    assert b"keystead-product: nyra" in head.lower()


@pytest.mark.parametrize(
    ("body", "media_type"), [(PROBLEM, PROBLEM_TYPE), (b"<h1>Not found</h1>", "text/html")]
)
def test_a_backend_without_a_manifest_answers_404(body: bytes, media_type: str) -> None:
    behave = respond_with(body, status="404 Not Found", media_type=media_type)
    assert requested(behave)[0] == KeyManifestReceived(None)


@pytest.mark.parametrize(
    ("behave", "code"),
    [
        (respond_with(b"<h1>Sign in</h1>", media_type="text/html"), "not_the_backend"),
        (respond_with(b'{"manifest": 7}'), "not_the_backend"),
        (respond_with(b"{}"), "not_the_backend"),
        (respond_with(b" " * (MAX_REPLY_BYTES + 1)), "not_the_backend"),
        (respond_with(b"", status="302 Found", more="location: /x\r\n"), "not_the_backend"),
        (respond_with(b"", status="503 Service Unavailable"), "server_failing"),
        (
            respond_with(PROBLEM, status="403 Forbidden", media_type=PROBLEM_TYPE),
            "not_found",
        ),
        (lambda peer, _: peer.close(), "backend_unreachable"),
    ],
)
def test_any_other_answer_is_no_manifest(behave: Behaviour, code: str) -> None:
    found, _ = requested(behave)
    assert isinstance(found, KeyManifestFailed)
    assert found.code == code
