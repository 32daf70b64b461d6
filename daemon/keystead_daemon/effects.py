"""What `keystead_daemon.plan` may ask of the world. Values only; `runner` carries them out."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Credential(StrEnum):
    """What a status call shows: the device access token, or the id of a checkout or restore."""

    TOKEN = "token"
    PENDING = "pending"


class OpenKeys(msgspec.Struct, frozen=True):
    """Get the device key and the vault key, and open the vault; takes a while.

    With ``renew`` a lost device key is replaced by a new one: a new activation was asked for.
    """

    renew: bool = False


class RequestStatus(msgspec.Struct, frozen=True):
    """Ask the backend for this device's license status."""

    credential: Credential


class Save(msgspec.Struct, frozen=True):
    """Commit what is kept to the vault, then publish ``license.jws`` and ``device.jws`` from it."""


class SetLicenseAside(msgspec.Struct, frozen=True):
    """Rename ``license.jws``, which cannot be used, so that another may take its place."""


class ArmTimer(msgspec.Struct, frozen=True):
    """Set the one timer to this reading of the boot clock (ms), or to none."""

    boot_ms: int | None


Effect = OpenKeys | RequestStatus | Save | SetLicenseAside | ArmTimer
