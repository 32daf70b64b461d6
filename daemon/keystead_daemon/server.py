"""The local API's server (specification §10.1): JSON-RPC 2.0 by lines, for this user alone.

A malformed line gets a JSON-RPC error, and the connection stays open. A line longer than the limit
closes it, because the start of the next line can't be known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Protocol

import msgspec

from keystead import local_api
from keystead.errors import BackendUnreachable, KeysteadError
from keystead.local_api import ErrorData, RpcError
from keystead_daemon.logs import Log

#: Bytes that may wait for a reader; a peer that lets more wait is dropped.
MAX_WAITING = 1024 * 1024
#: Calls of one connection at a time.
MAX_CALLS = 32

_READ_BYTES = 16 * 1024
_NO_PARAMS = msgspec.Raw(b"{}")


class _Request(msgspec.Struct, frozen=True):
    """A call (JSON-RPC 2.0 §4) whose parameters are left for its method to read."""

    jsonrpc: str
    method: str
    params: msgspec.Raw = _NO_PARAMS
    id: int | str | msgspec.UnsetType | None = msgspec.UNSET


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Request).decode

Handler = Callable[["Connection", Any], Any]


class Methods(Protocol):
    """The handlers by method name."""

    def __getitem__(self, name: str, /) -> Handler: ...
    def __contains__(self, name: object, /) -> bool: ...


class Connection(asyncio.BufferedProtocol):
    """One peer. ``accepts`` checks its identity before anything is read."""

    def __init__(
        self,
        methods: Methods,
        *,
        accepts: Callable[[asyncio.BaseTransport], bool],
        opened: Callable[[Connection], None],
        closed: Callable[[Connection], None],
        log: Log,
    ) -> None:
        self._methods = methods
        self._accepts = accepts
        self._opened = opened
        self._closed = closed
        self._log = log
        self._received = bytearray()
        self._piece = bytearray(_READ_BYTES)
        self._calls: set[asyncio.Task[None]] = set()
        self._heard_s = 0.0
        self._transport: asyncio.Transport | None = None

    @property
    def silent_s(self) -> float:
        """The seconds since this peer sent something; 0 while a call of its is under way."""
        return 0.0 if self._calls else monotonic() - self._heard_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport) or not self._accepts(transport):
            self._log.event("connection.refused")
            transport.close()
            return
        self._transport = transport
        self._heard_s = monotonic()
        transport.set_write_buffer_limits(high=MAX_WAITING)
        self._opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._closed(self)
        for call in self._calls:
            call.cancel()

    def pause_writing(self) -> None:
        # The peer does not read its responses or notifications; buffering more could take any
        # amount of memory.
        self.drop("slow")

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._piece

    def buffer_updated(self, nbytes: int) -> None:
        self._heard_s = monotonic()
        received = self._received
        received += memoryview(self._piece)[:nbytes]
        start = 0
        while (end := received.find(b"\n", start)) >= 0:
            if end - start >= local_api.MAX_LINE:
                break
            self._line(bytes(received[start:end]))
            start = end + 1
        del received[:start]
        if len(received) >= local_api.MAX_LINE:
            self._refuse(
                None, local_api.INVALID_REQUEST, "The message is too long.", word="too_large"
            )
            self.close()

    def push(self, line: bytes) -> None:
        """Send a line, if the peer is still there."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(line)

    def close(self) -> None:
        """Close after everything written is sent."""
        if self._transport is not None:
            self._transport.close()

    def drop(self, why: str) -> None:
        """Close at once."""
        self._log.event("connection.dropped", code=why)
        if self._transport is not None:
            self._transport.abort()

    async def finish(self) -> None:
        """Answer the calls under way, then close."""
        if self._calls:
            await asyncio.wait(self._calls)
        self.close()

    def _line(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            request = _decode(line)
        except (msgspec.ValidationError, RecursionError):
            self._refuse(
                None, local_api.INVALID_REQUEST, "Invalid request.", word="invalid_request"
            )
            return
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._refuse(None, local_api.PARSE_ERROR, "Invalid JSON.", word="invalid_json")
            return
        self._request(request)

    def _request(self, request: _Request) -> None:
        call_id = request.id
        if request.jsonrpc != "2.0":
            code, sentence = local_api.INVALID_REQUEST, "Not JSON-RPC 2.0."
            self._refuse(call_id, code, sentence, word="invalid_request")
        elif request.method not in self._methods:
            code, sentence = local_api.METHOD_NOT_FOUND, "Unknown method."
            self._refuse(call_id, code, sentence, word="method_not_found")
        elif len(self._calls) >= MAX_CALLS:
            sentence = "Too many calls at a time."
            self._refuse(call_id, local_api.REFUSED, sentence, word="too_many_requests")
        else:
            self._call(request)

    def _call(self, request: _Request) -> None:
        kind = local_api.METHODS[request.method].params
        try:
            given = _NO_PARAMS if request.params == b"null" else request.params
            params = msgspec.json.decode(given, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            sentence = "Invalid parameters."
            self._refuse(request.id, local_api.INVALID_PARAMS, sentence, word="invalid_params")
            return
        try:
            result = self._methods[request.method](self, params)
        except KeysteadError as error:
            self._failed(request.id, error)
            return
        if isinstance(result, Awaitable):
            call = asyncio.ensure_future(self._later(request.id, result))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        else:
            self._answer(request.id, result)

    async def _later(self, call_id: Any, result: Awaitable[Any]) -> None:
        try:
            self._answer(call_id, await result)
        except KeysteadError as error:
            self._failed(call_id, error)

    def _answer(self, call_id: Any, result: Any) -> None:
        if call_id is not msgspec.UNSET:
            self.push(_encode(_Answer(id=call_id, result=result)) + b"\n")

    def _failed(self, call_id: Any, error: KeysteadError) -> None:
        unreachable = isinstance(error, BackendUnreachable)
        data = ErrorData(
            code=BackendUnreachable.default_code if unreachable else error.code,
            values=error.values,
            extra={"cause": error.code} if unreachable else None,
        )
        self._error(call_id, RpcError(local_api.REFUSED, error.sentence, data))

    def _refuse(self, call_id: Any, code: int, sentence: str, *, word: str) -> None:
        self._error(call_id, RpcError(code, sentence, ErrorData(code=word)))

    def _error(self, call_id: Any, error: RpcError) -> None:
        # An unreadable call may have had an id; JSON-RPC 2.0 §5 then wants null.
        if call_id is not msgspec.UNSET:
            self.push(_encode(_Refusal(id=call_id, error=error)) + b"\n")


class _Answer(msgspec.Struct, frozen=True):
    id: Any
    result: Any
    jsonrpc: str = "2.0"


class _Refusal(msgspec.Struct, frozen=True):
    id: Any
    error: RpcError
    jsonrpc: str = "2.0"
