"""A uvicorn server over a socket that is bound before its address is announced."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import uvicorn

from keystead.errors import InvalidInput
from keystead_stub.http.connection_limits import ConnectionLimits, LimitedProtocol, limited
from keystead_stub.http.faults import DROP

DEFAULT_LIMITS = ConnectionLimits()


class Drain(msgspec.Struct, frozen=True, kw_only=True):
    """How a server stops: it accepts connections for `delay_s`, then lets requests finish."""

    delay_s: float = 0
    limit_s: int = 3


QUICK_DRAIN = Drain()


class DroppableProtocol(LimitedProtocol):
    """The HTTP protocol with the extension `DROP`."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {DROP: self.transport.abort}  # type: ignore[dict-item]


def bind(host: str, port: int) -> socket.socket:
    """Listen on an address of this machine; port 0 selects a free port.

    Raises InvalidInput (``address_unavailable``, ``address_in_use``).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    # A restart must not wait until the old connections have left TIME_WAIT.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        # Not every system knows the names below `localhost`.
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise InvalidInput(
                f"{host} is no address of this machine.",
                code="address_unavailable",
                remedy="Use --host 127.0.0.1.",
            ) from None
        if error.errno in {errno.EACCES, errno.EPERM}:
            raise InvalidInput(
                f"Port {port} needs more rights than this user has.",
                code="address_unavailable",
                remedy="Choose a --port above 1023, and let a proxy listen on the other.",
            ) from None
        raise InvalidInput(
            f"Port {port} of {host} is already in use.",
            code="address_in_use",
            remedy="Stop the other program, or choose another --port.",
        ) from None
    listening.listen(512)
    return listening


def address(listening: socket.socket) -> str:
    """The URL by which this machine reaches the socket, without a trailing slash."""
    host, port = listening.getsockname()[:2]
    # All addresses of the machine.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """A server that reports when it has started, and doesn't handle the process's signals.

    `delay_s` is how long it goes on accepting connections after it was asked to stop, so that a
    load balancer can notice.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        on_started: Callable[[], None],
        on_stopping: Callable[[], None],
        delay_s: float,
    ) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._on_stopping = on_stopping
        self._delay_s = delay_s
        self._stop_at: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # The caller handles signals. Uvicorn would raise each one again after its shutdown.
        yield

    async def on_tick(self, counter: int) -> bool:
        if self._stop_at is not None and time.monotonic() >= self._stop_at:
            self.should_exit = True
        return await super().on_tick(counter)

    def stop(self) -> None:
        """Finish the running requests and stop. Can be called from any thread.

        A second call ends the delay, and a third one does not wait for running requests.
        """
        if self._stop_at is None:
            self._on_stopping()
            self._stop_at = time.monotonic() + self._delay_s
        elif not self.should_exit and time.monotonic() < self._stop_at:
            self._stop_at = 0
        else:
            self.should_exit = self.force_exit = True


def server(
    app: Any,
    on_started: Callable[[], None],
    limits: ConnectionLimits = DEFAULT_LIMITS,
    *,
    on_stopping: Callable[[], None] = lambda: None,
    drain: Drain = QUICK_DRAIN,
) -> Server:
    """Create a server for this application; the caller runs it on its sockets."""
    return Server(
        uvicorn.Config(
            app,
            http=limited(DroppableProtocol, limits),
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            # The guards rely on the address of the peer; what a proxy says is read where it counts.
            proxy_headers=False,
            timeout_graceful_shutdown=drain.limit_s,
        ),
        on_started,
        on_stopping,
        drain.delay_s,
    )
