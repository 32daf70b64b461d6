"""The SDK: may this program run, until when, and which features are paid for (contract §6).

The evidence is two files, or the same two texts sent by a daemon: the license, signed by the
backend, and the device's statement, signed by the device. Both are verified here with keys that
come with the program, and `keystead.activation` decides here too. Neither the daemon nor a file is
trusted, so a false daemon can at worst show an older license until that expires.

A `Decision` is one frozen value that says until when it holds, and it is replaced in a single
assignment. So in a hot loop `License.usable` is one comparison, and threads never see half of a new
decision. At least every `RECHECK_MS` the two files are checked for changes and read if they have
changed. That is why the comparison can use the cheapest clock, although it stops during sleep.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from time import monotonic_ns
from typing import TYPE_CHECKING

import msgspec

from keystead import machine
from keystead.activation import Activation, State
from keystead.entitlement import Entitlement
from keystead.errors import KeysteadError, NotEntitled, StorageFailed
from keystead.evidence import (
    Evidence,
    EvidenceFiles,
    TrustAnchors,
    decide_at,
    features_of,
    with_files,
)
from keystead.files import read_file
from keystead.jose import MAX_BYTES
from keystead.paths import paths_of
from keystead.profile import Profile, load_profile
from keystead.trusted_time import ClockReading

if TYPE_CHECKING:
    from pathlib import Path

    from keystead.license_watch import Watch
    from keystead.local_api import ActivationView
    from keystead.paths import Paths

#: Longest time (ms) for which a decision holds without checking the files.
RECHECK_MS = 10_000
#: Seconds to wait for the daemon before the files alone are read.
DAEMON_S = 0.5

# A program may show these, so they are written for its customers.
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
    """Return the license of the product in ``profile``, which is a path or the profile's text.

    Only the program's profile says which keys to trust. Of the environment only ``KEYSTEAD_HOME``
    is used, and only to find the files. This neither starts a daemon nor uses the network, and
    waits for a running daemon for at most a second. Raises InvalidProfile.
    """
    environment = os.environ if environ is None else environ
    text = profile if isinstance(profile, str) and "\n" in profile else os.fspath(profile)
    checked = load_profile(text)
    return License(checked, paths_of(checked.product_id, environment.get("KEYSTEAD_HOME") or None))


class Decision(msgspec.Struct, frozen=True):
    """What the evidence allows until ``monotonic_ns`` reaches ``holds_until_ns``."""

    evidence: Evidence
    activation: Activation
    features: frozenset[str]
    usable: bool
    holds_until_ns: int


class License:
    """A product's license on this device, as the program sees it; safe to share among threads."""

    def __init__(self, profile: Profile, paths: Paths) -> None:
        self._profile = profile
        self._paths = paths
        self._anchors = TrustAnchors(
            profile.product_id, profile.keys, machine.binding_of(paths.state)
        )
        # Held while evidence is replaced, so that no thread puts an older license back.
        self._update = threading.Lock()
        self._file_stamps: tuple[object, ...] = ()
        self._decision = _decide(Evidence(), machine.read_clocks())
        self._ask_daemon()
        self._recheck()

    @property
    def usable(self) -> bool:
        """Whether the program may run now."""
        decision = self._decision
        if monotonic_ns() < decision.holds_until_ns:
            return decision.usable
        return self._recheck().usable

    def allows(self, feature: str) -> bool:
        """Whether the program may run now and ``feature`` (or the module) is paid for."""
        decision = self._current()
        return decision.usable and feature in decision.features

    def require(self, feature: str | None = None) -> None:
        """Return if ``feature`` (without one: the program) may be used.

        Raises NotEntitled, whose ``sentence`` is for people.
        """
        decision = self._current()
        if not decision.usable:
            state = decision.activation.state
            raise NotEntitled(_SENTENCES[state], code=str(state))
        if feature is not None and feature not in decision.features:
            raise NotEntitled(
                f"Your plan does not include “{feature}”.",
                code="feature_not_included",
                remedy="Choose a plan that does.",
            )

    @property
    def state(self) -> State:
        """The activation's state, a text such as ``"active"``."""
        return self._current().activation.state

    @property
    def until(self) -> int | None:
        """When ``usable`` ends without newer evidence, in epoch ms; None if not usable."""
        return self._current().activation.until

    @property
    def reason(self) -> str:
        """A machine-readable word for why the state is what it is."""
        return self._current().activation.reason

    @property
    def entitlement(self) -> Entitlement | None:
        """What was paid for according to the license, whether usable now or not."""
        document = self._current().evidence.license
        return document.entitlement if document else None

    def watch(self, callback: Callable[[License], None]) -> Watch:
        """Call ``callback`` with this license at each change, from a thread, while in ``with``.

        An exception that the callback raises is logged by the logger ``keystead``.
        """
        from keystead.license_watch import Watch

        return Watch(self, self._paths.socket, callback)

    def _current(self) -> Decision:
        decision = self._decision
        return decision if monotonic_ns() < decision.holds_until_ns else self._recheck()

    def _recheck(self) -> Decision:
        with self._update:
            return self._decide_from(self._decision.evidence)

    def _ask_daemon(self) -> None:
        from keystead.local_client import LocalClient

        try:
            with LocalClient(self._paths.socket, connect_s=DAEMON_S) as client:
                self._receive(client.call("activation.get", timeout_s=DAEMON_S))
        except KeysteadError:
            # Without a daemon, or with one that talks nonsense, the two files decide.
            return

    def _receive(self, view: ActivationView) -> None:
        """Verify the evidence in a daemon's message, and read the two files again."""
        with self._update:
            evidence = self._decision.evidence
            if view.license is not None and view.device is not None:
                files = EvidenceFiles(view.license.encode(), view.device.encode())
                evidence = self._with_files(evidence, files)
            self._file_stamps = ()
            checkout_open = view.checkout is not None
            self._decide_from(msgspec.structs.replace(evidence, checkout_open=checkout_open))

    def _decide_from(self, evidence: Evidence) -> Decision:
        """Replace the decision by one from this evidence and the files. Holds the lock."""
        stamps = (_stamp(self._paths.license), _stamp(self._paths.device))
        if stamps != self._file_stamps:
            files = EvidenceFiles(_read(self._paths.license), _read(self._paths.device))
            evidence = self._with_files(evidence, files)
            self._file_stamps = stamps
        decision = _decide(evidence, machine.read_clocks())
        self._decision = decision
        return decision

    def _with_files(self, evidence: Evidence, files: EvidenceFiles) -> Evidence:
        return with_files(evidence, files, self._anchors, machine.read_clocks())


def _decide(evidence: Evidence, reading: ClockReading) -> Decision:
    now_ms, activation = decide_at(evidence, reading)
    holds_ms = RECHECK_MS
    if activation.until is not None:
        holds_ms = min(RECHECK_MS, activation.until - now_ms)
    return Decision(
        evidence=evidence,
        activation=activation,
        features=features_of(evidence.license),
        usable=activation.usable,
        holds_until_ns=monotonic_ns() + holds_ms * 1_000_000,
    )


def _read(path: Path) -> bytes | None:
    try:
        return read_file(path, MAX_BYTES)
    except StorageFailed:
        return None


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Inode, modification time and size, which change when a file is replaced."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)
