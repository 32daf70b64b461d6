"""The local API's methods (specification §10.2), one for each name in `local_api.METHODS`.

Methods that need only the state are here and answer at once. The others are in `backend_methods`,
which is imported at the first call of one, so that a starting daemon answers without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from keystead.local_api import (
    ActivationView,
    DaemonInfo,
    Done,
    ImportParams,
    Nothing,
    Settings,
    SettingsParams,
)
from keystead_daemon.device_key import device_key
from keystead_daemon.events import DocumentImported, PendingCancelled
from keystead_daemon.runner import Runner
from keystead_daemon.server import Connection, Handler
from keystead_daemon.settings_file import SettingsFile
from keystead_daemon.subscriptions import Subscriptions

if TYPE_CHECKING:
    from keystead_daemon.backend_methods import BackendMethods


class LocalApi:
    """``backend`` returns the methods that need the backend; ``stop`` ends the daemon.

    ``info`` returns what the daemon is at the moment.
    """

    def __init__(
        self,
        runner: Runner,
        *,
        backend: Callable[[], BackendMethods],
        subscriptions: Subscriptions,
        settings: SettingsFile,
        info: Callable[[], DaemonInfo],
        stop: Callable[[], None],
    ) -> None:
        self._runner = runner
        self._backend = backend
        self._subscriptions = subscriptions
        self._settings = settings
        self._info = info
        self._stop = stop

    def methods(self) -> dict[str, Handler]:
        """Return the handler of each method name."""
        # The lambdas delay the import of `backend_methods` to the first call that needs it.
        return {
            "daemon.info": self._daemon_info,
            "daemon.stop": self._daemon_stop,
            "activation.get": self._get,
            "activation.refresh": lambda _, params: self._backend().refreshed(),
            "activation.deactivate": lambda _, params: self._backend().deactivate(),
            "activation.import": self._import,
            "activation.request": lambda _, params: self._backend().request_file(),
            "activation.restore": lambda _, params: self._backend().restore(params),
            "activation.join": lambda _, params: self._backend().join(),
            "signin.start": lambda _, params: self._backend().sign_in.start(params),
            "signin.end": lambda _, params: self._backend().sign_out(),
            "checkout.start": lambda _, params: self._backend().checkout(params),
            "checkout.follow": lambda _, params: self._backend().follow(params),
            "checkout.cancel": self._cancel,
            "portal.open": lambda _, params: self._backend().portal(params),
            "plans.list": lambda _, params: self._backend().plans(),
            "devices.list": lambda _, params: self._backend().devices(),
            "devices.remove": lambda _, params: self._backend().remove_device(params),
            "invoices.list": lambda _, params: self._backend().invoices(),
            "diagnostics.get": lambda _, params: self._backend().diagnostics(params),
            "settings.get": self._settings_get,
            "settings.set": self._settings_set,
            "events.subscribe": self._subscribe,
        }

    def _daemon_info(self, peer: Connection, params: Nothing) -> DaemonInfo:
        return self._info()

    def _daemon_stop(self, peer: Connection, params: Nothing) -> Done:
        self._stop()
        return Done()

    def _get(self, peer: Connection, params: Nothing) -> ActivationView:
        return self._runner.current_view()

    def _subscribe(self, peer: Connection, params: Nothing) -> ActivationView:
        view = self._get(peer, params)
        # Added after the view was taken, so that the caller is not also notified of its content.
        self._subscriptions.add(peer)
        return view

    async def _import(self, peer: Connection, params: ImportParams) -> ActivationView:
        if self._runner.state.device_id is None:
            # Without the device key it is unknown which device a license has to be for.
            await device_key(self._runner)
        self._runner.handle(DocumentImported(params.document))
        return self._runner.view()

    def _cancel(self, peer: Connection, params: Nothing) -> ActivationView:
        if self._runner.state.persisted.pending is not None:
            self._runner.handle(PendingCancelled())
        return self._runner.view()

    def _settings_get(self, peer: Connection, params: Nothing) -> Settings:
        return self._settings.current

    def _settings_set(self, peer: Connection, params: SettingsParams) -> Settings:
        return self._settings.change(params)
