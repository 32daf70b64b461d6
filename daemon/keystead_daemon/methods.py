"""The methods of the local API (contract §5): one for each name of `local_api.METHODS`.

Those that need only the state answer at once. Those that talk to the backend come back as
awaitables, and what they learn goes through the runner as an event like everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keystead import local_api
from keystead.encoding import b64u_encode
from keystead.errors import (
    BackendUnreachable,
    DaemonRefused,
    KeyringUnavailable,
    KeysteadError,
)
from keystead.instants import to_seconds
from keystead.keys import SigningKey
from keystead.local_api import (
    ActivationView,
    Checkout,
    CheckoutParams,
    DaemonInfo,
    DeviceParams,
    Diagnostics,
    Done,
    ImportParams,
    Nothing,
    PortalParams,
    RequestFile,
    RestoreParams,
    Settings,
    SettingsParams,
)
from keystead.trusted_time import Witness, nonce_for
from keystead.wire import nyra, offline
from keystead_daemon.backends.nyra import Caller, Nyra
from keystead_daemon.diagnostics import Diagnosis
from keystead_daemon.effects import Credential
from keystead_daemon.events import (
    Deactivated,
    DevicesListed,
    Imported,
    Looked,
    PendingCancelled,
    PendingStarted,
    RefreshWanted,
    Requested,
    SecretsWanted,
)
from keystead_daemon.refresh import Refresh, caller_of
from keystead_daemon.runner import Runner
from keystead_daemon.server import Connection, Handler
from keystead_daemon.settings_file import SettingsFile
from keystead_daemon.state import CHECKOUT, RESTORE, Failure, State
from keystead_daemon.subscriptions import Subscriptions


class Api:
    """``device_name`` is what this device calls itself; ``stop`` ends the daemon."""

    def __init__(
        self,
        runner: Runner,
        backend: Nyra,
        refresh: Refresh,
        *,
        subscriptions: Subscriptions,
        settings: SettingsFile,
        diagnosis: Diagnosis,
        info: DaemonInfo,
        device_name: str,
        random: Callable[[int], bytes],
        stop: Callable[[], None],
    ) -> None:
        self._runner = runner
        self._backend = backend
        self._refresh = refresh
        self._subscriptions = subscriptions
        self._settings = settings
        self._diagnosis = diagnosis
        self._info = info
        self._device_name = device_name
        self._random = random
        self._stop = stop

    def methods(self) -> dict[str, Handler]:
        """The handler of each name."""
        return {
            "daemon.info": self._daemon_info,
            "daemon.stop": self._daemon_stop,
            "activation.get": self._get,
            "activation.refresh": self._refresh_now,
            "activation.deactivate": self._deactivate,
            "activation.import": self._import,
            "activation.request": self._request,
            "activation.restore": self._restore,
            "checkout.start": self._checkout,
            "checkout.cancel": self._cancel,
            "portal.open": self._portal,
            "plans.list": self._plans,
            "devices.list": self._devices,
            "devices.remove": self._remove,
            "invoices.list": self._invoices,
            "diagnostics.get": self._diagnostics,
            "settings.get": self._settings_get,
            "settings.set": self._settings_set,
            "events.subscribe": self._subscribe,
        }

    def _daemon_info(self, peer: Connection, params: Nothing) -> DaemonInfo:
        return self._info

    def _daemon_stop(self, peer: Connection, params: Nothing) -> Done:
        self._stop()
        return Done()

    def _get(self, peer: Connection, params: Nothing) -> ActivationView:
        self._runner.handle(Looked())
        return self._runner.view()

    def _subscribe(self, peer: Connection, params: Nothing) -> ActivationView:
        view = self._get(peer, params)
        self._subscriptions.add(peer)
        return view

    async def _refresh_now(self, peer: Connection, params: Nothing) -> ActivationView:
        self._runner.handle(RefreshWanted())
        await self._runner.settled()
        state = self._runner.state
        failure = state.failure or state.closed
        if failure is not None:
            raise _error(failure)
        return self._runner.view()

    def _import(self, peer: Connection, params: ImportParams) -> Any:
        return self._import_now(params.document)

    async def _import_now(self, document: str) -> ActivationView:
        if self._runner.state.device_id is None:
            await self._key()
        self._runner.handle(Imported(document))
        return self._runner.view()

    async def _request(self, peer: Connection, params: Nothing) -> RequestFile:
        key = await self._key(renew=True)
        reading = self._runner.clocks.read()
        witness = Witness(reading.boot_id, reading.boot_ms, b64u_encode(self._random(16)))
        request = offline.OfflineRequest(
            aud=self._info.product,
            device_id=key.thumbprint,
            device_name=self._device_name,
            iat=to_seconds(self._runner.view().now),
            nonce=nonce_for(witness),
        )
        self._runner.handle(Requested(witness))
        return RequestFile(request=offline.write_request(request, key))

    async def _checkout(self, peer: Connection, params: CheckoutParams) -> Checkout:
        key = await self._key(renew=True)
        wish = nyra.CheckoutRequest(
            device_id=key.thumbprint,
            device_public_key=b64u_encode(key.public),
            device_name=self._device_name,
            email=params.email,
            plan=params.plan,
            billing_period=params.billing_period,
            seats=params.seats,
            locale=params.locale,
        )
        answer = await self._backend.checkout(wish)
        return self._pending(CHECKOUT, answer.session_id, answer.url, answer.expires_at)

    async def _restore(self, peer: Connection, params: RestoreParams) -> Checkout:
        key = await self._key(renew=True)
        wish = nyra.RestoreRequest(
            email=params.email,
            device_id=key.thumbprint,
            device_public_key=b64u_encode(key.public),
            device_name=self._device_name,
        )
        answer = await self._backend.restore(wish)
        return self._pending(RESTORE, answer.activation_id, None, answer.expires_at)

    def _cancel(self, peer: Connection, params: Nothing) -> ActivationView:
        if self._runner.state.kept.pending is not None:
            self._runner.handle(PendingCancelled())
        return self._runner.view()

    async def _deactivate(self, peer: Connection, params: Nothing) -> ActivationView:
        await self._runner.settled()
        await self._backend.deactivate(await self._caller())
        # The signed statement that this device was let go stands in the license's place, and no
        # copy of the license can come back after it.
        self._runner.handle(await self._refresh(self._runner.state, Credential.TOKEN))
        self._runner.handle(Deactivated())
        return self._runner.view()

    async def _portal(self, peer: Connection, params: PortalParams) -> nyra.PortalAnswer:
        wish = nyra.PortalRequest(return_url=params.return_url, flow=params.flow)
        return await self._backend.portal(await self._caller(), wish)

    async def _plans(self, peer: Connection, params: Nothing) -> nyra.PlansAnswer:
        return await self._backend.plans()

    async def _invoices(self, peer: Connection, params: Nothing) -> nyra.InvoicesAnswer:
        return await self._backend.invoices(await self._caller())

    async def _devices(self, peer: Connection, params: Nothing) -> nyra.DevicesAnswer:
        limit = self._runner.state.limit
        if limit is not None:
            return limit
        return await self._backend.devices(await self._caller())

    async def _remove(self, peer: Connection, params: DeviceParams) -> nyra.DevicesAnswer:
        caller = await self._caller()
        devices = await self._backend.remove_device(caller, params.device_id)
        self._runner.handle(DevicesListed(devices))
        return devices

    async def _diagnostics(self, peer: Connection, params: Nothing) -> Diagnostics:
        return await self._diagnosis.of(self._runner.state, self._runner.view())

    def _settings_get(self, peer: Connection, params: Nothing) -> Settings:
        return self._settings.current

    def _settings_set(self, peer: Connection, params: SettingsParams) -> Settings:
        return self._settings.change(params)

    def _pending(self, kind: str, session_id: str, url: str | None, expires_at: int) -> Checkout:
        """Keep what was started, and only then say so: it has to survive a restart."""
        self._runner.handle(
            PendingStarted(kind=kind, session_id=session_id, url=url, expires_at=expires_at)
        )
        shown = self._runner.view().checkout
        if shown is None:
            raise AssertionError("a checkout that was just started is shown")
        return shown

    async def _key(self, *, renew: bool = False) -> SigningKey:
        """The device's key. Raises KeyringUnavailable."""
        await self._runner.settled_keys()
        if not self._runner.state.ready:
            self._runner.handle(SecretsWanted(renew))
            await self._runner.settled_keys()
        key, closed = self._runner.storage.key, self._runner.state.closed
        if not self._runner.state.ready or key is None:
            raise _error(closed) if closed is not None else KeyringUnavailable("There is no key.")
        return key

    async def _caller(self) -> Caller:
        """This device, with what it can show. Raises DaemonRefused where it has nothing."""
        await self._key()
        state = self._runner.state
        if state.kept.token is None and state.polled is None:
            raise DaemonRefused(
                "This device is not activated online.",
                code="not_activated",
                remedy="Activate it first.",
            )
        pending = state.polled if _by_pending(state) else None
        return caller_of(state, self._runner.storage, self._runner.clocks, pending)


def _by_pending(state: State) -> bool:
    """Without a token, or without room for this device, the checkout is what it can show."""
    return state.kept.token is None or state.limit is not None


def _error(failure: Failure) -> KeysteadError:
    if failure.unreachable:
        return BackendUnreachable(failure.sentence, code=failure.code, remedy=failure.remedy)
    return DaemonRefused(failure.sentence, code=failure.code, remedy=failure.remedy)


def missing(methods: dict[str, Handler]) -> set[str]:
    """The names of the contract that have no handler, or handlers that have no name there."""
    return methods.keys() ^ local_api.METHODS.keys()
