"""The part of the stub's services that authentication needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from keystead.keys import KeySet
from keystead_stub.auth.dpop_nonces import Nonces
from keystead_stub.auth.proof_replay import UsedProofs
from keystead_stub.settings import Settings
from keystead_stub.store.engine import Store


class Issuer(Protocol):
    """The audience of the documents that the stub signs."""

    @property
    def audience(self) -> str: ...


class AuthContext(Protocol):
    """Keys, secrets, store and clocks. Satisfied by the stub's services.

    A protocol, because the services hold the nonces and the used proofs of this package: importing
    them here would be an import cycle.
    """

    @property
    def settings(self) -> Settings: ...
    @property
    def terms(self) -> Issuer: ...
    @property
    def store(self) -> Store: ...
    @property
    def keys(self) -> KeySet: ...
    @property
    def manifest_keys(self) -> Callable[[], KeySet]: ...
    @property
    def nonces(self) -> Nonces: ...
    @property
    def proofs(self) -> UsedProofs: ...
    @property
    def random(self) -> Callable[[int], bytes]: ...
    @property
    def public_url(self) -> Callable[[], str]: ...
    @property
    def stripe_now_ms(self) -> Callable[[], int]: ...
    def now_ms(self) -> int: ...
