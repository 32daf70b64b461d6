"""What can go wrong, named after what it means for whoever catches it.

    KeysteadError
    ├── InvalidDocument      a signed document breaks a rule of contract §2
    ├── InvalidInput         a flag, file, message or link is not what it should be
    │   └── InvalidProfile   the vendor's profile is not usable
    ├── NotEntitled          the feature asked for is not paid for, or not any more
    ├── DaemonUnreachable    nobody answers on the local socket
    ├── DaemonRefused        the daemon answered, and the answer is no
    ├── BackendUnreachable   no usable answer came from the billing backend
    ├── BackendRefused       the backend answered, and the answer is no
    └── StorageFailed        this user's files could not be read or written
        ├── KeyringUnavailable   locked, missing, lost, or no answer in time
        └── VaultUnreadable      the vault is there, and its key does not open it

Every error has a ``code`` that programs compare, ``values`` that belong to it, a ``sentence`` for
logs and developers, and, where there is something to do about it, a ``remedy`` in the imperative.
None of them ever holds a token, a key, an email address or the query of a URL. In terminal and
window the client has words of its own for each code (`keystead_client.messages.problems`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

#: What the words for a code tell of, by name: a file, a version, a number of seconds.
Values: TypeAlias = dict[str, str | int]


class KeysteadError(Exception):
    """The root of everything that Keystead raises on purpose."""

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
        """The code that says most exactly what happened, for words."""
        return self.code


class InvalidDocument(KeysteadError):
    """A signed document is refused; ``code`` names the rule and reveals none of its content."""


class InvalidInput(KeysteadError):
    """A flag, a file, a message or a link from outside is not what it should be."""

    default_code = "invalid_input"


class InvalidProfile(InvalidInput):
    """The vendor's profile cannot be used."""

    default_code = "invalid_profile"


class NotEntitled(KeysteadError):
    """A protected feature was asked for without a right to it."""

    default_code = "not_entitled"


class DaemonUnreachable(KeysteadError):
    """No daemon answers on the local socket."""

    default_code = "daemon_unreachable"


class DaemonRefused(KeysteadError):
    """The daemon answered with an error of its own (contract §5).

    ``cause`` is the finer code where ``code`` covers several, such as ``backend_unreachable``.
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
    """The backend gave no usable answer: no route, TLS, a time-out, a page in place of JSON."""

    default_code = "backend_unreachable"

    def __init__(
        self,
        sentence: str,
        *,
        code: str | None = None,
        remedy: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(sentence, code=code, remedy=remedy)
        self.retry_after_s = retry_after_s


class BackendRefused(KeysteadError):
    """The backend understood and said no, by a problem document (RFC 9457).

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
    """A file of this user could not be read or written."""

    default_code = "storage_failed"


class KeyringUnavailable(StorageFailed):
    """The system's keyring is locked, missing, lost, or did not answer in time."""

    default_code = "keyring_unavailable"


class VaultUnreadable(StorageFailed):
    """The vault is there, but the key that we have does not open it."""

    default_code = "vault_unreadable"
