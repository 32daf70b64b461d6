"""Events of the daemon, as values; `keystead_daemon.plan` decides what follows from each."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from keystead.device_statement import DeviceStatement
from keystead.errors import Values
from keystead.trust import Newest
from keystead.trusted_time import ClockReading, NonceOpening
from keystead.wire.nyra import DevicesAnswer, LicenseStatus
from keystead_daemon.effects import Credential
from keystead_daemon.state import Failure, PendingActivation, PersistedState, Session


class Moment(msgspec.Struct, frozen=True):
    """The inputs of every decision: both clocks, and a random number drawn evenly from [0, 1)."""

    reading: ClockReading
    chance: float


class Started(msgspec.Struct, frozen=True):
    """The daemon started and read the public files.

    ``license`` is the text of ``license.jws``, ``key_manifest`` that of ``keys.jws``. ``refused``
    is the code with which ``device.jws`` was refused, None where it is missing or was accepted.
    """

    license: str | None
    statement: DeviceStatement | None
    refused: str | None = None
    key_manifest: str | None = None


class KeysOpened(msgspec.Struct, frozen=True):
    """The device key and the vault key are loaded.

    ``persisted`` is the vault's content, None where there is no vault or it could not be opened; in
    the latter case ``vault_set_aside`` is true. ``renewed`` is true where a lost device key was
    replaced for a new activation.
    """

    device_id: str
    persisted: PersistedState | None
    vault_set_aside: bool = False
    renewed: bool = False


class KeysRequested(msgspec.Struct, frozen=True):
    """A person did something that needs the keys; with ``renew`` it is a new activation."""

    renew: bool = False


class KeysUnavailable(msgspec.Struct, frozen=True):
    """The keys can't be loaded, or are lost; ``code`` is that of the StorageFailed error.

    ``locked`` is true where another attempt would show a password prompt.
    """

    code: str
    sentence: str
    values: Values = {}
    locked: bool = False


class TimerFired(msgspec.Struct, frozen=True):
    """The timer that `ArmTimer` set has fired."""


class ClockChecked(msgspec.Struct, frozen=True):
    """The state is needed as of now, or a clock was set."""


class RefreshRequested(msgspec.Struct, frozen=True):
    """A person requested a refresh and waits for it."""


class WakeCause(StrEnum):
    """Why the daemon requests the status by itself."""

    RESUMED = "resumed"
    NETWORK = "network"


class Woken(msgspec.Struct, frozen=True):
    """The machine resumed from sleep, or a network came up."""

    cause: WakeCause


class StatusReceived(msgspec.Struct, frozen=True):
    """The backend's response to a status request, whose nonce commits to ``nonce_opening``.

    ``pending_id`` is the `PendingActivation.session_id` that was polled, None with the token.
    ``asked_after`` is the newest license that had been accepted when the request was sent.
    """

    credential: Credential
    status: LicenseStatus
    nonce_opening: NonceOpening
    pending_id: str | None = None
    asked_after: Newest | None = None


class StatusFailed(msgspec.Struct, frozen=True, kw_only=True):
    """A status request got no usable response (``unreachable``), or was refused."""

    credential: Credential
    code: str
    sentence: str
    unreachable: bool
    pending_id: str | None = None
    retry_after_s: float | None = None
    values: Values = {}
    extra: dict[str, Any] = {}

    def as_failure(self, count: int) -> Failure:
        """Return the failure to record; ``count`` is the number of failures in a row."""
        polled = self.credential is Credential.PENDING
        return Failure(self.code, self.sentence, self.unreachable, count, self.values, polled)


class KeyManifestReceived(msgspec.Struct, frozen=True):
    """The backend's newest key manifest as compact JWS, None where it publishes none."""

    manifest: str | None


class KeyManifestFailed(msgspec.Struct, frozen=True):
    """A request for the key manifest got no manifest, for the reason ``code``."""

    code: str
    sentence: str


class PendingStarted(msgspec.Struct, frozen=True, kw_only=True):
    """The backend opened a checkout, or accepted a restore or an account's activation."""

    kind: str
    session_id: str
    url: str | None
    expires_at: int

    def pending(self, now_ms: int, reading: ClockReading) -> PendingActivation:
        """Return the pending activation, started at trusted time ``now_ms`` and this reading."""
        return PendingActivation(
            kind=self.kind,
            session_id=self.session_id,
            url=self.url,
            started_at=now_ms,
            expires_at=self.expires_at,
            boot_ms=reading.boot_ms,
            boot_id=reading.boot_name,
        )


class PendingCancelled(msgspec.Struct, frozen=True):
    """A person cancelled the pending activation."""


class DocumentImported(msgspec.Struct, frozen=True):
    """A person imported a license file, an activation code or a key manifest.

    `plan` raises InvalidDocument where it is refused.
    """

    document: str


class OfflineRequestCreated(msgspec.Struct, frozen=True):
    """An offline activation request, given as its text, was created."""

    request: str


class Deactivated(msgspec.Struct, frozen=True):
    """The backend deactivated this device at a person's request."""


class DevicesListed(msgspec.Struct, frozen=True):
    """The backend listed the customer's devices after one was removed."""

    devices: DevicesAnswer


class SignInStarted(msgspec.Struct, frozen=True):
    """A browser sign-in was started."""


class SignedIn(msgspec.Struct, frozen=True):
    """Tokens were received, from a sign-in or a renewal of the session."""

    session: Session


class SignedOut(msgspec.Struct, frozen=True):
    """The session ended: with ``code``, or None where a person signed out."""

    code: str | None = None


class SignInFailed(msgspec.Struct, frozen=True):
    """A sign-in ended without tokens, for the reason ``code``; an existing session stays."""

    code: str


class Saved(msgspec.Struct, frozen=True):
    """A `Save` succeeded, or failed with ``code``."""

    code: str | None = None


class Stopping(msgspec.Struct, frozen=True):
    """The daemon is about to exit."""


DaemonEvent = TimerFired | ClockChecked | Woken | Saved | Stopping
SignInEvent = SignInStarted | SignedIn | SignedOut | SignInFailed
#: What a person did.
UserEvent = (
    RefreshRequested
    | PendingStarted
    | PendingCancelled
    | DocumentImported
    | OfflineRequestCreated
    | Deactivated
    | DevicesListed
)
Event = (
    Started
    | KeysRequested
    | KeysOpened
    | KeysUnavailable
    | StatusReceived
    | StatusFailed
    | KeyManifestReceived
    | KeyManifestFailed
    | DaemonEvent
    | SignInEvent
    | UserEvent
)
