"""The SDK: may this program run, until when, and which features are paid for (specification §11.3).

The evidence is three files, or the same texts sent by a daemon: the license, signed by the backend;
the device's statement, signed by the device; and, where the profile names root keys, the manifest
of the backend's signing keys. All are verified here with keys that come with the program, and
`keystead.activation` decides here too. Neither the daemon nor a file is trusted, so a false daemon
can at worst show an older license until that expires.

A decision is one frozen value that is held until a known time, and it is replaced in a single
assignment. So in a hot loop `License.usable` is one comparison, and threads never see half of a new
decision. At least every `RECHECK_MS` the files are checked for changes and read if they have
changed. That is why the comparison can use the cheapest clock, although it stops during sleep.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic_ns
from typing import TYPE_CHECKING
from weakref import WeakSet

import msgspec

from keystead import machine
from keystead.activation import State
from keystead.decision import Decision, decision_of, refusal
from keystead.entitlement import Entitlement
from keystead.errors import InvalidProfile, KeysteadError, StorageFailed
from keystead.evidence import (
    Evidence,
    EvidenceFiles,
    TrustAnchors,
    decide_at,
    with_files,
)
from keystead.files import read_file
from keystead.jose import MAX_BYTES
from keystead.paths import paths_of
from keystead.profile import Profile, load_profile
from keystead.trusted_time import ClockReading

if TYPE_CHECKING:
    from keystead.daemon_launch import Launch
    from keystead.license_activation import Opened
    from keystead.license_watch import Watch
    from keystead.local_api import ActivationView, DaemonInfo
    from keystead.paths import Paths

#: Longest time (ms) for which a decision holds without checking the files.
RECHECK_MS = 10_000
#: Seconds to wait for the daemon before the files alone are read.
DAEMON_S = 0.5


def open_license(
    profile: str | os.PathLike[str], *, environ: Mapping[str, str] | None = None
) -> License:
    """Return the license of the product in ``profile``: an absolute path, or the profile's text.

        license = keystead.open(Path(__file__).with_name("keystead.toml"))

    A relative path is refused: it would let the folder in which the program is started decide whom
    it trusts. For the same reason a text has its keys in itself, or names their absolute path.

    Only the program's profile says which keys to trust. Of the environment only ``KEYSTEAD_HOME``
    is used, and only to find the files. This uses no network and waits for a running daemon for at
    most a second. None is started, but one that runs with another profile of the product, as after
    an update of the program, is started again with this one. Raises InvalidProfile.
    """
    environment = os.environ if environ is None else environ
    source = _absolute(profile)
    checked = load_profile(source)
    paths = paths_of(checked.product_id, environment.get("KEYSTEAD_HOME") or None)
    return License(checked, paths, source=source, environ=environment)


def _absolute(profile: str | os.PathLike[str]) -> Path | str:
    """Return the profile's text, or its path. Raises InvalidProfile for a relative path."""
    if isinstance(profile, str) and "\n" in profile:
        return profile
    path = Path(os.fsdecode(profile))
    if not path.is_absolute():
        raise InvalidProfile(
            f"The path of the profile has to be absolute; “{path}” depends on the folder in which"
            " the program is started.",
            code="relative_profile",
            remedy='Pass Path(__file__).with_name("keystead.toml").',
            values={"file": str(path)},
        )
    return path


class _Held(msgspec.Struct, frozen=True):
    """A decision from this evidence, which holds until ``monotonic_ns`` reaches ``until_ns``."""

    evidence: Evidence
    decision: Decision
    usable: bool
    until_ns: int


