"""Effects that `keystead_daemon.plan` returns, as values; `runner` carries them out."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Credential(StrEnum):
    """What a status request presents: the device access token, or a pending activation's id."""

    TOKEN = "token"
    PENDING = "pending"


class OpenKeys(msgspec.Struct, frozen=True):
    """Load the device key and the vault key, and open the vault; can take seconds.

    With ``renew`` a lost device key is replaced by a new one, for a new activation.
    """

    renew: bool = False


class RequestStatus(msgspec.Struct, frozen=True):
    """Request this device's license status from the backend."""

    credential: Credential


class RequestKeyManifest(msgspec.Struct, frozen=True):
    """Request the newest key manifest from the backend."""


class Save(msgspec.Struct, frozen=True):
    """Write the vault, then publish the files that are not secret from it."""


class SetLicenseAside(msgspec.Struct, frozen=True):
    """Rename a refused ``license.jws``, so that the next one does not overwrite it."""


class ArmTimer(msgspec.Struct, frozen=True):
    """Set the one timer to this reading of the boot clock (ms), or clear it."""

    boot_ms: int | None


Effect = OpenKeys | RequestStatus | RequestKeyManifest | Save | SetLicenseAside | ArmTimer
