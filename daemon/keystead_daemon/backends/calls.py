"""Calls to a billing backend as values, and the credentials they are sent with."""

from __future__ import annotations

from enum import Enum
from typing import Protocol, TypeVar

import msgspec

from keystead.keys import SigningKey

T = TypeVar("T")


class DeviceCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """The device's key, its token if it has one, and the trusted time in seconds.

    ``pending`` is the query parameter, name and value, that identifies a pending activation instead
    of a token.
    """

    key: SigningKey
    now_s: int
    token: str | None = None
    pending: tuple[str, str] | None = None


class SessionCredentials(msgspec.Struct, frozen=True):
    """A signed-in person's access token (RFC 6750)."""

    access_token: str


class Auth(Enum):
    """The authorization that a call needs."""

    NONE = "nobody"
    #: A proof of the device's key, without a token.
    KEY = "key"
    DEVICE = "device"
    ACCOUNT = "account"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """``path`` is relative to the backend's URL."""

    method: str
    path: str
    auth: Auth = Auth.NONE
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: msgspec.Struct | None = None


class Ask(Protocol):
    """Sends a call with the authorization that it names."""

    async def __call__(self, call: Call, kind: type[T]) -> T:
        """Return the response. Raises BackendUnreachable, BackendRefused, DaemonRefused."""
        ...


def present(**fields: str | None) -> dict[str, str]:
    """Return the fields that are not None, as a query or headers."""
    return {name: value for name, value in fields.items() if value is not None}
