"""The local API's server (contract §5): lines in, lines out, for this user alone.

A connection survives whatever is inside a line: that gets an error of JSON-RPC 2.0. It does not
survive a line that is longer than the limit, because nobody knows where the next one begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from keystead import local_api
from keystead.errors import BackendUnreachable, KeysteadError
from keystead.local_api import ErrorData, RpcError
from keystead_daemon.logs import Log

#: Bytes that may wait for a reader: a subscriber beyond this is dropped, a caller is not read from.
MAX_WAITING = 1024 * 1024
#: Calls of one connection that may be under way at a time.
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
    """What a server needs of `methods`: the handler of a method's name."""

    def __getitem__(self, name: str, /) -> Handler: ...
    def __contains__(self, name: object, /) -> bool: ...


class Connection(asyncio.BufferedProtocol):
    """One peer. ``accepts`` judges who is at the other end before anything is read."""

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
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport) or not self._accepts(transport):
            self._log.event("connection.refused")
            transport.close()
            return
        self._transport = transport
        transport.set_write_buffer_limits(high=MAX_WAITING)
        self._opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._closed(self)
        for call in self._calls:
            call.cancel()

    def pause_writing(self) -> None:
        # Whoever does not read what they asked for, or subscribed to, is not waited for.
        self.drop("slow")

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._piece

    def buffer_updated(self, nbytes: int) -> None:
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
        """Hang up after what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def drop(self, why: str) -> None:
        """Hang up at once."""
        self._log.event("connection.dropped", code=why)
        if self._transport is not None:
            self._transport.abort()

    async def finish(self) -> None:
        """Answer what is under way, then hang up."""
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
                None, local_api.INVALID_REQUEST, "This is no request.", word="invalid_request"
            )
            return
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._refuse(None, local_api.PARSE_ERROR, "This is not JSON.", word="invalid_json")
            return
        self._request(request)

    def _request(self, request: _Request) -> None:
        call_id = request.id
        if request.jsonrpc != "2.0":
            code, sentence = local_api.INVALID_REQUEST, "This is not JSON-RPC 2.0."
            self._refuse(call_id, code, sentence, word="invalid_request")
        elif request.method not in self._methods:
            code, sentence = local_api.METHOD_NOT_FOUND, "There is no such method."
            self._refuse(call_id, code, sentence, word="method_not_found")
        elif len(self._calls) >= MAX_CALLS:
            sentence = "Too many calls are under way."
            self._refuse(call_id, local_api.REFUSED, sentence, word="too_many_requests")
        else:
            self._call(request)

    def _call(self, request: _Request) -> None:
        kind = local_api.METHODS[request.method].params
        try:
            given = _NO_PARAMS if request.params == b"null" else request.params
            params = msgspec.json.decode(given, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            sentence = "The parameters are not what this method takes."
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
        # A call that cannot be read may have had an id: the answer's is null then (§5).
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
