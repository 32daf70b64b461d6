"""One call to a billing backend as a value, who makes it, and what a way to make it is."""

from __future__ import annotations

from enum import Enum
from typing import Protocol, TypeVar

import msgspec

from keystead.keys import SigningKey

T = TypeVar("T")


class DeviceCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: the device's key, its token where it has one, and the trusted time in seconds.

    ``pending`` names a checkout or activation of this device in the place of a token, as the query
    parameter and its value.
    """

    key: SigningKey
    now_s: int
    token: str | None = None
    pending: tuple[str, str] | None = None


class SessionCredentials(msgspec.Struct, frozen=True):
    """Somebody signed in, by their access token (RFC 6750)."""

    access_token: str


class Auth(Enum):
    """Whose right a call is made by."""

    NONE = "nobody"
    DEVICE = "device"
    ACCOUNT = "account"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """``path`` is below the backend's address; ``query`` without what is None."""

    method: str
    path: str
    auth: Auth = Auth.NONE
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: msgspec.Struct | None = None


class Ask(Protocol):
    """Makes a call by whatever right it names."""

    async def __call__(self, call: Call, kind: type[T]) -> T:
        """The answer as its type. Raises BackendUnreachable, BackendRefused, DaemonRefused."""
        ...


def present(**fields: str | None) -> dict[str, str]:
    """A query of those that are there."""
    return {name: value for name, value in fields.items() if value is not None}
