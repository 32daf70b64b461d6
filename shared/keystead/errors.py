"""The exceptions of Keystead, named by what they mean to the code that catches them.

    KeysteadError
    ├── InvalidDocument      a signed document breaks a rule of specification §3
    ├── InvalidInput         a flag, file, message or link is invalid
    │   └── InvalidProfile   the vendor's profile is invalid
    ├── NotEntitled          a feature is not paid for, or no longer
    ├── NotInstalled         the daemon or the window is not on this machine
    ├── DaemonUnreachable    no daemon responds on the local socket
    ├── DaemonRefused        the daemon refused a call
    ├── BackendUnreachable   the billing backend gave no usable response
    ├── BackendRefused       the billing backend refused a call
    └── StorageFailed        a file of this user can't be read or written
        ├── KeyringUnavailable   locked, missing, lost, or not responding
        └── VaultUnreadable      the vault can't be decrypted

Every error has a ``code`` for programs, ``values`` that belong to it, a ``sentence`` for logs and
developers, and a ``remedy`` where there is one. None holds a token, a key, an email address or the
query of a URL. Terminal and window show the client's own message for each code
(`keystead_client.messages.problems`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

#: Values for the message of a code, by name: a file, a version, a number of seconds.
Values: TypeAlias = dict[str, str | int]


class KeysteadError(Exception):
    """The base class of all exceptions of Keystead."""

    default_code = "error"

    def __init__(
        self,
        sentence: str,
        *,
        code: str | None = None,
        remedy: str | None = None,
        values: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or self.default_code
        self.remedy = remedy
        self.values: Values = dict(values or {})

    @property
    def cause(self) -> str:
        """The most specific code, for messages."""
        return self.code


class InvalidDocument(KeysteadError):
    """A signed document is refused; ``code`` names the rule and reveals none of its content."""


class InvalidInput(KeysteadError):
    """A flag, file, message or link from outside is invalid."""

    default_code = "invalid_input"


class InvalidProfile(InvalidInput):
    """The vendor's profile is invalid."""

    default_code = "invalid_profile"


class NotEntitled(KeysteadError):
    """What was required is not paid for, or no longer.

    ``code`` is the activation's state, or ``feature_not_included``. ``sentence`` says what is wrong
    and ``remedy`` what to do; both are in English and for the program's customers. ``values`` has
    the machine-readable ``reason``, and the ``feature`` where one is missing.
    """

    default_code = "not_entitled"


class NotInstalled(KeysteadError):
    """A program that is needed is not installed; ``remedy`` says what to install.

    ``code`` is ``daemon_missing`` or ``window_missing``.
    """

    default_code = "daemon_missing"


class DaemonUnreachable(KeysteadError):
    """No daemon responds on the local socket."""

    default_code = "daemon_unreachable"


class DaemonRefused(KeysteadError):
    """The daemon refused a call (specification §10.3).

    ``cause`` is the more specific code where ``code`` covers several (``backend_unreachable``).
    """

    default_code = "daemon_refused"

    def __init__(
        self,
        sentence: str,
        *,
        code: str | None = None,
        remedy: str | None = None,
        values: Mapping[str, str | int] | None = None,
        cause: str | None = None,
    ) -> None:
        super().__init__(sentence, code=code, remedy=remedy, values=values)
        self._cause = cause

    @property
    def cause(self) -> str:
        return self._cause or self.code


class BackendUnreachable(KeysteadError):
    """The backend gave no usable response: no route, TLS, a timeout, a page instead of JSON."""

    default_code = "backend_unreachable"

    def __init__(
        self,
        sentence: str,
        *,
        code: str | None = None,
        remedy: str | None = None,
        retry_after_s: float | None = None,
        values: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(sentence, code=code, remedy=remedy, values=values)
        self.retry_after_s = retry_after_s


class BackendRefused(KeysteadError):
    """The backend refused a call with a problem document (RFC 9457).

    ``status`` is its HTTP status. ``retry_after_s`` is in seconds, from ``Retry-After``.
    ``extra`` holds the document's extension members, such as ``devices`` at the device limit.
    """

    default_code = "backend_refused"

    def __init__(
        self,
        sentence: str,
        *,
        status: int,
        code: str | None = None,
        remedy: str | None = None,
        retry_after_s: float | None = None,
        extra: dict[str, object] | None = None,
    ) -> None:
        super().__init__(sentence, code=code, remedy=remedy)
        self.status = status
        self.retry_after_s = retry_after_s
        self.extra = extra or {}


class StorageFailed(KeysteadError):
    """A file of this user can't be read or written."""

    default_code = "storage_failed"


class KeyringUnavailable(StorageFailed):
    """The keyring is locked, missing, lost, or did not respond in time."""

    default_code = "keyring_unavailable"


class VaultUnreadable(StorageFailed):
    """The vault can't be decrypted with this device's key."""

    default_code = "vault_unreadable"
