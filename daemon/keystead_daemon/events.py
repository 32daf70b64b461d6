"""What happens to the daemon. Values only; `keystead_daemon.plan` says what follows from each."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from keystead.device_statement import DeviceStatement
from keystead.errors import Values
from keystead.trusted_time import ClockReading, NonceOpening
from keystead.wire.nyra import DevicesAnswer, LicenseStatus
from keystead_daemon.effects import Credential
from keystead_daemon.state import PendingActivation, PersistedState, Session


class Moment(msgspec.Struct, frozen=True):
    """What comes with every event: both clocks, and a number drawn evenly from [0, 1)."""

    reading: ClockReading
    chance: float


class Started(msgspec.Struct, frozen=True):
    """The daemon began, and read the public files.

    ``refused`` is the code by which ``device.jws`` was refused, where it is there and was.
    """

    license: str | None
    statement: DeviceStatement | None
    refused: str | None = None


class KeysOpened(msgspec.Struct, frozen=True):
    """Both keys are at hand.

    ``kept`` is the vault's content, None where there is no vault or it could not be opened; in the
    latter case ``vault_set_aside`` is true. ``renewed`` is true where a lost device key was
    replaced, because a new activation was asked for.
    """

    device_id: str
    kept: PersistedState | None
    vault_set_aside: bool = False
    renewed: bool = False


class KeysRequested(msgspec.Struct, frozen=True):
    """A person did something that needs the keys; with ``renew``, a new activation."""

    renew: bool = False


class KeysUnavailable(msgspec.Struct, frozen=True):
    """The keys cannot be had now, or are lost; the words are `KeyringUnavailable`'s.

    ``locked`` is true where asking again would put a question before a person.
    """

    code: str
    sentence: str
    values: Values = {}
    locked: bool = False


class TimerFired(msgspec.Struct, frozen=True):
    """The timer that `Arm` set has come."""


class ClockChecked(msgspec.Struct, frozen=True):
    """Somebody wants to see the state as of now, or a clock was set."""


class RefreshRequested(msgspec.Struct, frozen=True):
    """A person asked for the newest state, and waits."""


class WakeCause(StrEnum):
    """Why the daemon asks on its own account."""

    RESUMED = "resumed"
    NETWORK = "network"


class Woken(msgspec.Struct, frozen=True):
    """The machine woke from sleep, or got a network."""

    cause: WakeCause


class StatusReceived(msgspec.Struct, frozen=True):
    """The backend answered a status call, for which ``witness`` made the nonce.

    ``asked_for`` is the id of the checkout or restore that was asked for, None with the token.
    """

    credential: Credential
    answer: LicenseStatus
    witness: NonceOpening
    asked_for: str | None = None


class StatusFailed(msgspec.Struct, frozen=True, kw_only=True):
    """A status call brought no answer (``unreachable``), or a refusal."""

    credential: Credential
    code: str
    sentence: str
    unreachable: bool
    asked_for: str | None = None
    retry_after_s: float | None = None
    extra: dict[str, Any] = {}


class PendingStarted(msgspec.Struct, frozen=True, kw_only=True):
    """The backend opened a checkout or took a restore; ``started_at`` is filled in by the plan."""

    kind: str
    session_id: str
    url: str | None
    expires_at: int

    def pending(self, now_ms: int, reading: ClockReading) -> PendingActivation:
        return PendingActivation(
            kind=self.kind,
            session_id=self.session_id,
            url=self.url,
            started_at=now_ms,
            expires_at=self.expires_at,
            boot_ms=reading.boot_ms,
            boot_id=reading.boot_id,
        )


class PendingCancelled(msgspec.Struct, frozen=True):
    """The person does not want to go on with the checkout."""


class DocumentImported(msgspec.Struct, frozen=True):
    """A license file, or an activation code, was given.

    The plan raises InvalidDocument where it is not taken.
    """

    document: str


class OfflineRequestCreated(msgspec.Struct, frozen=True):
    """A license was asked for without a network, by the request of this text."""

    request: str


class Deactivated(msgspec.Struct, frozen=True):
    """The backend let this device go, because a person here wanted it."""


class DevicesListed(msgspec.Struct, frozen=True):
    """The backend named the customer's devices."""

    devices: DevicesAnswer


class SignInStarted(msgspec.Struct, frozen=True):
    """A browser was sent to sign somebody in."""


class SignedIn(msgspec.Struct, frozen=True):
    """Tokens came: of a sign-in, or in the place of the session's own."""

    session: Session


class SignedOut(msgspec.Struct, frozen=True):
    """There is no session any more: because of ``code``, or because a person wanted it."""

    code: str | None = None


class SignInFailed(msgspec.Struct, frozen=True):
    """A sign-in that was begun came to nothing, because of ``code``; a session stays."""

    code: str


class Saved(msgspec.Struct, frozen=True):
    """A `Save` was carried out, or failed with ``code``."""

    code: str | None = None


class Stopping(msgspec.Struct, frozen=True):
    """The daemon is about to end."""


Event = (
    Started
    | KeysOpened
    | KeysUnavailable
    | KeysRequested
    | TimerFired
    | ClockChecked
    | RefreshRequested
    | Woken
    | StatusReceived
    | StatusFailed
    | PendingStarted
    | PendingCancelled
    | DocumentImported
    | OfflineRequestCreated
    | Deactivated
    | DevicesListed
    | SignInStarted
    | SignedIn
    | SignedOut
    | SignInFailed
    | Saved
    | Stopping
)
