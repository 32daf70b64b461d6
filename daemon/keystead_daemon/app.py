"""The composition root: builds the parts of the daemon, connects them and decides nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, MutableMapping
from contextlib import suppress

import msgspec

from keystead import __version__, machine
from keystead.capabilities import CAPABILITIES_BY_API
from keystead.local_api import DaemonInfo
from keystead.profile import Profile
from keystead_daemon import helpers, platform, systemd
from keystead_daemon.backend_connection import BackendConnection, BackendOptions
from keystead_daemon.clocks import Clocks, SystemClocks
from keystead_daemon.configuration import Configuration, profile_outdated
from keystead_daemon.events import ClockChecked, Stopping, WakeCause, Woken
from keystead_daemon.listener import Listener
from keystead_daemon.logs import Log
from keystead_daemon.methods import LocalApi
from keystead_daemon.runner import Runner
from keystead_daemon.secrets_store import KeyFile, SecretStore
from keystead_daemon.server import Connection
from keystead_daemon.settings_file import SettingsFile
from keystead_daemon.state import ProductConfig, State
from keystead_daemon.storage import Storage
from keystead_daemon.subscriptions import Subscriptions

#: Seconds that calls under way may take to finish when the daemon stops.
FINISH_S = 5.0
#: Seconds by which network events are delayed: they come in bursts, before names resolve.
_SETTLING_S = 2.0
#: Connections at a time: each licensed program holds one, and a process has 1,024 descriptors.
MAX_CONNECTIONS = 512
#: Seconds after which a peer that neither asks nor has subscribed gives its place to another.
SILENT_S = 30.0
#: Seconds between two log lines about delayed connections; asyncio reports each many times.
_LOG_DELAYED_S = 60.0


class Daemon:
    """All parts of one daemon, connected. `run` returns the exit code."""

    def __init__(self, configuration: Configuration, log: Log, clocks: Clocks) -> None:
        """Build everything that touches neither network nor keyring. Raises StorageFailed."""
        profile, paths = configuration.profile, configuration.paths
        self._paths = paths
        self._log = log
        self._failed = False
        self._logged_delay_s = float("-inf")
        self._stopping = asyncio.Event()
        #: In the order in which they were opened.
        self._connections: dict[Connection, None] = {}
        self._subscriptions = Subscriptions()
        self._network_timer: asyncio.TimerHandle | None = None
        self._listener: Listener | None = None
        settings = SettingsFile(paths.settings_file)
        self._configuration = configuration
        self._managed = False
        self._info = info = _daemon_info(configuration, clocks)
        storage = Storage(
            paths,
            product=profile.product_id,
            secrets=_secret_store(configuration),
            random=os.urandom,
        )
        self._backend = BackendConnection(
            BackendOptions(
                info=info,
                server=profile.sign_in,
                offline_page=profile.offline_page,
                log_file=paths.log_file,
            ),
            storage=storage,
            clocks=clocks,
            proxy=lambda: settings.current.proxy,
            log=log,
        )
        self._runner = Runner(
            _initial_state(profile),
            storage=storage,
            request_status=self._backend.refresh,
            request_key_manifest=self._backend.request_key_manifest,
            clocks=clocks,
            chance=_chance,
            publish=self._subscriptions.publish,
            log=log,
        )
        self._methods = LocalApi(
            self._runner,
            backend=lambda: self._backend.methods(self._runner),
            subscriptions=self._subscriptions,
            settings=settings,
            info=self._current_info,
            stop=self.stop,
        ).methods()

    def stop(self) -> None:
        """Stop after the calls under way have been answered."""
        self._stopping.set()

    async def run(self, environ: MutableMapping[str, str], ready: Callable[[], None]) -> int:
        """Serve until `stop` is called; ``ready`` is called once the socket accepts connections.

        Raises StorageFailed where the socket can't be created.
        """
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._handle_exception)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        inherited = systemd.inherited_socket(environ)
        self._managed = inherited is not None
        # Bound before anything else is started: on a failure there is nothing to stop.
        listener = self._listener = Listener(
            self._paths, self._new_connection, inherited=inherited, lost=self.stop, log=self._log
        )
        self._runner.handle(self._runner.storage.load_public_files())
        await listener.start()
        ready()
        systemd.notify(environ, systemd.READY)
        self._log.event("daemon.started", pid=os.getpid(), version=__version__)
        stop_watching = platform.watch(loop, self.system_changed)
        await self._stopping.wait()
        systemd.notify(environ, systemd.STOPPING)
        stop_watching()
        await listener.close()
        await self._shut_down()
        self._log.event("daemon.stopped", pid=os.getpid())
        return 1 if self._failed else 0

    def system_changed(self, what: str) -> None:
        """React to a clock that was set, a resume from sleep, or a new network."""
        if self._listener is not None:
            self._listener.check()
        if self._runner.sleep.slept():
            self._log.event("machine.resumed")
            self._runner.handle(Woken(WakeCause.RESUMED))
        elif what == "clock":
            self._runner.handle(ClockChecked())
        elif self._network_timer is None:
            loop = asyncio.get_running_loop()
            self._network_timer = loop.call_later(_SETTLING_S, self._network_settled)

    def _current_info(self) -> DaemonInfo:
        # Only the service manager's profile can be read again, so only then it matters.
        outdated = self._managed and profile_outdated(self._configuration)
        return msgspec.structs.replace(self._info, managed=self._managed, profile_outdated=outdated)

    async def _shut_down(self) -> None:
        if self._network_timer is not None:
            self._network_timer.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_S):
                for connection in tuple(self._connections):
                    await connection.finish()
        await self._backend.close_sessions()
        await self._runner.close()
        self._runner.handle(Stopping())
        # The last event may have set the timer again.
        await self._runner.close()
        await self._backend.close()
        for connection in tuple(self._connections):
            connection.close()

    def _new_connection(self) -> Connection:
        return Connection(
            self._methods,
            accepts=self._accepts,
            opened=self._connection_opened,
            closed=self._connection_closed,
            log=self._log,
        )

    def _accepts(self, transport: asyncio.BaseTransport) -> bool:
        if not platform.peer_is_user(transport):
            return False
        if len(self._connections) >= MAX_CONNECTIONS:
            self._drop_silent()
        return len(self._connections) < MAX_CONNECTIONS

    def _drop_silent(self) -> None:
        """Make room for a new peer, if one has been silent for long and is owed nothing."""
        waiting = (one for one in self._connections if one not in self._subscriptions)
        silent = next((one for one in waiting if one.silent_s >= SILENT_S), None)
        if silent is not None:
            self._connection_closed(silent)
            silent.drop("silent")

    def _connection_opened(self, connection: Connection) -> None:
        self._connections[connection] = None

    def _connection_closed(self, connection: Connection) -> None:
        self._connections.pop(connection, None)
        self._subscriptions.discard(connection)

    def _network_settled(self) -> None:
        self._network_timer = None
        self._log.event("network.up")
        self._runner.handle(Woken(WakeCause.NETWORK))

    def _handle_exception(
        self, loop: asyncio.AbstractEventLoop, context: dict[str, object]
    ) -> None:
        """Log an unexpected exception and stop; the files are consistent at every moment."""
        error = context.get("exception")
        if isinstance(error, OSError) and "socket" in context:
            # No descriptor is free for a new connection: asyncio accepts again after a second.
            self._log_delay(loop.time())
            return
        self._log.event(
            "daemon.crashed", level="critical", error=type(error).__name__ if error else "unknown"
        )
        loop.default_exception_handler(context)
        self._failed = True
        self.stop()

    def _log_delay(self, now_s: float) -> None:
        if now_s - self._logged_delay_s > _LOG_DELAYED_S:
            self._logged_delay_s = now_s
            self._log.event("connections.delayed", level="warning")


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


def _initial_state(profile: Profile) -> State:
    config = ProductConfig(
        profile.product_id,
        profile.keys,
        profile.issuers,
        CAPABILITIES_BY_API[profile.billing_api],
        profile.root,
    )
    return State(config=config)


def _daemon_info(configuration: Configuration, clocks: Clocks) -> DaemonInfo:
    profile = configuration.profile
    return DaemonInfo(
        version=__version__,
        pid=os.getpid(),
        product=profile.product_id,
        product_name=profile.product_name,
        billing_api=profile.billing_api,
        backend_url=profile.backend_url,
        started_at=clocks.read().wall_ms,
        capabilities=CAPABILITIES_BY_API[profile.billing_api],
        profile_digest=profile.digest,
        replaced_profiles=configuration.replaced_profiles,
    )


def _secret_store(configuration: Configuration) -> SecretStore:
    profile, paths = configuration.profile, configuration.paths
    if profile.secrets == "file":
        return KeyFile(paths.secret_key, machine.binding_of(paths.state))
    from keystead_daemon.system_keyring import SystemKeyring, service_name

    service = service_name(profile.product_id, paths.home_tag)
    return SystemKeyring(service, helpers.command("keyring"))


def _chance() -> float:
    """Draw a number evenly from [0, 1), with the 53 bits that a float has."""
    return (int.from_bytes(os.urandom(7), "big") >> 3) / (1 << 53)
