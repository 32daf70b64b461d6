"""The SDK: may this program run, until when, and what of it is paid for (contract §6).

The evidence is two files, or a daemon that hands over the same two texts: the license, which the
backend signed, and the device's statement, which the device signed. Both are verified here, with
keys that the program itself brings, and `keystead.activation` decides here too; neither the daemon
nor a file is believed. So a false daemon can at worst show an older license until that expires.

The verdict is remembered together with the instant until which it holds: in a hot loop
`License.usable` is one comparison. At least every `RECHECK_MS` the two files are looked at again,
and read only if they changed; so the comparison can use the cheapest clock there is, although that
one stands still while the machine sleeps.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from time import monotonic_ns
from typing import TYPE_CHECKING

import msgspec

from keystead import machine, trusted_time
from keystead.activation import Activation, State, decide
from keystead.device_statement import DeviceStatement, read_statement
from keystead.documents import License as Document
from keystead.entitlement import Entitlement
from keystead.errors import InvalidDocument, KeysteadError, NotEntitled, StorageFailed
from keystead.files import read_file
from keystead.instants import to_ms
from keystead.jose import MAX_BYTES
from keystead.paths import paths_of
from keystead.profile import Profile, load_profile
from keystead.trust import Newest, accept_license
from keystead.trusted_time import ClockReading, TimeState

if TYPE_CHECKING:
    from pathlib import Path

    from keystead.license_watch import Watch
    from keystead.local_api import ActivationView
    from keystead.paths import Paths

#: Longest time (ms) for which a verdict stands without a look at the files.
RECHECK_MS = 10_000
#: Seconds that a program waits for a daemon before it reads the files alone.
DAEMON_S = 0.5

_SENTENCES = {
    State.UNACTIVATED: "This program is not activated on this device yet.",
    State.PENDING: "The payment has not been confirmed yet.",
    State.EXPIRED: "The offline period is over. Connect to the internet once, or renew.",
    State.INACTIVE: "The subscription does not cover this device any more.",
    State.UNTRUSTED: "The license on this device cannot be verified. Refresh the activation.",
}


def open_license(
    profile: str | os.PathLike[str], *, environ: Mapping[str, str] | None = None
) -> License:
    """The license of the product in ``profile``: a path, or the profile's text.

    The program's profile alone says whom to trust. Of the environment only ``KEYSTEAD_HOME`` has an
    effect, and only on where to look. It neither starts a daemon nor asks the network, and waits
    for a daemon that is up for at most a second. Raises InvalidProfile.
    """
    environment = os.environ if environ is None else environ
    text = profile if isinstance(profile, str) and "\n" in profile else os.fspath(profile)
    checked = load_profile(text)
    return License(checked, paths_of(checked.product_id, environment.get("KEYSTEAD_HOME") or None))


class Evidence(msgspec.Struct, frozen=True):
    """What is known and verified: the license in force here, or why there is none."""

    license: Document | None = None
    time: TimeState = TimeState()
    refused: str | None = None
    checkout_open: bool = False


class License:
    """A product's license on this device, as the program sees it; safe to share among threads."""

    def __init__(self, profile: Profile, paths: Paths) -> None:
        self._profile = profile
        self._paths = paths
        self._binding = machine.binding_of(paths.state)
        self._evidence = Evidence()
        self._stamp: tuple[object, ...] = ()
        self._activation = Activation(State.UNACTIVATED, False, None, "no_license")
        self._features: frozenset[str] = frozenset()
        self._usable = False
        self._holds_until_ns = 0
        self._ask_daemon()
        self._reconsider()

    @property
    def usable(self) -> bool:
        """Whether the program may run now."""
        if monotonic_ns() < self._holds_until_ns:
            return self._usable
        return self._reconsider().usable

    def allows(self, feature: str) -> bool:
        """Whether the program may run now, and ``feature`` (or the module) is paid for."""
        return self.usable and feature in self._features

    def require(self, feature: str | None = None) -> None:
        """Return if ``feature`` (without one: the program) may be used.

        Raises NotEntitled, whose ``sentence`` is for people.
        """
        if feature is None and self.usable:
            return
        if feature is not None and self.allows(feature):
            return
        if self.usable:
            raise NotEntitled(
                f"Your plan does not include “{feature}”.",
                code="feature_not_included",
                remedy="Choose a plan that does.",
            )
        raise NotEntitled(_SENTENCES[self._activation.state], code=str(self._activation.state))

    @property
    def state(self) -> State:
        """The activation's state, a text such as ``"active"``."""
        return self._current().state

    @property
    def until(self) -> int | None:
        """When ``usable`` ends without newer evidence, in epoch ms; None if not usable."""
        return self._current().until

    @property
    def reason(self) -> str:
        """A machine-readable word for why the state is what it is."""
        return self._current().reason

    @property
    def entitlement(self) -> Entitlement | None:
        """What was paid for, as the license says it, whether usable now or not."""
        self._current()
        document = self._evidence.license
        return document.entitlement if document else None

    def watch(self, callback: Callable[[License], None]) -> Watch:
        """Call ``callback`` with this license at each change, from a thread, while in ``with``."""
        from keystead.license_watch import Watch

        return Watch(self, self._paths.socket, callback)

    def _current(self) -> Activation:
        return self._activation if monotonic_ns() < self._holds_until_ns else self._reconsider()

    def _reconsider(self) -> Activation:
        stamp = (_stamp(self._paths.license), _stamp(self._paths.device))
        if stamp != self._stamp:
            self._learn(_read(self._paths.license), _read(self._paths.device))
            self._stamp = stamp
        return self._decide(machine.read_clocks())

    def _ask_daemon(self) -> None:
        from keystead.local_client import LocalClient

        try:
            with LocalClient(self._paths.socket, connect_s=DAEMON_S) as client:
                self._hear(client.call("activation.get", timeout_s=DAEMON_S))
        except KeysteadError:
            # No daemon, or none that makes sense: the files say what there is to say.
            return

    def _hear(self, view: ActivationView) -> Activation:
        """Take the evidence in a daemon's message, and look at the files again too."""
        if view.license is not None and view.device is not None:
            self._learn(view.license.encode(), view.device.encode())
        self._stamp = ()
        self._evidence = msgspec.structs.replace(
            self._evidence, checkout_open=view.checkout is not None
        )
        return self._reconsider()

    def _learn(self, license: bytes | None, statement: bytes | None) -> None:
        known = self._evidence
        try:
            learned = self._verified(license, statement)
        except InvalidDocument as refusal:
            learned = Evidence(refused=refusal.code)
        if learned.license is None and known.license is not None:
            return
        self._evidence = msgspec.structs.replace(learned, checkout_open=known.checkout_open)
        paid = learned.license.entitlement if learned.license else None
        switched_on = {name for name, on in paid.modules.items() if on} if paid else set()
        self._features = frozenset(paid.features if paid else ()) | switched_on

    def _verified(self, license: bytes | None, statement: bytes | None) -> Evidence:
        """Both texts as evidence. Raises InvalidDocument by the first rule that one breaks."""
        if license is None:
            return Evidence()
        if statement is None:
            raise InvalidDocument("Nothing ties the license to this device.", code="wrong_device")
        device = read_statement(statement.strip(), binding=self._binding)
        known = self._evidence
        document = accept_license(
            license.strip(),
            keys=self._profile.keys,
            product=self._profile.product_id,
            device=device.device_id,
            newest=Newest.of(known.license) if known.license else None,
        )
        return Evidence(document, _time(known.time, device, document))

    def _decide(self, reading: ClockReading) -> Activation:
        evidence = self._evidence
        floor_ms = to_ms(evidence.license.iat) if evidence.license else 0
        now = trusted_time.trusted_now(evidence.time, reading, floor_ms)
        activation = decide(
            evidence.license,
            now.now_ms,
            checkout_open=evidence.checkout_open,
            refused=evidence.refused,
        )
        holds_ms = RECHECK_MS
        if activation.until is not None:
            holds_ms = min(RECHECK_MS, activation.until - now.now_ms)
        self._activation, self._usable = activation, activation.usable
        self._holds_until_ns = monotonic_ns() + holds_ms * 1_000_000
        return activation


def _time(known: TimeState, device: DeviceStatement, document: Document) -> TimeState:
    """What both say of time, and never less than what was known."""
    reading = machine.read_clocks()
    state = TimeState(anchor=known.anchor, mark=_later(known, device.time, reading))
    state = trusted_time.with_floor(state, to_ms(document.iat), reading)
    anchor = trusted_time.anchor_of(document, device.nonce_opening)
    return trusted_time.with_anchor(state, anchor, reading) if anchor else state


def _later(one: TimeState, other: TimeState, reading: ClockReading) -> trusted_time.Anchor | None:
    marks = (
        trusted_time.advance_mark(one, reading).mark,
        trusted_time.advance_mark(other, reading).mark,
    )
    return max(filter(None, marks), key=lambda mark: mark.at_ms)


def _read(path: Path) -> bytes | None:
    try:
        return read_file(path, MAX_BYTES)
    except StorageFailed:
        return None


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes whenever a file is replaced whole."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)
