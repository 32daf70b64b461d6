"""The connection to the billing backend: transport, client and refresh, built when first needed.

Importing and building them takes longer than the rest of the daemon's start, so a starting daemon
answers local calls before any of it is loaded.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from keystead import __version__
from keystead.local_api import DaemonInfo
from keystead.sign_in import AuthorizationServer
from keystead_daemon import helpers
from keystead_daemon.clocks import Clocks
from keystead_daemon.effects import Credential
from keystead_daemon.events import (
    KeyManifestFailed,
    KeyManifestReceived,
    StatusFailed,
    StatusReceived,
)
from keystead_daemon.logs import Log
from keystead_daemon.runner import Runner
from keystead_daemon.state import State
from keystead_daemon.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

    from keystead_daemon.backend_methods import BackendMethods
    from keystead_daemon.backends.client import Client
    from keystead_daemon.backends.licenses import LicenseApi
    from keystead_daemon.helper_transport import HelperTransport
    from keystead_daemon.refresh import Refresh


#: A host name can be longer than the list of devices shows.
_DEVICE_NAME_CHARACTERS = 64


class BackendOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The profile's settings for the backend; ``server`` is None for an API without sign-in."""

    info: DaemonInfo
    server: AuthorizationServer | None
    offline_page: str
    log_file: Path


class _Parts(msgspec.Struct, frozen=True):
    transport: HelperTransport
    client: Client
    licenses: LicenseApi
    refresh: Refresh


class BackendConnection:
    """``proxy`` returns the proxy setting at each request."""

    def __init__(
        self,
        options: BackendOptions,
        *,
        storage: Storage,
        clocks: Clocks,
        proxy: Callable[[], str],
        log: Log,
    ) -> None:
        self._options = options
        self._storage = storage
        self._clocks = clocks
        self._proxy = proxy
        self._log = log
        self._parts: _Parts | None = None
        self._methods: BackendMethods | None = None

    async def refresh(self, state: State, credential: Credential) -> StatusReceived | StatusFailed:
        """Request the license status; see `keystead_daemon.refresh`."""
        return await self._connected().refresh(state, credential)

    async def request_key_manifest(self) -> KeyManifestReceived | KeyManifestFailed:
        """Request the key manifest; see `keystead_daemon.refresh`."""
        from keystead_daemon.refresh import request_key_manifest

        return await request_key_manifest(self._connected().licenses)

    def methods(self, runner: Runner) -> BackendMethods:
        """Return the local API's methods that need the backend."""
        if self._methods is None:
            self._methods = self._build_methods(runner, self._connected())
        return self._methods

    async def close_sessions(self) -> None:
        """End an open sign-in, and give token revocations a moment to finish."""
        # Without methods no sign-in was started, and nothing needs to be loaded to close it.
        if self._methods is not None:
            self._methods.sign_in.close()
            await self._methods.revoker.close()

    async def close(self) -> None:
        """End the HTTP helper."""
        if self._parts is not None:
            await self._parts.transport.close()

    def _build_methods(self, runner: Runner, parts: _Parts) -> BackendMethods:
        from keystead_daemon.authorization import Authorization
        from keystead_daemon.backend_methods import BackendMethods
        from keystead_daemon.backends.dialect import dialect_of
        from keystead_daemon.diagnostics import Diagnosis
        from keystead_daemon.sign_in_flow import SignInFlow
        from keystead_daemon.token_revocation import TokenRevoker

        info, server = self._options.info, self._options.server
        client, api = parts.client, info.billing_api
        return BackendMethods(
            runner,
            parts.licenses,
            dialect_of(api),
            Authorization(runner, client, server=server, billing_api=api),
            Diagnosis(parts.licenses, info=info, log_file=self._options.log_file),
            refresh=parts.refresh,
            sign_in=SignInFlow(runner, client, server=server, billing_api=api, random=os.urandom),
            revoker=TokenRevoker(client, server=server, log=self._log),
            product=info.product,
            device_name=_device_name(),
            offline_page=self._options.offline_page,
            random=os.urandom,
        )

    def _connected(self) -> _Parts:
        if self._parts is None:
            from keystead_daemon.backends.client import Client
            from keystead_daemon.backends.licenses import LicenseApi
            from keystead_daemon.helper_transport import HelperTransport
            from keystead_daemon.refresh import Refresh

            transport = HelperTransport(helpers.command("http"))
            client = Client(
                self._options.info.backend_url,
                transport,
                random=os.urandom,
                proxy=self._proxy,
                agent=f"keysteadd/{__version__}",
                product=self._options.info.product,
            )
            licenses = LicenseApi(client)
            refresh = Refresh(licenses, self._storage, clocks=self._clocks, random=os.urandom)
            self._parts = _Parts(transport, client, licenses, refresh)
        return self._parts


def _device_name() -> str:
    """Return the host name, shown in the customer's list of devices; nothing is bound to it."""
    return socket.gethostname()[:_DEVICE_NAME_CHARACTERS] or "unnamed"
