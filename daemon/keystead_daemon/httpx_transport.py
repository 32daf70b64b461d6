"""HTTP by httpx. Every failure of httpx becomes a BackendUnreachable here and nowhere else.

| code                  | what happened                                                   |
| --------------------- | --------------------------------------------------------------- |
| `backend_unreachable` | no route, unknown host, refused, or closed by the server        |
| `timeout`             | no response in time                                             |
| `tls_…`               | see `keystead_daemon.tls_diagnosis`                             |
| `proxy_not_found`     | the proxy's host name is unknown                                |
| `proxy_login`         | the proxy requires a user name and password, or others          |
| `proxy_failed`        | the proxy can't be reached, or it refused                       |
| `proxy_…`             | see `keystead.proxy_address`: its address is invalid            |
| `not_the_backend`     | a malformed or oversized response                               |

Redirects are not followed: the billing API sends none.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import sys
from collections.abc import Iterator
from email.utils import formatdate
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from keystead.errors import BackendUnreachable, InvalidInput
from keystead.loopback import is_loopback
from keystead.proxy_address import Proxy, parse_proxy
from keystead_daemon.proxies import names_a_proxy, proxy_from_environment
from keystead_daemon.retry_after import is_seconds
from keystead_daemon.tls_diagnosis import diagnose
from keystead_daemon.transport import HttpReply, HttpRequest

E = TypeVar("E", bound=BaseException)

CONNECT_S = 5.0
#: Between two chunks of a response, and for a whole exchange.
READ_S = 15.0
EXCHANGE_S = 30.0
MAX_REPLY_BYTES = 256 * 1024
READ_HEADERS = ("content-type", "retry-after", "dpop-nonce")

#: Elsewhere the environment is all there is.
_SYSTEM_HAS_PROXIES = sys.platform in {"darwin", "win32"}

SYSTEM_PROXY = "system"
NO_PROXY = "none"


class HttpxTransport:
    """Keeps one client per proxy, created when first needed because it costs 20 ms."""

    def __init__(self) -> None:
        self._clients: dict[Proxy | None, httpx.AsyncClient] = {}

    async def send(self, request: HttpRequest, *, proxy: str = SYSTEM_PROXY) -> HttpReply:
        """Return the reply. Raises BackendUnreachable with a code of the table above."""
        try:
            through = _resolved(request.url, proxy)
            async with asyncio.timeout(EXCHANGE_S):
                return await self._exchange(request, through)
        except InvalidInput as error:
            raise BackendUnreachable(error.sentence, code=error.code) from None
        except (TimeoutError, httpx.TimeoutException):
            raise BackendUnreachable("The server didn't respond in time.", code="timeout") from None
        except httpx.ProxyError as error:
            raise _proxy_refused(str(error)) from None
        except httpx.RemoteProtocolError as error:
            if _closed_early(error):
                raise BackendUnreachable(
                    "The server closed the connection.", code="backend_unreachable"
                ) from None
            raise _not_the_backend() from None
        except (httpx.DecodingError, httpx.TooManyRedirects):
            raise _not_the_backend() from None
        except (httpx.HTTPError, OSError) as error:
            raise await _connection_failed(error, request.url, through) from None
        except (httpx.InvalidURL, ValueError):
            raise BackendUnreachable("The address isn't valid.", code="proxy_invalid") from None

    async def close(self) -> None:
        clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            await client.aclose()

    async def _exchange(self, request: HttpRequest, proxy: Proxy | None) -> HttpReply:
        client = self._client(proxy)
        # No decompression: a small response could expand to a huge one.
        headers = {**request.headers, "accept-encoding": "identity"}
        async with client.stream(
            request.method, request.url, headers=headers, content=request.body
        ) as answer:
            if answer.status_code == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
                raise _proxy_refused(str(answer.status_code))
            body = bytearray()
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > MAX_REPLY_BYTES:
                    raise _not_the_backend()
            headers = _read_headers(answer.headers)
            return HttpReply(status=answer.status_code, headers=headers, body=bytes(body))

    def _client(self, proxy: Proxy | None) -> httpx.AsyncClient:
        if proxy not in self._clients:
            self._clients[proxy] = _new_client(proxy, _trusted_roots())
        return self._clients[proxy]


def _read_headers(given: httpx.Headers) -> dict[str, str]:
    read = {name: given[name] for name in READ_HEADERS if name in given}
    if not is_seconds(read.get("retry-after", "0")):
        # The date to count from; a recipient adds a missing one (RFC 9110 §6.6.1).
        read["date"] = given.get("date") or formatdate(usegmt=True)
    return read


def _new_client(proxy: Proxy | None, roots: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
        # Proxies are decided here, and a password in ~/.netrc is not for the billing service.
        trust_env=False,
        proxy=None if proxy is None else _httpx_proxy(proxy),
        verify=roots,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=8, keepalive_expiry=30.0),
    )


def _httpx_proxy(proxy: Proxy) -> httpx.Proxy:
    credentials = (proxy.username, proxy.password or "") if proxy.username is not None else None
    secure = proxy.url.startswith("https:")
    return httpx.Proxy(
        proxy.url, auth=credentials, ssl_context=_trusted_roots() if secure else None
    )


def _resolved(url: str, proxy: str) -> Proxy | None:
    """Return the proxy for a URL by the user's setting. Raises InvalidInput.

    A proxy that the user names is used for every address; that of the system not on loopback.
    """
    named = _system_proxy(url) if proxy == SYSTEM_PROXY else proxy
    return None if named is None or named == NO_PROXY else parse_proxy(named)


def _system_proxy(url: str) -> str | None:
    if not _SYSTEM_HAS_PROXIES or names_a_proxy(os.environ):
        return proxy_from_environment(url, os.environ)
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)


async def _connection_failed(
    error: httpx.HTTPError | OSError, url: str, proxy: Proxy | None
) -> BackendUnreachable:
    host = httpx.URL(url).host
    if (tls := _cause(error, ssl.SSLError)) is not None:
        return await diagnose(
            tls,
            host=host,
            environ=os.environ,
            certificate=lambda: _presented_certificate(url, proxy),
        )
    if proxy is not None and isinstance(error, httpx.ConnectError):
        values = {"proxy": httpx.URL(proxy.url).host}
        if _cause(error, socket.gaierror) is not None:
            return BackendUnreachable(
                "The proxy's name is unknown.", code="proxy_not_found", values=values
            )
        return BackendUnreachable("The proxy can't be reached.", code="proxy_failed")
    return BackendUnreachable("The server can't be reached.", code="backend_unreachable")


class _Presented(Exception):
    """Carries the certificate (DER) that a server presented."""

    def __init__(self, certificate: bytes | None) -> None:
        super().__init__()
        self.certificate = certificate


class _CertificateReader(ssl.SSLObject):
    """Breaks off once the server has presented its certificate, before answering it."""

    def do_handshake(self) -> None:
        super().do_handshake()
        raise _Presented(self.getpeercert(binary_form=True))


async def _presented_certificate(url: str, proxy: Proxy | None) -> bytes | None:
    """Connect without verification, and return the certificate. No request is sent."""
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    unverified.sslobject_class = _CertificateReader
    try:
        async with asyncio.timeout(EXCHANGE_S), _new_client(proxy, unverified) as client:
            await client.head(url)
    except _Presented as presented:
        return presented.certificate
    except (TimeoutError, httpx.HTTPError, OSError):
        return None
    return None


def _proxy_refused(message: str) -> BackendUnreachable:
    # Only httpx's message has the status of the answer to CONNECT.
    login = message.startswith("407")
    return BackendUnreachable(
        "The proxy refused the request.", code="proxy_login" if login else "proxy_failed"
    )


def _trusted_roots() -> ssl.SSLContext:
    """The root certificates, or those of SSL_CERT_FILE and SSL_CERT_DIR (specification §9.4)."""
    return ssl.create_default_context()


def _closed_early(error: httpx.RemoteProtocolError) -> bool:
    """Return whether the connection was closed early, which only httpx's message shows."""
    return any(words in str(error) for words in ("disconnected", "closed connection"))


def _cause(error: BaseException, kind: type[E]) -> E | None:
    """Return the first error of a kind in the chain of causes."""
    for cause in _chain(error):
        if isinstance(cause, kind):
            return cause
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _not_the_backend() -> BackendUnreachable:
    return BackendUnreachable("The response isn't from the billing API.", code="not_the_backend")
