"""The daemon's state: one frozen value, of which a part is kept in the vault.

Instants ending in ``boot_ms`` are readings of the boot clock; ``at`` and ``at_ms`` are epoch ms by
trusted time.
"""

from __future__ import annotations

import msgspec

from keystead.activation import Activation, decide
from keystead.capabilities import Capabilities
from keystead.documents import License
from keystead.errors import Values
from keystead.instants import to_ms
from keystead.keys import KeySet
from keystead.trust import Newest
from keystead.trusted_time import ClockReading, NonceOpening, TimeState, TrustedNow, trusted_now
from keystead.wire.nyra import DevicesAnswer
from keystead_daemon.effects import Credential

CHECKOUT = "checkout"
RESTORE = "restore"
ACCOUNT = "account"


class ProductConfig(msgspec.Struct, frozen=True):
    """What does not change while the daemon runs: for which product, and whom it believes.

    ``issuers`` are the names by which the backend may call itself, for documents that leave it out.
    """

    product: str
    keys: KeySet
    issuers: tuple[str, ...] = ()
    capabilities: Capabilities = Capabilities()


class PendingActivation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was started here to activate this device, and is not known to have ended.

    ``session_id`` is the id of a checkout session, or of the activation that a restore will be, or
    that an account gave.
    ``answered`` is true once a license came of it, which may still be settling. ``boot_ms`` is the
    boot clock's reading when it was started, in the boot ``boot_id``.
    """

    kind: str
    session_id: str
    url: str | None
    started_at: int
    expires_at: int
    answered: bool = False
    boot_ms: int = 0
    boot_id: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody signed in at the billing API; ``ends_at`` is when the access token does."""

    access_token: str
    refresh_token: str | None
    ends_at: int
    subject: str | None = None
    account: str | None = None


class PersistedState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What outlives the process: the vault's content.

    ``witness`` opens the nonce of the license; ``request`` is the text of the last request for a
    license without a network, which stays open over restarts.
    ``former`` is the device of the license where that device's key was lost, and the license goes
    on until its boundary while a new activation is under way. ``given_up`` is the last checkout
    that was cancelled here or replaced by another: its page may still be open, and be paid.
    """

    license: str | None = None
    token: str | None = None
    newest: Newest | None = None
    time: TimeState = TimeState()
    witness: NonceOpening | None = None
    request: str | None = None
    pending: PendingActivation | None = None
    last_refresh_at: int | None = None
    former: str | None = None
    given_up: PendingActivation | None = None
    session: Session | None = None


class Due(msgspec.Struct, frozen=True):
    """When something is to be done: for the timer, and as it is shown."""

    boot_ms: int
    at_ms: int


class Failure(msgspec.Struct, frozen=True):
    """Why the last exchange failed, and the how many-th in a row that was."""

    code: str
    sentence: str
    unreachable: bool
    count: int = 1
    values: Values = {}


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decisions are made from.

    ``found`` is the text of ``license.jws`` as the daemon found it, ``refused`` the code by which
    it was refused. ``device_id`` is this device's, once it is known; ``ready`` is true while the
    device key and the vault key are at hand, and ``closed`` says why they are not. ``failure`` is
    of the last exchange; ``wanted`` is true from a person's question to the next answer, ``heard``
    once there was an answer since the start; ``limit`` holds the customer's devices while there is
    no room for this one. ``looked_ms`` is the trusted time at which turning points were last looked
    for. ``trouble`` holds hints that stay until what they report has changed. ``signing_in`` is
    true while a browser is waited for, and ``signed_out`` the code of what ended the last session
    or attempt.
    """

    site: ProductConfig
    kept: PersistedState = PersistedState()
    license: License | None = None
    refused: str | None = None
    device_id: str | None = None
    ready: bool = False
    opening: bool = False
    trouble: frozenset[str] = frozenset()
    found: str | None = None
    failure: Failure | None = None
    closed: Failure | None = None
    wanted: bool = False
    heard: bool = False
    limit: DevicesAnswer | None = None
    asking: Credential | None = None
    refresh: Due | None = None
    poll: Due | None = None
    resave: Due | None = None
    armed_boot_ms: int | None = None
    looked_ms: int | None = None
    signing_in: bool = False
    signed_out: str | None = None

    @property
    def has_credential(self) -> bool:
        return self.kept.token is not None or self.polled is not None

    @property
    def polled(self) -> PendingActivation | None:
        """The checkout or restore that is asked for by its own id, before a license came of it."""
        pending = self.kept.pending
        return pending if pending is not None and not pending.answered else None


def now_of(state: State, reading: ClockReading) -> TrustedNow:
    """The trusted time of a state at a reading."""
    floor_ms = to_ms(state.license.iat) if state.license is not None else 0
    return trusted_now(state.kept.time, reading, floor_ms)


def activation_of(state: State, now_ms: int) -> Activation:
    """The decision, by `keystead.activation`, for a state at a trusted time."""
    return decide(
        state.license,
        now_ms,
        checkout_open=state.kept.pending is not None,
        refused=state.refused,
    )
