"""What `presentation` reads of an activation and of errors, as protocols; instants are epoch ms.

`keystead.local_api.ActivationView` fulfils them, and so does the daemon's answer as plain JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Paid(Protocol):
    """What is read of `keystead.documents.Entitlement`."""

    @property
    def key(self) -> str: ...
    @property
    def seats(self) -> int: ...
    @property
    def cancel_at_period_end(self) -> bool: ...


class Started(Protocol):
    """What is read of `keystead.local_api.Checkout`."""

    @property
    def kind(self) -> str: ...
    @property
    def url(self) -> str | None: ...


class Able(Protocol):
    """What is read of `keystead.capabilities.Capabilities`."""

    @property
    def restore(self) -> bool: ...
    @property
    def portal(self) -> bool: ...


class View(Protocol):
    """What is read of `keystead.local_api.ActivationView`; instants are epoch ms."""

    @property
    def state(self) -> str: ...
    @property
    def usable(self) -> bool: ...
    @property
    def until(self) -> int | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def device_id(self) -> str | None: ...
    @property
    def entitlement(self) -> Paid | None: ...
    @property
    def current_period_end(self) -> int | None: ...
    @property
    def grace_ends_at(self) -> int | None: ...
    @property
    def last_refresh_at(self) -> int | None: ...
    @property
    def next_refresh_at(self) -> int | None: ...
    @property
    def hints(self) -> Sequence[str]: ...
    @property
    def now(self) -> int: ...
    @property
    def checkout(self) -> Started | None: ...
    @property
    def capabilities(self) -> Able: ...


class Refused(Protocol):
    """What is read of `keystead.errors.KeysteadError`."""

    @property
    def cause(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def remedy(self) -> str | None: ...
    @property
    def values(self) -> Mapping[str, str | int]: ...
