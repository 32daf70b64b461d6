"""The connection to the daemon: JSON-RPC lines over a pipe, without blocking.

On connecting it subscribes to events; the response is the whole state, and changes follow. A lost
connection is opened again with growing pauses until `close`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from keystead import local_api
from keystead.errors import DaemonUnreachable, InvalidInput, KeysteadError
from keystead.local_api import ActivationView, Message
from keystead_client.desktop.models.backoff import wait_ms
from keystead_client.desktop.models.line_buffer import LineBuffer
from keystead_client.desktop.pipes import Pipe

#: Milliseconds after which a response that needs no network has timed out.
LOCAL_MS = 5_000
#: The same for requests that make the daemon ask the backend; its own limits are shorter.
NETWORK_MS = 90_000

Done = Callable[[Any], None]
Failed = Callable[[KeysteadError], None]


class ConnectionState(Enum):
    """``CONNECTED`` begins when the daemon has sent its whole state."""

    CLOSED = "closed"
    CONNECTING = "seeking"
    CONNECTED = "up"


class _Limit(QTimer):
    """The time limit of one call. It knows the call's id only, so it keeps no callback alive."""

    passed = Signal(int)

    def __init__(self, call_id: int, limit_ms: int, parent: QObject) -> None:
        super().__init__(parent, singleShot=True, interval=limit_ms)
        self._call_id = call_id
        self.timeout.connect(self._tell)

    def _tell(self) -> None:
        self.passed.emit(self._call_id)


class _Call(msgspec.Struct):
    """``late`` is the error if the time limit passes without a response."""

    method: str
    done: Done
    failed: Failed
    limit: _Limit
    late: KeysteadError


class DaemonConnection(QObject):
    """One connection to one daemon; each callback comes from the event loop, at most once."""

    #: (ConnectionState, failures in a row)
    state_changed = Signal(object, int)
    #: ActivationView: after connecting and after each change
    activation_changed = Signal(object)

    def __init__(self, address: str, parent: QObject | None = None) -> None:
        """``address`` is the path of the daemon's Unix socket, or the name of its pipe."""
        super().__init__(parent)
        self._address = address
        self._state = ConnectionState.CLOSED
        self._failures = 0
        self._last_id = 0
        self._calls: dict[int, _Call] = {}
        self._lines = LineBuffer()
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self._connect)
        self._pipe = Pipe(self)
        self._pipe.connected.connect(self._subscribe)
        self._pipe.received.connect(self._read)
        self._pipe.ended.connect(self._connection_lost)

    @property
    def state(self) -> ConnectionState:
        return self._state

    def open(self) -> None:
        """Connect, and connect again whenever the connection is lost."""
        if self._state is ConnectionState.CLOSED:
            self._state = ConnectionState.CONNECTING
            self._connect()

    def connect_now(self) -> None:
        """Connect without waiting for the next attempt: the daemon is likely to be there."""
        if self._state is ConnectionState.CONNECTING and self._pause.isActive():
            self._pause.stop()
            self._connect()

    def close(self) -> None:
        """Disconnect and stay disconnected; callbacks of pending calls never come."""
        self._state = ConnectionState.CLOSED
        self._pause.stop()
        for call in self._calls.values():
            call.limit.stop()
        self._calls.clear()
        self._disconnect()

    def call(
        self,
        method: str,
        params: msgspec.Struct | None = None,
        *,
        done: Done,
        failed: Failed,
        limit_ms: int = LOCAL_MS,
    ) -> int:
        """Send a request; ``done`` gets the result as the type of `local_api.METHODS`.

        ``failed`` gets a KeysteadError: the daemon's refusal, an invalid response, or
        DaemonUnreachable if none comes within ``limit_ms``. Returns the call's id.
        """
        self._last_id += 1
        call_id = self._last_id
        line = local_api.encode_request(method, params or local_api.Nothing(), call_id)
        refused = self._refusal(line)
        # This error comes from the event loop too: callers do not expect callbacks before the
        # return.
        limit = _Limit(call_id, limit_ms if refused is None else 0, self)
        limit.passed.connect(self._time_out)
        late = refused or _unreachable("did not answer in time")
        self._calls[call_id] = _Call(method, done, failed, limit, late)
        limit.start()
        if refused is None:
            self._pipe.write(line)
        return call_id

    def _refusal(self, line: bytes) -> KeysteadError | None:
        if not self._pipe.is_connected:
            return _unreachable("cannot be reached")
        if len(line) > local_api.MAX_LINE:
            return InvalidInput("This is too long for the daemon.", code="too_large")
        return None

    def _connect(self) -> None:
        self._lines = LineBuffer()
        self._pipe.connect_to(self._address)

    def _subscribe(self) -> None:
        self.call("events.subscribe", done=self._subscribed, failed=self._subscription_failed)

    def _subscribed(self, view: ActivationView) -> None:
        self._failures = 0
        self._state = ConnectionState.CONNECTED
        self.state_changed.emit(self._state, 0)
        self.activation_changed.emit(view)

    def _subscription_failed(self, _error: KeysteadError) -> None:
        self._disconnect()

    def _connection_lost(self) -> None:
        if self._state is ConnectionState.CLOSED or self._pause.isActive():
            return
        self._failures += 1
        self._state = ConnectionState.CONNECTING
        self._pause.start(wait_ms(self._failures))
        for call_id in list(self._calls):
            self._fail(call_id, _unreachable("cannot be reached"))
        self.state_changed.emit(self._state, self._failures)

    def _disconnect(self) -> None:
        self._pipe.disconnect_now()
        self._connection_lost()

    def _read(self, data: bytes) -> None:
        try:
            for line in self._lines.feed(data):
                self._handle_message(local_api.decode_message(line))
        except InvalidInput:
            # No Keystead daemon sends this: another program holds the socket.
            self._disconnect()

    def _handle_message(self, message: Message) -> None:
        if message.method == local_api.ACTIVATION_CHANGED:
            self.activation_changed.emit(local_api.decode_as(message.params, ActivationView))
        elif isinstance(message.id, int) and (call := self._pop_call(message.id)):
            self._finish_call(call, message)

    def _finish_call(self, call: _Call, message: Message) -> None:
        try:
            result = local_api.result_of(message, call.method)
        except KeysteadError as error:
            call.failed(error)
        else:
            call.done(result)

    def _time_out(self, call_id: int) -> None:
        if call := self._pop_call(call_id):
            call.failed(call.late)

    def _fail(self, call_id: int, error: KeysteadError) -> None:
        if call := self._pop_call(call_id):
            call.failed(error)

    def _pop_call(self, call_id: int) -> _Call | None:
        call = self._calls.pop(call_id, None)
        if call is not None:
            call.limit.stop()
            call.limit.deleteLater()
        return call


def _unreachable(what: str) -> DaemonUnreachable:
    return DaemonUnreachable(f"Keystead's background service {what}.")
