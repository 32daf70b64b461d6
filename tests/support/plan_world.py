"""A simulated daemon in memory: `plan` with a disk, a keyring, clocks and a backend.

Effects are carried out on values instead of files. What a test has not answered
(`asked`, `opening`) stays pending.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from keystead.device_statement import DeviceStatement
from keystead.documents import License, issue
from keystead.instants import to_ms
from keystead.keys import KeySet, SigningKey
from keystead.local_api import ActivationView
from keystead.trusted_time import ClockReading, NonceOpening, nonce_for
from keystead.wire.nyra import LicenseStatus
from keystead_daemon.effects import (
    ArmTimer,
    Credential,
    OpenKeys,
    RequestKeyManifest,
    RequestStatus,
    Save,
    SetLicenseAside,
)
from keystead_daemon.events import (
    Event,
    KeyManifestFailed,
    KeyManifestReceived,
    KeysOpened,
    KeysUnavailable,
    Moment,
    PendingStarted,
    Saved,
    Started,
    StatusFailed,
    StatusReceived,
    TimerFired,
)
from keystead_daemon.plan import plan
from keystead_daemon.state import PersistedState, ProductConfig, State
from keystead_daemon.view import view
from support.documents import BACKEND, DEVICE, KEYS, NOW_MS, PRODUCT, make_license, make_token


class Disk(msgspec.Struct):
    """Files that survive a kill: the vault, the three public files, those moved aside."""

    vault: bytes | None = None
    license: str | None = None
    device: DeviceStatement | None = None
    key_manifest: str | None = None
    aside: list[str] = []
    full: bool = False


class PlanWorld:
    """``chance`` is drawn for every event; time stands still until `pass_ms`."""

    def __init__(
        self, *, chance: Callable[[], float] = lambda: 0.5, roots: KeySet | None = None
    ) -> None:
        self.disk = Disk()
        self.roots = roots
        self.chance = chance
        self.wall_ms = NOW_MS
        self.boot_ms = 3_600_000
        self.boot = 1
        self.asked: Credential | None = None
        self.pending_id: str | None = None
        self.nonce_opening: NonceOpening | None = None
        self.opening = False
        self.armed_ms: int | None = None
        self.saves = 0
        self.asks = 0
        self.manifest_asked = False
        self.manifest_asks = 0
        self.state = self._unborn()

    @property
    def reading(self) -> ClockReading:
        return ClockReading(self.wall_ms, self.boot_ms, f"boot-{self.boot}")

    @property
    def quiet(self) -> bool:
        """Return whether no request to the backend is in progress."""
        return self.asked is None

    @property
    def view(self) -> ActivationView:
        return view(self.state, self.reading, None)

    def happen(self, event: Event) -> None:
        """Handle an event and carry out its effects."""
        waiting = [event]
        while waiting:
            moment = Moment(self.reading, self.chance())
            self.state, effects = plan(self.state, waiting.pop(0), moment)
            for effect in effects:
                waiting += self._carry_out(effect)

    def start(self, *, unlocked: bool = True) -> None:
        """Start a process on this disk."""
        self.state, self.asked, self.opening, self.armed_ms = self._unborn(), None, False, None
        self.manifest_asked = False
        self.happen(
            Started(self.disk.license, self.disk.device, key_manifest=self.disk.key_manifest)
        )
        if unlocked:
            self.unlock()

    def unlock(self) -> None:
        assert self.opening
        self.opening = False
        persisted = (
            msgspec.json.decode(self.disk.vault, type=PersistedState) if self.disk.vault else None
        )
        self.happen(KeysOpened(DEVICE.thumbprint, persisted))

    def stay_locked(self, *, prompting: bool = False) -> None:
        assert self.opening
        self.opening = False
        refused = KeysUnavailable("keyring_unavailable", "It is locked.", locked=prompting)
        self.happen(refused)

    def pass_ms(self, ms: int) -> None:
        """Advance both clocks and fire the timer when it is due.

        It stops at a request to the backend or the keyring, so that the test can answer it.
        """
        end_ms = self.boot_ms + ms
        while self.armed_ms is not None and self.armed_ms <= end_ms:
            self._turn(max(self.armed_ms, self.boot_ms))
            self.armed_ms = None
            self.happen(TimerFired())
            if self.asked is not None or self.opening:
                return
        self._turn(max(end_ms, self.boot_ms))

    def reboot(self, *, off_ms: int) -> None:
        self.wall_ms += off_ms
        self.boot, self.boot_ms = self.boot + 1, 1_000

    def publish(self, manifest: str | None) -> None:
        """Answer the pending request for the key manifest."""
        assert self.manifest_asked
        self.manifest_asked = False
        self.happen(KeyManifestReceived(manifest))

    def fail_manifest(self) -> None:
        assert self.manifest_asked
        self.manifest_asked = False
        self.happen(KeyManifestFailed("timeout", "No."))

    def answer(self, license: License, key: SigningKey = BACKEND, **changes: Any) -> None:
        """Answer the pending request with this license, signed over its nonce."""
        assert self.nonce_opening is not None
        signed = msgspec.structs.replace(license, nonce=nonce_for(self.nonce_opening))
        token = make_token(now_ms=to_ms(signed.iat), end_ms=to_ms(signed.exp))
        token_text = issue(token, key) if signed.active else None
        answer = wire_answer(signed.status, license=issue(signed, key), token=token_text)
        self.answered(msgspec.structs.replace(answer, **changes))

    def answered(self, answer: LicenseStatus) -> None:
        assert self.asked is not None
        assert self.nonce_opening is not None
        credential, self.asked = self.asked, None
        self.happen(StatusReceived(credential, answer, self.nonce_opening, self.pending_id))

    def fail(self, code: str = "backend_unreachable", **changes: Any) -> None:
        assert self.asked is not None
        credential, self.asked = self.asked, None
        settings: dict[str, Any] = {"unreachable": code == "backend_unreachable"} | changes
        failed = StatusFailed(
            credential=credential, code=code, sentence="No.", pending_id=self.pending_id, **settings
        )
        self.happen(failed)

    def activate(self, license: License | None = None) -> None:
        """Activate with a license that is paid for as soon as the keys are loaded."""
        self.start()
        self.happen(PendingStarted(kind="checkout", session_id="cs_1", url=None, expires_at=NOW_MS))
        self.pass_ms(10_000)
        self.answer(license or make_license(now_ms=self.true_ms))

    @property
    def true_ms(self) -> int:
        """Return the true wall-clock time, to the second, as a backend would sign it."""
        return self.wall_ms - self.wall_ms % 1000

    def _turn(self, boot_ms: int) -> None:
        self.wall_ms += boot_ms - self.boot_ms
        self.boot_ms = boot_ms

    def _unborn(self) -> State:
        return State(config=ProductConfig(PRODUCT, KEYS, roots=self.roots))

    def _carry_out(self, effect: object) -> list[Event]:
        match effect:
            case Save():
                return [self._save()]
            case SetLicenseAside():
                self._set_aside()
            case ArmTimer(boot_ms=boot_ms):
                assert boot_ms is None or boot_ms >= self.boot_ms, "armed in the past"
                self.armed_ms = boot_ms
            case RequestStatus(credential=credential):
                assert self.asked is None, "two exchanges in flight"
                self.asked, self.asks = credential, self.asks + 1
                pending = self.state.polled if credential is Credential.PENDING else None
                self.pending_id = pending.session_id if pending is not None else None
                self.nonce_opening = NonceOpening(
                    f"boot-{self.boot}", self.boot_ms, f"salt-{self.asks}"
                )
            case RequestKeyManifest():
                assert not self.manifest_asked, "the manifest is asked for twice at a time"
                self.manifest_asked, self.manifest_asks = True, self.manifest_asks + 1
            case OpenKeys():
                assert not self.opening, "the keyring is asked twice at a time"
                self.opening = True
        return []

    def _save(self) -> Saved:
        if self.disk.full:
            return Saved("storage_failed")
        self.saves += 1
        persisted = self.state.persisted
        if self.state.ready:
            self.disk.vault = msgspec.json.encode(persisted)
            self.disk.device = DeviceStatement(
                device_id=DEVICE.thumbprint,
                binding="here",
                mark=persisted.time.mark,
                nonce_opening=persisted.nonce_opening,
                key_manifest=persisted.keys_version,
            )
            self.disk.key_manifest = persisted.key_manifest or self.disk.key_manifest
        if persisted.license is not None:
            self.disk.license = persisted.license
        elif self.state.refused is None:
            self._set_aside()
        return Saved()

    def _set_aside(self) -> None:
        if self.disk.license is not None and not self.disk.full:
            self.disk.aside.append(self.disk.license)
            self.disk.license = None


def wire_answer(
    status: str, *, license: str | None = None, token: str | None = None
) -> LicenseStatus:
    """Return a response of the status route; its unsigned fields have no meaning."""
    return LicenseStatus(
        active=False,
        status=status,
        server_time=0,
        reason=None,
        entitlement=None,
        offline_grace=None,
        device=None,
        license=license,
        device_access_token=token,
        device_access_token_expires_at=None,
        device_access_token_expires_at_iso=None,
        refresh_after_seconds=21_600,
    )


def boundary_ms(license: License) -> int:
    return to_ms(license.exp)
