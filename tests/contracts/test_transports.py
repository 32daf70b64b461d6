"""Contract of HTTP transports: in this process, and by the daemon's helper process."""

import asyncio
import base64
import gzip
import queue
import socket
import subprocess
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from keystead.errors import BackendUnreachable
from keystead_daemon import helpers, httpx_transport
from keystead_daemon.helper_transport import HelperTransport
from keystead_daemon.helpers.http import Call, frame
from keystead_daemon.httpx_transport import MAX_REPLY_BYTES, HttpxTransport
from keystead_daemon.retry_after import LONGEST_S, retry_after_s
from keystead_daemon.transport import HttpReply, HttpRequest, Transport
from support.profiles import NOWHERE
from support.raw_server import raw_server, respond_with, respond_with_bytes
from support.socks import socks_proxy
from support.tls_server import Authority, tls_server

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


@pytest.mark.parametrize("own", ["", "Date: Mon, 30 Nov 2026 12:00:00 GMT\r\n"])
def test_a_date_to_retry_after_comes_with_the_date_to_count_from(use: Use, own: str) -> None:
    more = f"{own}Retry-After: Fri, 31 Dec 2077 12:00:00 GMT\r\n"
    with raw_server(respond_with(b"{}", status="503 Busy", more=more)) as server:
        headers = fetched(use, server.url).headers
    assert retry_after_s(headers["retry-after"], headers["date"]) == LONGEST_S
    assert not own or headers["date"] in own


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
    ("proxy", "code"),
    [
        ("http://127.0.0.1:9", "proxy_failed"),
        ("socks5://127.0.0.1:9", "proxy_failed"),
        ("nonsense://x", "proxy_invalid"),
        ("http://[", "proxy_invalid"),
        ("http://keystead.invalid:3128", "proxy_not_found"),
        ("socks5://keystead.invalid", "proxy_not_found"),
        ("http://keystead.invalid/proxy.pac", "proxy_is_pac"),
        ("http://me:pass#word@keystead.invalid:3128", "proxy_password"),
    ],
)
def test_a_failing_proxy_is_reported(use: Use, proxy: str, code: str) -> None:
    with raw_server(respond_with(b"{}")) as server:
        assert failure(use, server.url, proxy=proxy) == code
        assert failure(use, "https://billing.invalid", proxy=proxy) == code
        assert server.requests == []


def test_a_proxy_that_wants_a_password_is_reported(use: Use) -> None:
    refusal = "407 Proxy Authentication Required"
    with raw_server(respond_with(b"", status=refusal)) as proxy:
        assert failure(use, "https://billing.invalid", proxy=proxy.url) == "proxy_login"
        assert failure(use, NOWHERE, proxy=proxy.url) == "proxy_login"


def test_credentials_of_a_proxy_are_decoded(use: Use) -> None:
    with raw_server(respond_with(b"{}")) as proxy:
        named = proxy.url.replace("http://", "http://me:p%23%40s@")
        assert fetched(use, NOWHERE, proxy=named).body == b"{}"
        expected = base64.b64encode(b"me:p#@s")
        assert b"proxy-authorization: basic " + expected.lower() in proxy.requests[0].lower()


@pytest.mark.parametrize(
    "excluded", ["billing.test", "[::1]", "::1/128,fe80::/10", "münchen.test", "\x00[::,*["]
)
def test_an_https_request_goes_through_the_environment_s_proxy_unless_excluded(
    use: Use, monkeypatch: pytest.MonkeyPatch, excluded: str
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with raw_server(respond_with(b"", status="403 Forbidden")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", excluded.replace("\x00", " "))
        assert failure(use, "https://billing.test", proxy="system") in {
            "proxy_failed",
            "backend_unreachable",
        }
        assert bool(proxy.requests) == (excluded != "billing.test")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_loopback_goes_through_a_proxy_only_where_the_user_names_it(
    use: Use, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with (
        raw_server(respond_with(b'"proxy"')) as proxy,
        raw_server(respond_with(b'"server"')) as server,
    ):
        monkeypatch.setenv(name, proxy.url)
        assert fetched(use, server.url, proxy="system").body == b'"server"'
        assert fetched(use, server.url, proxy="none").body == b'"server"'
        assert fetched(use, server.url, proxy=proxy.url).body == b'"proxy"'


def tls_failure(use: Use, url: str, *, proxy: str = "none") -> BackendUnreachable:
    with pytest.raises(BackendUnreachable) as failed:
        fetched(use, url, proxy=proxy)
    return failed.value


def test_a_valid_certificate_is_accepted(
    use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.roots))
    with tls_server(authority.server_context()) as server:
        assert fetched(use, server.url).body == b"{}"


@pytest.mark.parametrize(
    ("host", "lifetime_days", "code"),
    [
        ("127.0.0.1", (-9, -2), "tls_expired"),
        ("127.0.0.1", (2, 9), "tls_not_yet_valid"),
        ("other.test", (-1, 1), "tls_wrong_host"),
        ("127.0.0.2", (-1, 1), "tls_wrong_host"),
    ],
)
def test_an_invalid_certificate_is_reported_with_its_fault(
    use: Use,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    host: str,
    lifetime_days: tuple[int, int],
    code: str,
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.roots))
    with tls_server(authority.server_context(host, lifetime_days)) as server:
        failed = tls_failure(use, server.url)
        assert (failed.code, failed.values) == (code, {"host": "127.0.0.1"})
        assert server.requests == []


@pytest.mark.parametrize("through_proxy", [False, True])
def test_an_unknown_authority_is_named_and_nothing_is_sent_to_it(
    use: Use, tmp_path: Path, through_proxy: bool
) -> None:
    authority = Authority(tmp_path, "Zephyr Web Gateway")
    with socks_proxy() as proxy, tls_server(authority.server_context()) as server:
        named = f"socks5://{proxy.place}" if through_proxy else "none"
        failed = tls_failure(use, server.url, proxy=named)
        assert failed.code == "tls_unknown_issuer"
        assert failed.values == {"issuer": "Zephyr Web Gateway", "host": "127.0.0.1"}
        assert server.requests == []


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_missing_root_certificates_are_reported(
    use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, str(tmp_path / "missing"))
    with tls_server(Authority(tmp_path).server_context()) as server:
        failed = tls_failure(use, server.url)
        assert failed.code == "tls_roots_missing"
        assert failed.values == {"file": str(tmp_path / "missing")}


def test_root_certificates_that_are_no_certificates_are_reported(
    use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(broken))
    with tls_server(Authority(tmp_path).server_context()) as server:
        failed = tls_failure(use, server.url)
        assert (failed.code, failed.values) == ("tls_roots_invalid", {"file": str(broken)})


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


def test_a_helper_whose_daemon_is_gone_ends_without_a_traceback() -> None:
    read: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    respond = respond_with(b"{}")

    def behave(peer: socket.socket, head: bytes) -> None:
        respond(peer, head)
        # Ends when the helper has read the response and closes the connection.
        read.put(peer.recv(1))

    with raw_server(behave) as server:
        helper = subprocess.Popen(
            helpers.command("http"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert helper.stdin is not None
        assert helper.stdout is not None
        # As when a daemon is killed: nobody reads any more, while calls are still under way.
        helper.stdout.close()
        helper.stdout = None
        for call_id in range(3):
            helper.stdin.write(frame(Call(call_id, get(server.url), "none")))
            helper.stdin.flush()
            assert read.get(timeout=60) == b""
        _, said = helper.communicate(timeout=60)
    assert (helper.returncode, said) == (0, b"")
