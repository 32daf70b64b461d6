"""The daemon's state: one frozen value, part of which is stored in the vault.

Fields ending in ``boot_ms`` are readings of the boot clock. ``at``, ``at_ms`` and other instants
are epoch milliseconds by trusted time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from keystead.activation import Activation, decide
from keystead.capabilities import Capabilities
from keystead.documents import License
from keystead.errors import Values
from keystead.instants import to_ms
from keystead.key_manifest import KeyManifest, ManifestVersion
from keystead.keys import KeySet
from keystead.signing_keys import SigningKeys
from keystead.trust import Newest
from keystead.trusted_time import ClockReading, NonceOpening, TimeState, TrustedNow, trusted_now
from keystead.wire.nyra import DevicesAnswer
from keystead_daemon.effects import Credential

if TYPE_CHECKING:
    from keystead_daemon.events import StatusReceived

#: Kinds of a `PendingActivation`.
CHECKOUT = "checkout"
RESTORE = "restore"
ACCOUNT = "account"


class ProductConfig(msgspec.Struct, frozen=True):
    """What the vendor's profile fixes: the product, the pinned keys, the billing API's features.

    ``roots`` are the keys that may sign a key manifest, None where the profile names none.
    ``issuers`` are the names that the backend may use for itself. An activation code leaves the
    issuer out, so each of them is tried.
    """

    product: str
    keys: KeySet
    issuers: tuple[str, ...] = ()
    capabilities: Capabilities = Capabilities()
    roots: KeySet | None = None


class PendingActivation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A checkout, restore or sign-in activation that was started here and has not ended yet.

    ``session_id`` is the id of the checkout session, or the activation id that a restore or an
    account returned. ``answered`` is true once a license came of it, which may still be settling.
    ``boot_ms`` is the boot clock's reading at the start, in the boot ``boot_id``.
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
    """A person's session at the billing API; ``ends_at`` is the end of the access token (ms)."""

    access_token: str
    refresh_token: str | None
    ends_at: int
    subject: str | None = None
    account: str | None = None


class OfflineQuestion(msgspec.Struct, frozen=True, rename="camel"):
    """When the offline request was created: after which license, and at which high-water mark."""

    after: Newest | None
    mark_ms: int