class License:
    """A product's license on this device, as the program sees it.

    It may be used from several threads, and in a process that was forked.
    """

    def __init__(
        self,
        profile: Profile,
        paths: Paths,
        *,
        source: Path | str,
        environ: Mapping[str, str],
    ) -> None:
        self._profile = profile
        self._paths = paths
        self._anchors = TrustAnchors(
            profile.product_id, profile.keys, machine.binding_of(paths.state), profile.root
        )
        self._source = source
        self._environ = environ
        # Held while evidence is replaced, so that no thread puts an older license back.
        self._update = threading.Lock()
        self._file_stamps: tuple[object, ...] = ()
        self._held = _decide(Evidence(), machine.read_clocks())
        _LICENSES.add(self)
        self._ask_daemon()
        self._recheck()

    @property
    def usable(self) -> bool:
        """Whether the program may run now."""
        held = self._held
        if monotonic_ns() < held.until_ns:
            return held.usable
        return self._recheck().usable

    @property
    def decision(self) -> Decision:
        """Everything that is decided now, as one frozen value.

        Read it once where several of its fields are needed: two reads of the license's own
        properties may be of different moments.
        """
        return self._current().decision

    def allows(self, feature: str) -> bool:
        """Whether the program may run now and ``feature`` (or the module) is paid for."""
        return self.decision.allows(feature)

    def require(self, feature: str | None = None) -> None:
        """Return if ``feature`` (without one: the program) may be used.

        Raises NotEntitled, whose ``sentence`` and ``remedy`` are for people.
        """
        refused = refusal(self.decision, feature, self._profile.product_name)
        if refused is not None:
            raise refused

    @property
    def state(self) -> State:
        """The activation's state, a text such as ``"active"``."""
        return self.decision.state

    @property
    def until(self) -> int | None:
        """When ``usable`` ends without newer evidence, in epoch ms; None if not usable."""
        return self.decision.until

    @property
    def reason(self) -> str:
        """A machine-readable word for why the state is what it is."""
        return self.decision.reason

    @property
    def entitlement(self) -> Entitlement | None:
        """What was paid for according to the license, whether usable now or not."""
        return self.decision.entitlement

    def activate(self, plan: str | None = None) -> Opened:
        """Let the person pay: start the daemon, then open the window, else the browser.

        Returns what was opened. With a ``plan`` its checkout is opened in the browser at once, and
        the window, where it is installed, shows how it goes on. Whoever has paid already gets the
        page on which the subscription is managed. When the payment is confirmed the license becomes
        usable by itself: `watch` says when.

        This may take some seconds. Raises NotInstalled if there is no daemon, DaemonUnreachable if
        it does not start, and DaemonRefused if the billing service can't be reached or refuses; all
        are KeysteadError, with a ``sentence`` and mostly a ``remedy``.
        """
        from keystead.license_activation import activate

        return activate(self._launch(), plan)

    def show(self) -> None:
        """Open the product's window, or bring it forward.

        This may take some seconds. Raises NotInstalled where the window is not installed or can't
        be opened, for example without a screen.
        """
        from keystead.license_activation import show

        show(self._launch())

    def watch(self, callback: Callable[[License], object]) -> Watch:
        """Call ``callback`` with this license at each change, while in the ``with`` block.

        The callback runs in a thread of the watch's own, never in the one that calls this, so it
        must touch no widget and no event loop directly. In Qt, let it emit a signal that is
        connected with ``Qt.ConnectionType.QueuedConnection`` to a method of an object of the
        window's thread:

            class Window(QMainWindow):
                license_changed = Signal()

                def __init__(self):
                    super().__init__()
                    self.license_changed.connect(
                        self.show_license, Qt.ConnectionType.QueuedConnection
                    )

            with license.watch(lambda _: window.license_changed.emit()):
                application.exec()

        In asyncio, let it hand over to the loop:

            loop, changed = asyncio.get_running_loop(), asyncio.Event()
            with license.watch(lambda _: loop.call_soon_threadsafe(changed.set)):
                await changed.wait()

        More is said of `Watch`. An exception that the callback raises is logged by the logger
        ``keystead``.
        """
        from keystead.license_watch import Watch

        return Watch(self, self._paths.socket, callback)

    def _launch(self) -> Launch:
        """Return what the daemon and the window are started with."""
        from keystead.license_activation import launch_of

        return launch_of(self._profile, self._paths, self._source, self._environ)

    def _current(self) -> _Held:
        held = self._held
        return held if monotonic_ns() < held.until_ns else self._recheck()

    def _recheck(self) -> _Held:
        with self._update:
            return self._decide_from(self._held.evidence)

    def _ask_daemon(self) -> None:
        from keystead.local_client import LocalClient

        try:
            with LocalClient(self._paths.socket, connect_s=DAEMON_S) as client:
                self._receive(client.call("activation.get", timeout_s=DAEMON_S))
                info: DaemonInfo = client.call("daemon.info", timeout_s=DAEMON_S)
            if info.profile_digest not in (None, self._profile.digest):
                self._ask_for_profile()
        except KeysteadError:
            # Without a daemon, or with one that talks nonsense, the files decide.
            return

    def _ask_for_profile(self) -> None:
        """Have a daemon of another profile started again with this one, or say that it stays."""
        # Rare, and so loaded late: the program was updated under a running daemon.
        from keystead.daemon_profile import connect_or_start, warn
        from keystead.profile_match import Match

        client, match = connect_or_start(self._launch())
        with client:
            self._receive(client.call("activation.get", timeout_s=DAEMON_S))
        if match is Match.OTHER:
            warn(self._profile.product_name)

    def _receive(self, view: ActivationView) -> None:
        """Verify the evidence in a daemon's message, and read the files again."""
        with self._update:
            evidence = self._held.evidence
            if view.license is not None and view.device is not None:
                manifest = None if view.key_manifest is None else view.key_manifest.encode()
                files = EvidenceFiles(view.license.encode(), view.device.encode(), manifest)
                evidence = self._with_files(evidence, files)
            self._file_stamps = ()
            checkout_open = view.checkout is not None
            self._decide_from(msgspec.structs.replace(evidence, checkout_open=checkout_open))

    def _decide_from(self, evidence: Evidence) -> _Held:
        """Replace the decision by one from this evidence and the files. Holds the lock."""
        paths = self._paths
        stamps = (_stamp(paths.device), _stamp(paths.license), _stamp(paths.key_manifest))
        if stamps != self._file_stamps:
            # In the order opposite to the daemon's writing: what a file refers to is never older.
            device, license = _read(paths.device), _read(paths.license)
            files = EvidenceFiles(license, device, _read(paths.key_manifest))
            evidence = self._with_files(evidence, files)
            self._file_stamps = stamps
        held = self._held = _decide(evidence, machine.read_clocks())
        return held

    def _with_files(self, evidence: Evidence, files: EvidenceFiles) -> Evidence:
        return with_files(evidence, files, self._anchors, machine.read_clocks())


def _decide(evidence: Evidence, reading: ClockReading) -> _Held:
    now_ms, activation = decide_at(evidence, reading)
    holds_ms = RECHECK_MS
    if activation.until is not None:
        holds_ms = min(RECHECK_MS, activation.until - now_ms)
    return _Held(
        evidence=evidence,
        decision=decision_of(activation, evidence.license),
        usable=activation.usable,
        until_ns=monotonic_ns() + holds_ms * 1_000_000,
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


#: All that are open, so that a forked process can be given locks that no other thread holds.
_LICENSES: WeakSet[License] = WeakSet()


def _after_fork() -> None:
    for license in tuple(_LICENSES):
        license._update = threading.Lock()  # noqa: SLF001 - the thread that held it is not here


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
