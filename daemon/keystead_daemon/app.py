"""The composition root: it builds the parts, connects them, and decides nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING

from keystead import machine
from keystead.capabilities import CAPABILITIES_BY_API
from keystead.local_api import DaemonInfo
from keystead_daemon import helpers, local_socket, platform, systemd
from keystead_daemon.clocks import Clocks, SystemClocks
from keystead_daemon.configuration import Configuration
from keystead_daemon.effects import Credential
from keystead_daemon.events import (
    ClockChecked,
    StatusFailed,
    StatusReceived,
    Stopping,
    WakeCause,
    Woken,
)
from keystead_daemon.logs import Log
from keystead_daemon.methods import LocalApi
from keystead_daemon.runner import Runner
from keystead_daemon.secrets_store import KeyFile, SecretStore
from keystead_daemon.server import Connection
from keystead_daemon.settings_file import SettingsFile
from keystead_daemon.state import ProductConfig, State
from keystead_daemon.storage import Storage
from keystead_daemon.subscriptions import Subscriptions
from keystead_daemon.version import VERSION

if TYPE_CHECKING:
    from keystead_daemon.backend_methods import BackendMethods
    from keystead_daemon.helper_transport import HelperTransport

#: Seconds that answers under way may take once the daemon was told to end.
FINISH_S = 5.0
#: Seconds by which news of a network is held back: they come in swarms, before names resolve.
_SETTLING_S = 2.0
#: Peers at a time: each program that is licensed has one, and a process has 1,024 descriptors.
MAX_CONNECTIONS = 512
_DELAYED_AGAIN_S = 60.0


class Daemon:
    """All parts of one daemon, connected. `run` returns the exit code."""

    def __init__(self, configuration: Configuration, log: Log, clocks: Clocks) -> None:
        """Build everything that touches neither network nor keyring. Raises StorageFailed."""
        profile, paths = configuration.profile, configuration.paths
        self._paths = paths
        self._log = log
        self._failed = False
        self._delayed_s = float("-inf")
        self._stopping = asyncio.Event()
        self._connections: set[Connection] = set()
        self._subscriptions = Subscriptions()
        self._network: asyncio.TimerHandle | None = None
        self._settings = SettingsFile(paths.settings_file)
        self._transport: HelperTransport | None = None
        self._connected: BackendMethods | None = None
        storage = Storage(
            paths,
            product=profile.product_id,
            secrets=_secret_store(configuration),
            random=os.urandom,
        )
        self._runner = Runner(
            State(
                config=ProductConfig(
                    profile.product_id,
                    profile.keys,
                    profile.issuers,
                    CAPABILITIES_BY_API[profile.billing_api],
                )
            ),
            storage=storage,
            asking=self._ask,
            clocks=clocks,
            chance=_chance,
            publish=self._subscriptions.publish,
            log=log,
        )
        self._offline_page = profile.offline_page
        self._sign_in = profile.sign_in
        self._info = DaemonInfo(
            version=VERSION,
            pid=os.getpid(),
            product=profile.product_id,
            product_name=profile.product_name,
            billing_api=profile.billing_api,
            backend_url=profile.backend_url,
            started_at=clocks.read().wall_ms,
            capabilities=CAPABILITIES_BY_API[profile.billing_api],
        )
        self._methods = LocalApi(
            self._runner,
            online=self._online,
            subscriptions=self._subscriptions,
            settings=self._settings,
            info=self._info,
            stop=self.stop,
        ).methods()

    def stop(self) -> None:
        """End cleanly, after what is being answered."""
        self._stopping.set()

    async def run(self, environ: MutableMapping[str, str], ready: Callable[[], None]) -> int:
        """Serve until told to stop; ``ready`` is called when the socket answers.

        Raises StorageFailed where there can be no socket.
        """
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._fault)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        handed = systemd.inherited_socket(environ)
        # Before anything runs beside: where there can be no socket, nothing has to be ended.
        listener = handed or local_socket.bind_socket(self._paths.socket)
        self._runner.handle(self._runner.storage.found())
        server = await local_socket.start_server(loop, self._connection, listener)
        ready()
        systemd.notify(environ, systemd.READY)
        self._log.event("daemon.started", pid=os.getpid(), version=VERSION)
        end_watching = platform.watch(loop, self.changed)
        await self._stopping.wait()
        systemd.notify(environ, systemd.STOPPING)
        end_watching()
        server.close()
        await self._finish(remove_socket=handed is None)
        self._log.event("daemon.stopped", pid=os.getpid())
        return 1 if self._failed else 0

    def _online(self) -> BackendMethods:
        """What talks to the backend, imported and connected when it is first needed."""
        if self._connected is None:
            from keystead_daemon.backend_connection import connect
            from keystead_daemon.helper_transport import HelperTransport

            self._transport = HelperTransport(helpers.command("http"))
            self._connected = connect(
                self._runner,
                self._transport,
                info=self._info,
                paths=self._paths,
                server=self._sign_in,
                offline_page=self._offline_page,
                proxy=lambda: self._settings.current.proxy,
                log=self._log,
            )
        return self._connected

    async def _ask(self, state: State, credential: Credential) -> StatusReceived | StatusFailed:
        return await self._online().refresh(state, credential)

    async def _finish(self, *, remove_socket: bool) -> None:
        if remove_socket:
            local_socket.remove_socket(self._paths.socket)
        if self._network is not None:
            self._network.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_S):
                for connection in tuple(self._connections):
                    await connection.finish()
        if self._connected is not None:
            self._connected.signing_in.close()
            await self._connected.revoking.close()
        await self._runner.close()
        self._runner.handle(Stopping())
        await self._runner.close()
        if self._transport is not None:
            await self._transport.close()
        for connection in tuple(self._connections):
            connection.close()

    def _connection(self) -> Connection:
        return Connection(
            self._methods,
            accepts=self._accepts,
            opened=self._connections.add,
            closed=self._left,
            log=self._log,
        )

    def _accepts(self, transport: asyncio.BaseTransport) -> bool:
        return len(self._connections) < MAX_CONNECTIONS and platform.peer_is_user(transport)

    def _left(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._subscriptions.discard(connection)

    def changed(self, what: str) -> None:
        """A clock was set, the machine woke, or a network came."""
        if self._runner.sleep.slept():
            self._log.event("machine.resumed")
            self._runner.handle(Woken(WakeCause.RESUMED))
        elif what == "clock":
            self._runner.handle(ClockChecked())
        elif self._network is None:
            loop = asyncio.get_running_loop()
            self._network = loop.call_later(_SETTLING_S, self._network_settled)

    def _network_settled(self) -> None:
        self._network = None
        self._log.event("network.came")
        self._runner.handle(Woken(WakeCause.NETWORK))

    def _fault(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """A fault of ours: say so and end; the files are whole, and a service is started again."""
        error = context.get("exception")
        if isinstance(error, OSError) and "socket" in context:
            # No descriptor for a further peer: asyncio lets nobody in for a second, and goes on.
            self._delayed(loop.time())
            return
        self._log.event(
            "fault", level="critical", error=type(error).__name__ if error else "unknown"
        )
        loop.default_exception_handler(context)
        self._failed = True
        self.stop()

    def _delayed(self, now_s: float) -> None:
        # asyncio tells of one such moment many times.
        if now_s - self._delayed_s > _DELAYED_AGAIN_S:
            self._delayed_s = now_s
            self._log.event("peers.delayed", level="warning")


def serve(
    configuration: Configuration,
    log: Log,
    *,
    environ: MutableMapping[str, str],
    ready: Callable[[], None],
) -> int:
    """Run the daemon to its end and return its exit code. Raises StorageFailed."""

    async def run() -> int:
        return await Daemon(configuration, log, SystemClocks()).run(environ, ready)

    return asyncio.run(run())


def _secret_store(configuration: Configuration) -> SecretStore:
    profile, paths = configuration.profile, configuration.paths
    if profile.secrets == "file":
        return KeyFile(paths.secret_key, machine.binding_of(paths.state))
    from keystead_daemon.system_keyring import SystemKeyring, service_name

    service = service_name(profile.product_id, paths.home_tag)
    return SystemKeyring(service, helpers.command("keyring"))


def _chance() -> float:
    """A number drawn evenly from [0, 1), with the 53 bits that a float has."""
    return (int.from_bytes(os.urandom(7), "big") >> 3) / (1 << 53)