class PersistedState(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The vault's content. Names given with `msgspec.field` are those of the file format.

    ``license``, ``token`` and ``key_manifest`` are compact JWS texts. ``keys_version`` is the
    highest version of a key manifest that was accepted. ``nonce_opening`` opens the nonce of that
    license. ``newest`` is the order of the license accepted last. ``highest`` is that of an earlier
    one with a later ``iat``, where a backend's clock was ahead: documents up to it are old.

    ``request`` is the text of the last offline activation request, which stays open over restarts;
    ``asked`` says when it was created. ``former_device_id`` is the license's device where that
    device's key was lost: the license stays in force until its boundary while a new activation is
    under way. ``abandoned_checkout`` is the last checkout that was cancelled or replaced here. Its
    page may still be open in a browser, and be paid.
    """

    license: str | None = None
    token: str | None = None
    newest: Newest | None = None
    highest: Newest | None = None
    time: TimeState = TimeState()
    nonce_opening: NonceOpening | None = msgspec.field(default=None, name="witness")
    request: str | None = None
    asked: OfflineQuestion | None = None
    pending: PendingActivation | None = None
    last_refresh_at: int | None = None
    former_device_id: str | None = msgspec.field(default=None, name="former")
    abandoned_checkout: PendingActivation | None = msgspec.field(default=None, name="givenUp")
    session: Session | None = None
    key_manifest: str | None = None
    keys_version: ManifestVersion | None = None


class Due(msgspec.Struct, frozen=True):
    """When something is to be done: by the boot clock for the timer, by trusted time for people."""

    boot_ms: int
    at_ms: int


class Failure(msgspec.Struct, frozen=True):
    """Why a request or the keyring failed; ``count`` is the number of failures in a row.

    ``polled`` is true for a request about a pending activation, false for a refresh.
    """

    code: str
    sentence: str
    unreachable: bool
    count: int = 1
    values: Values = {}
    polled: bool = False


class KeyUpdates(msgspec.Struct, frozen=True):
    """The requests for key manifests (`keystead_daemon.key_updates`).

    ``failure`` is that of the last one: the manifest was refused, or (``unreachable``) there was
    no answer. ``held`` is the answer by an unknown key that waits for it. ``misses`` counts the
    requests that did not help; none is made because of an unknown key before
    ``not_before_boot_ms``.
    """

    due: Due | None = None
    in_flight: bool = False
    failure: Failure | None = None
    held: StatusReceived | None = None
    misses: int = 0
    not_before_boot_ms: int = 0


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decisions are made from.

    ``license`` is the verified license in force. ``license_file`` is the text of ``license.jws`` as
    the daemon read it at its start, and ``refused`` the code with which a license was refused.
    ``device_id`` is known as soon as ``device.jws`` or the key is read.

    ``ready`` is true while the device key and the vault key are loaded, ``opening_keys`` while they
    are being fetched, and ``vault_error`` says why they could not be.

    ``hints`` are those that stay until their cause has changed (`keystead.hints`); others are
    computed in `keystead_daemon.view`. ``failure`` is that of the last request to the backend,
    ``devices_at_limit`` the customer's devices while this one exceeds the device limit.

    ``user_waiting`` is true from a person's refresh until the next answer, ``answered_since_start``
    once the backend has answered in this process. ``request_in_flight`` is the credential of the
    status request under way. ``refresh_due``, ``poll_due`` and ``save_due`` say what is to be
    done next, and ``armed_boot_ms`` what the timer is set to. ``checked_ms`` is the trusted time at
    which turning points were last checked.

    ``save_failures`` counts failed saves in a row, and ``disputed_answers`` answers in a row that
    ended a license by a jump of the server's clock.

    ``key_manifest`` is the one that counts, verified.

    ``sign_in_open`` is true while a browser sign-in is under way; ``sign_in_error`` is the code of
    what ended the last session or sign-in.
    """

    config: ProductConfig
    persisted: PersistedState = PersistedState()
    license: License | None = None
    refused: str | None = None
    device_id: str | None = None
    ready: bool = False
    opening_keys: bool = False
    hints: frozenset[str] = frozenset()
    license_file: str | None = None
    failure: Failure | None = None
    vault_error: Failure | None = None
    user_waiting: bool = False
    answered_since_start: bool = False
    devices_at_limit: DevicesAnswer | None = None
    request_in_flight: Credential | None = None
    refresh_due: Due | None = None
    poll_due: Due | None = None
    save_due: Due | None = None
    save_failures: int = 0
    disputed_answers: int = 0
    armed_boot_ms: int | None = None
    checked_ms: int | None = None
    sign_in_open: bool = False
    sign_in_error: str | None = None
    key_manifest: KeyManifest | None = None
    key_updates: KeyUpdates = KeyUpdates()

    @property
    def signing_keys(self) -> SigningKeys:
        """The keys that may sign, and the manifest that says so."""
        return SigningKeys(
            product=self.config.product,
            pinned=self.config.keys,
            roots=self.config.roots,
            manifest=self.key_manifest,
            text=self.persisted.key_manifest,
            highest=self.persisted.keys_version,
        )

    @property
    def has_credential(self) -> bool:
        """Whether there is anything to request the license status with."""
        return self.persisted.token is not None or self.polled is not None

    @property
    def polled(self) -> PendingActivation | None:
        """The pending activation that is polled by its own id, before a license came of it.

        A license without a token, which a bank payment under way has, leaves nothing else to ask
        with.
        """
        pending = self.persisted.pending
        if pending is None or (pending.answered and self.persisted.token is not None):
            return None
        return pending


def with_signing_keys(state: State, keys: SigningKeys) -> State:
    """Return the state with other signing keys. A version that was accepted stays remembered."""
    persisted = msgspec.structs.replace(
        state.persisted,
        key_manifest=keys.text,
        keys_version=keys.highest or state.persisted.keys_version,
    )
    return msgspec.structs.replace(state, persisted=persisted, key_manifest=keys.manifest)


def now_of(state: State, reading: ClockReading) -> TrustedNow:
    """Return the trusted time of a state at a clock reading."""
    floor_ms = to_ms(state.license.iat) if state.license is not None else 0
    return trusted_now(state.persisted.time, reading, floor_ms)


def activation_of(state: State, now_ms: int) -> Activation:
    """Decide what the license in force allows at a trusted time (`keystead.activation`)."""
    return decide(
        state.license,
        now_ms,
        checkout_open=state.persisted.pending is not None,
        refused=state.refused,
    )
