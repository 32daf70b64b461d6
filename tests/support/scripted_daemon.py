"""A daemon whose answers a test defines, on a real socket with the real protocol."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from keystead.local_api import ACTIVATION_CHANGED, METHODS, REFUSED, ActivationView, Done, Settings
from support import activations

#: Seconds; long enough for busy machines.
PATIENCE_S = 60.0

Answer = Callable[[msgspec.Struct], object]


class Refusal(Exception):
    """An error answer of a scripted daemon."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class ScriptedDaemon:
    """Listens on a real Unix socket; one thread a connection. A context manager.

    ``answers`` gives each method's result from its parameters, which are checked against
    `METHODS` first. A method in ``held`` is not answered before `release`.
    """

    def __init__(self, path: Path, view: ActivationView) -> None:
        self.path, self.view = path, view
        self.asked: queue.Queue[tuple[str, msgspec.Struct]] = queue.Queue()
        self.held: set[str] = set()
        self.answers: dict[str, Answer] = {
            "activation.get": lambda _: self.view,
            "activation.refresh": lambda _: self.view,
            "events.subscribe": lambda _: self.view,
            "activation.request": lambda _: activations.REQUEST,
            "plans.list": lambda _: activations.PLANS,
            "devices.list": lambda _: activations.DEVICES,
            "invoices.list": lambda _: activations.INVOICES,
            "settings.get": lambda _: Settings(),
            "daemon.info": lambda _: activations.DIAGNOSTICS.info,
            "diagnostics.get": lambda wish: activations.diagnostics(wish.check),  # type: ignore[attr-defined]
            "daemon.stop": lambda _: Done(),
        }
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []
        self._waiting: list[tuple[str, socket.socket, dict[str, Any]]] = []
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to listen."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._thread(self._accept, self._listener)

    def stop(self) -> None:
        """Close every connection and the socket, as if killed."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.path.unlink(missing_ok=True)
        self.disconnect_clients()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        self._threads.clear()

    def disconnect_clients(self) -> None:
        """Close every connection, and go on listening."""
        with self._lock:
            connections, self._connections = self._connections, []
            self._waiting.clear()
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def publish(self, view: ActivationView) -> None:
        """Publish a new state to every subscriber."""
        self.view = view
        note = {"jsonrpc": "2.0", "method": ACTIVATION_CHANGED, "params": view}
        self.send_raw(msgspec.json.encode(note) + b"\n")

    def send_raw(self, data: bytes) -> None:
        """Send raw bytes on every connection."""
        with self._lock:
            for connection in self._connections:
                # A client may have disconnected.
                with suppress(OSError):
                    connection.sendall(data)

    def release(self, method: str) -> None:
        """Answer the calls of a method that were held back, and stop holding it."""
        self.held.discard(method)
        with self._lock:
            due = [one for one in self._waiting if one[0] == method]
            self._waiting = [one for one in self._waiting if one[0] != method]
        for _, connection, call in due:
            self._answer(connection, call)

    def _thread(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with self._lock:
                    self._connections.append(connection)
                self._thread(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError), connection.makefile("rb") as lines:
            for line in lines:
                self._hear(connection, msgspec.json.decode(line))

    def _hear(self, connection: socket.socket, call: dict[str, Any]) -> None:
        method = call["method"]
        params = msgspec.convert(call["params"], METHODS[method].params)
        self.asked.put((method, params))
        if method in self.held:
            with self._lock:
                self._waiting.append((method, connection, call))
        else:
            self._answer(connection, call)

    def _answer(self, connection: socket.socket, call: dict[str, Any]) -> None:
        method = call["method"]
        message: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            params = msgspec.convert(call["params"], METHODS[method].params)
            result = self.answers[method](params)
            assert isinstance(result, METHODS[method].result)
            message["result"] = result
        except Refusal as no:
            data = {"code": no.code}
            message["error"] = {"code": REFUSED, "message": no.sentence, "data": data}
        with self._lock, suppress(OSError):
            connection.sendall(msgspec.json.encode(message) + b"\n")
