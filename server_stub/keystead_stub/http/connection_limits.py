"""Limits of what one peer can hold open: size and time of a request, and number of connections.

Uvicorn limits none of them before a request is complete. The times count the whole head or body, so
that a peer that sends one byte a second is no better off than one that sends nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from http import HTTPStatus
from typing import Any, ClassVar

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_log = logging.getLogger(__name__)

#: How long what a refused peer still sends is read and thrown away, so that it sees the answer: a
#: socket that is closed with unread data resets the connection.
_LINGER_S = 2.0


class ConnectionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The defaults leave room for a proxy in front, whose connections come from one address.

    `head_bytes` is the size of request line and headers; a request has a token and a proof of at
    most 16 KiB each.
    """

    head_bytes: int = 48 * 1024
    head_s: float = 15
    body_s: float = 30
    per_peer: int = 256


class LimitedProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol with limits. Its subclasses set `limits` and `peers`."""

    limits: ClassVar[ConnectionLimits]
    #: The open connections of each address, the oldest first.
    peers: ClassVar[defaultdict[str, dict[LimitedProtocol, None]]]

    _deadline: asyncio.TimerHandle | None = None
    #: Whether a request has begun, and whether its head is complete.
    _begun = False
    _in_body = False
    _too_large = False
    _refused = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        ours = self.peers[self._peer]
        ours[self] = None
        if len(ours) > self.limits.per_peer and not self._make_room(ours):
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE)
            transport.close()
            return
        self._expect_within(self.limits.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        del self.peers[self._peer][self]
        if not self.peers[self._peer]:
            del self.peers[self._peer]
        self._cancel_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        # Empty lines between two requests begin none, and would keep the connection for ever.
        if self._deadline is None and not self._begun:
            self._expect_within(self.limits.head_s)
        super().data_received(data)
        # The parser keeps what is incomplete to itself, so all bytes count until the head is.
        if self._begun and not self._in_body:
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.head_bytes:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun, self._in_body, self._head_bytes = True, False, 0
        self._expect_within(self.limits.head_s)

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.limits.head_bytes:
            self._too_large = True
            # Ends the parsing, and is answered by `send_400_response`.
            raise ValueError("the head is too large")
        self._in_body = True
        self._expect_within(self.limits.body_s)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._begun = self._in_body = False
        self._cancel_deadline()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if self._too_large:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def _make_room(self, ours: dict[LimitedProtocol, None]) -> bool:
        """Close the oldest connection that waits for its peer, and return whether there is one.

        Several users of a machine, or of a proxy, have one address: nobody can keep the others out
        by holding connections open.
        """
        for one in ours:
            if one is not self and one.waits_for_peer:
                one.transport.abort()
                return True
        return False

    @property
    def waits_for_peer(self) -> bool:
        """Whether no request is being answered on this connection."""
        answering = self.cycle is not None and not self.cycle.response_complete
        return not self.transport.is_closing() and (self._begun or not answering)

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else ""

    def _expect_within(self, seconds: float) -> None:
        self._cancel_deadline()
        self._deadline = self.loop.call_later(seconds, self._expire)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._deadline = None
        if self.flow.read_paused:
            # We don't read at the moment, so it is not the peer who is late.
            self._expect_within(self.limits.body_s)
        elif self._begun:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer, unless a response is under way, and read nothing more of this connection."""
        self._refused = True
        self._cancel_deadline()
        self._unset_keepalive_if_required()
        under_way = self.cycle is not None and not self.cycle.response_complete
        if under_way and (self.cycle.response_started or not self._in_body):
            self.transport.abort()
            return
        self._answer(status)
        self.transport.write_eof()
        if under_way:
            # The handler waits for a body that will not come.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.loop.call_later(_LINGER_S, self.transport.abort)

    def _answer(self, status: HTTPStatus) -> None:
        # No request that the access log would see.
        _log.info("connection refused", extra={"status": status.value})
        body = f"{status.phrase}.".encode()
        lines = (
            f"HTTP/1.1 {status.value} {status.phrase}",
            "content-type: text/plain; charset=utf-8",
            f"content-length: {len(body)}",
            "connection: close",
            "\r\n",
        )
        self.transport.write("\r\n".join(lines).encode() + body)


def limited(protocol: type[LimitedProtocol], limits: ConnectionLimits) -> type[LimitedProtocol]:
    """Return the protocol with these limits, counting the connections of one server."""
    members: dict[str, Any] = {"limits": limits, "peers": defaultdict(dict)}
    return type(protocol.__name__, (protocol,), members)
