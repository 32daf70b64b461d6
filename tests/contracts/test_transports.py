"""Contract of HTTP transports: in this process, and by the daemon's helper process."""

import asyncio
import gzip
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from keystead.errors import BackendUnreachable
from keystead_daemon import helpers, httpx_transport
from keystead_daemon.helper_transport import HelperTransport
from keystead_daemon.httpx_transport import MAX_REPLY_BYTES, HttpxTransport
from keystead_daemon.transport import HttpReply, HttpRequest, Transport
from support.profiles import NOWHERE
from support.raw_server import raw_server, respond_with, respond_with_bytes

Use = Callable[[Callable[[Transport], Coroutine[Any, Any, Any]]], Any]


@pytest.fixture(params=["httpx", "helper"])
def use(request: pytest.FixtureRequest) -> Use:
    """Return a function that runs a coroutine with a transport and then closes it."""

    def run(work: Callable[[Transport], Coroutine[Any, Any, Any]]) -> Any:
        async def around() -> Any:
            transport: Transport = (
                HttpxTransport()
                if request.param == "httpx"
                else HelperTransport(helpers.command("http"))
            )
            try:
                return await work(transport)
            finally:
                await transport.close()

        return asyncio.run(around())

    return run


def get(url: str, **headers: str) -> HttpRequest:
    return HttpRequest(method="GET", url=url, headers={"accept": "application/json", **headers})


def fetched(use: Use, url: str, *, proxy: str = "none") -> HttpReply:
    reply: HttpReply = use(lambda transport: transport.send(get(url), proxy=proxy))
    return reply


def failure(use: Use, url: str, *, proxy: str = "none") -> str:
    with pytest.raises(BackendUnreachable) as failed:
        fetched(use, url, proxy=proxy)
    assert url not in failed.value.sentence
    return failed.value.code


def test_a_response_has_the_headers_that_the_daemon_reads(use: Use) -> None:
    more = "Retry-After: 7\r\nDPoP-Nonce: n\r\nSet-Cookie: a=b\r\n"
    with raw_server(respond_with(b"{}", status="503 Busy", more=more)) as server:
        reply = fetched(use, server.url)
    assert (reply.status, reply.body) == (503, b"{}")
    assert reply.headers == {
        "content-type": "application/json",
        "retry-after": "7",
        "dpop-nonce": "n",
    }


def test_a_request_arrives_unchanged(use: Use) -> None:
    with raw_server(respond_with(b"{}")) as server:
        request = HttpRequest(
            method="POST", url=f"{server.url}/a?b=c", headers={"x-a": "b"}, body=b'{"c":1}'
        )
        use(lambda transport: transport.send(request, proxy="none"))
        head = server.requests[0]
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert b"x-a: b\r\n" in head
    assert b"accept-encoding: identity\r\n" in head.lower()


def test_concurrent_requests_get_their_own_responses(use: Use) -> None:
    async def both(transport: Transport) -> list[HttpReply]:
        with raw_server(respond_with(b"1")) as one, raw_server(respond_with(b"2")) as two:
            return await asyncio.gather(
                *(transport.send(get(url), proxy="none") for url in (one.url, two.url) * 3)
            )

    assert [reply.body for reply in use(both)] == [b"1", b"2"] * 3


def test_redirects_are_not_followed(use: Use) -> None:
    with raw_server(
        respond_with(b"", status="302 Found", more=f"Location: {NOWHERE}\r\n")
    ) as server:
        assert fetched(use, server.url).status == 302
        assert len(server.requests) == 1


def test_compressed_bodies_are_not_decoded(use: Use) -> None:
    packed = gzip.compress(bytes(100_000_000))
    with raw_server(respond_with(packed, more="Content-Encoding: gzip\r\n")) as server:
        assert fetched(use, server.url).body == packed


def test_a_refused_connection_is_reported(use: Use) -> None:
    assert failure(use, NOWHERE) == "backend_unreachable"


def test_an_unknown_host_is_reported(use: Use) -> None:
    assert failure(use, "http://keystead.invalid") == "backend_unreachable"


def test_a_dropped_connection_is_reported(use: Use) -> None:
    with raw_server(lambda peer, _: None) as server:
        assert failure(use, server.url) == "backend_unreachable"


@pytest.mark.parametrize(
    "said",
    [
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a" * 200_000,
    ],
)
def test_a_response_that_is_not_http_is_reported(use: Use, said: bytes) -> None:
    with raw_server(respond_with_bytes(said)) as server:
        assert failure(use, server.url) in {"backend_unreachable", "not_the_backend"}


def test_an_oversized_response_is_not_read_to_its_end(use: Use) -> None:
    def flood(peer: socket.socket, _: bytes) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        for _number in range(1000):
            peer.sendall(bytes(MAX_REPLY_BYTES // 8))

    with raw_server(flood) as server:
        assert failure(use, server.url) == "not_the_backend"


def test_a_server_without_tls_is_reported(use: Use) -> None:
    with raw_server(respond_with(b"{}")) as server:
        assert failure(use, server.url.replace("http:", "https:")) == "tls_failed"


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "nonsense://x", "http://["]
)
def test_a_failing_proxy_is_reported(use: Use, proxy: str) -> None:
    with raw_server(respond_with(b"{}")) as server:
        assert failure(use, server.url, proxy=proxy) in {"backend_unreachable", "proxy_failed"}


def test_the_proxy_setting_overrides_the_environment(
    use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        raw_server(respond_with(b'"proxy"')) as proxy,
        raw_server(respond_with(b'"server"')) as server,
    ):
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert fetched(use, server.url, proxy="system").body == b'"proxy"'
        assert fetched(use, server.url, proxy="none").body == b'"server"'
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert fetched(use, server.url, proxy="system").body == b'"server"'


def test_a_silent_server_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx_transport, "EXCHANGE_S", 0.1)
    done = socket.socketpair()

    def silent(peer: socket.socket, _: bytes) -> None:
        done[0].recv(1)

    async def work() -> None:
        transport = HttpxTransport()
        with pytest.raises(BackendUnreachable) as failed:
            await transport.send(get(server.url), proxy="none")
        await transport.close()
        assert failed.value.code == "timeout"

    with done[0], done[1], raw_server(silent) as server:
        asyncio.run(work())
        done[1].send(b"x")


def test_a_helper_that_fails_or_dies_is_reported() -> None:
    async def work(command: tuple[str, ...]) -> str:
        transport = HelperTransport(command)
        with pytest.raises(BackendUnreachable) as failed:
            await transport.send(get(NOWHERE), proxy="none")
        await transport.close()
        return failed.value.code

    for command in (
        ("/nonexistent",),
        ("true",),
        ("sh", "-c", "head -c 4 >/dev/null; echo xxxxxx"),
    ):
        assert asyncio.run(work(command)) == "helper_failed"


def test_an_idle_helper_exits_and_is_started_again() -> None:
    async def work(url: str) -> None:
        transport = HelperTransport(helpers.command("http"), idle_s=0.0)
        assert (await transport.send(get(url), proxy="none")).body == b"{}"
        helper = transport._running
        assert helper is not None
        await helper._process.wait()
        assert (await transport.send(get(url), proxy="none")).body == b"{}"
        await transport.close()

    with raw_server(respond_with(b"{}")) as server:
        asyncio.run(work(server.url))
