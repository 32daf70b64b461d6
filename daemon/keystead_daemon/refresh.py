"""The daemon's own requests: what this device may do, and which keys may sign.

The nonce commits to the boot clock's reading at the moment of sending (`keystead.trusted_time`). So
the clocks are read here, after everything that takes time and just before the request is sent.
"""

from __future__ import annotations

from collections.abc import Callable

from keystead.encoding import b64u_encode
from keystead.errors import BackendRefused, BackendUnreachable
from keystead.instants import to_seconds
from keystead.trusted_time import NonceOpening, nonce_for
from keystead_daemon.backends.calls import DeviceCredentials
from keystead_daemon.backends.licenses import LicenseApi
from keystead_daemon.clocks import Clocks
from keystead_daemon.effects import Credential
from keystead_daemon.events import (
    KeyManifestFailed,
    KeyManifestReceived,
    StatusFailed,
    StatusReceived,
)
from keystead_daemon.state import CHECKOUT, PendingActivation, State, now_of
from keystead_daemon.storage import Storage


class Refresh:
    """Requests the status with the device key and the state's token or pending activation."""

    def __init__(
        self,
        licenses: LicenseApi,
        storage: Storage,
        *,
        clocks: Clocks,
        random: Callable[[int], bytes],
    ) -> None:
        self._licenses = licenses
        self._storage = storage
        self._clocks = clocks
        self._random = random

    async def __call__(self, state: State, credential: Credential) -> StatusReceived | StatusFailed:
        """Send the request and return its result as an event."""
        pending = state.polled if credential is Credential.PENDING else None
        asked_for = pending.session_id if pending is not None else None
        reading = self._clocks.read()
        nonce_opening = NonceOpening(
            reading.boot_name, reading.boot_ms, b64u_encode(self._random(16))
        )
        try:
            caller = credentials_of(state, self._storage, self._clocks, pending)
            answer = await self._licenses.status(caller, nonce_for(nonce_opening))
        except BackendUnreachable as error:
            return StatusFailed(
                credential=credential,
                code=error.code,
                sentence=error.sentence,
                unreachable=True,
                pending_id=asked_for,
                retry_after_s=error.retry_after_s,
                values=error.values,
            )
        except BackendRefused as error:
            return StatusFailed(
                credential=credential,
                code=error.code,
                sentence=error.sentence,
                unreachable=False,
                pending_id=asked_for,
                retry_after_s=error.retry_after_s,
                extra=error.extra,
            )
        return StatusReceived(
            credential, answer, nonce_opening, asked_for, asked_after=state.persisted.newest
        )


async def request_key_manifest(licenses: LicenseApi) -> KeyManifestReceived | KeyManifestFailed:
    """Request the backend's newest key manifest and return the result as an event."""
    try:
        return KeyManifestReceived(await licenses.key_manifest())
    except (BackendUnreachable, BackendRefused) as error:
        return KeyManifestFailed(error.code, error.sentence)


def credentials_of(
    state: State, storage: Storage, clocks: Clocks, pending: PendingActivation | None = None
) -> DeviceCredentials:
    """Return the device's credentials: ``pending`` where it is given, else the token."""
    if storage.key is None:
        raise AssertionError("no request is sent before the device key is loaded")
    query = None
    if pending is not None:
        name = "checkoutSessionId" if pending.kind == CHECKOUT else "activationId"
        query = (name, pending.session_id)
    return DeviceCredentials(
        key=storage.key,
        now_s=to_seconds(now_of(state, clocks.read()).now_ms),
        token=state.persisted.token if pending is None else None,
        pending=query,
    )
