"""HTTP by httpx. Every failure of httpx becomes a BackendUnreachable here and nowhere else.

| code                  | what happened                                                   |
| --------------------- | --------------------------------------------------------------- |
| `backend_unreachable` | no route, unknown host, refused, or closed by the server        |
| `timeout`             | no response in time                                             |
| `tls_failed`          | an invalid certificate, or no TLS                               |
| `proxy_failed`        | the proxy refused, or its address is invalid                    |
| `not_the_backend`     | a malformed or oversized response                               |

Redirects are not followed: the billing API sends none.
"""

from __future__ import annotations

import asyncio
import ssl

import httpx

from keystead.errors import BackendUnreachable
from keystead_daemon.transport import HttpReply, HttpRequest

CONNECT_S = 5.0
#: Between two chunks of a response, and for a whole exchange.
READ_S = 15.0
EXCHANGE_S = 30.0
MAX_REPLY_BYTES = 256 * 1024
READ_HEADERS = ("content-type", "retry-after", "dpop-nonce")

SYSTEM_PROXY = "system"
NO_PROXY = "none"


class HttpxTransport:
    """Keeps one client per proxy setting, created when first needed because it costs 20 ms."""

    def __init__(self) -> None:
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def send(self, request: HttpRequest, *, proxy: str = SYSTEM_PROXY) -> HttpReply:
        """Return the reply. Raises BackendUnreachable with a code of the table above."""
        try:
            async with asyncio.timeout(EXCHANGE_S):
                return await self._exchange(request, proxy)
        except (TimeoutError, httpx.TimeoutException):
            raise BackendUnreachable("The server didn't respond in time.", code="timeout") from None
        except httpx.ProxyError:
            raise BackendUnreachable(
                "The proxy refused the request.", code="proxy_failed"
            ) from None
        except httpx.RemoteProtocolError as error:
            if _closed_early(error):
                raise BackendUnreachable(
                    "The server closed the connection.", code="backend_unreachable"
                ) from None
            raise _not_the_backend() from None
        except (httpx.DecodingError, httpx.TooManyRedirects):
            raise _not_the_backend() from None
        except (httpx.HTTPError, OSError) as error:
            if _is_tls(error):
                raise BackendUnreachable("The TLS connection failed.", code="tls_failed") from None
            raise BackendUnreachable(
                "The server can't be reached.", code="backend_unreachable"
            ) from None
        except ImportError:
            # httpx needs an optional package for SOCKS.
            raise BackendUnreachable(
                "This kind of proxy isn't supported.", code="proxy_failed"
            ) from None
        except (httpx.InvalidURL, ValueError):
            raise BackendUnreachable("The address isn't valid.", code="proxy_failed") from None

    async def close(self) -> None:
        clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            await client.aclose()

    async def _exchange(self, request: HttpRequest, proxy: str) -> HttpReply:
        client = self._client(proxy)
        # No decompression: a small response could expand to a huge one.
        headers = {**request.headers, "accept-encoding": "identity"}
        async with client.stream(
            request.method, request.url, headers=headers, content=request.body
        ) as answer:
            body = bytearray()
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > MAX_REPLY_BYTES:
                    raise _not_the_backend()
            read = {name: answer.headers[name] for name in READ_HEADERS if name in answer.headers}
            return HttpReply(status=answer.status_code, headers=read, body=bytes(body))

    def _client(self, proxy: str) -> httpx.AsyncClient:
        if proxy not in self._clients:
            self._clients[proxy] = httpx.AsyncClient(
                timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
                trust_env=proxy == SYSTEM_PROXY,
                proxy=None if proxy in {SYSTEM_PROXY, NO_PROXY} else proxy,
                verify=_trusted_roots(),
                follow_redirects=False,
                limits=httpx.Limits(max_connections=8, keepalive_expiry=30.0),
            )
        return self._clients[proxy]


def _trusted_roots() -> ssl.SSLContext:
    """The system's root certificates, or those of SSL_CERT_FILE and SSL_CERT_DIR (contract §8)."""
    return ssl.create_default_context()


def _closed_early(error: httpx.RemoteProtocolError) -> bool:
    """Return whether the connection was closed early, which only httpx's message shows."""
    return any(words in str(error) for words in ("disconnected", "closed connection"))


def _is_tls(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _not_the_backend() -> BackendUnreachable:
    return BackendUnreachable("The response isn't from the billing API.", code="not_the_backend")
