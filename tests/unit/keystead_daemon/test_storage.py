"""The daemon's loop on a real folder, with a backend whose responses a test chooses."""

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

import keystead
from keystead import hints, machine
from keystead.activation import State as Shown
from keystead.documents import License, issue
from keystead.errors import BackendUnreachable, KeysteadError
from keystead.instants import to_ms
from keystead.keys import SigningKey
from keystead.paths import Paths, paths_of
from keystead.trusted_time import NonceOpening, nonce_for
from keystead_daemon.clocks import SystemClocks
from keystead_daemon.device_key import device_key
from keystead_daemon.effects import Credential
from keystead_daemon.events import (
    DocumentImported,
    KeyManifestReceived,
    PendingStarted,
    RefreshRequested,
    StatusFailed,
    StatusReceived,
    Stopping,
)
from keystead_daemon.logs import Log, LogFile
from keystead_daemon.runner import Runner
from keystead_daemon.secrets_store import KeyFile
from keystead_daemon.state import ProductConfig, State
from keystead_daemon.storage import DEVICE_KEY_LOST, Storage
from support.documents import BACKEND, KEYS, PRODUCT, make_license, make_token
from support.plan_world import wire_answer
from support.profiles import write_profile

Story = Callable[[Runner], Coroutine[Any, Any, None]]


class Home:
    """A home folder in which a test runs daemons one after the other."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths: Paths = paths_of(PRODUCT, root)
        self.license: Callable[[str], License] | None = None

    def daemon(self, story: Story, *, clean: bool = True) -> None:
        """Start a daemon, open its keys, run the story, and stop the daemon (or kill it)."""

        async def run() -> None:
            log = Log(SystemClocks(), LogFile(self.paths.log_file))
            binding = machine.binding_of(self.paths.state)
            storage = Storage(
                self.paths,
                product=PRODUCT,
                secrets=KeyFile(self.paths.secret_key, binding),
                random=_random,
            )
            runner = Runner(
                State(config=ProductConfig(PRODUCT, KEYS)),
                storage=storage,
                request_status=self._answer,
                request_key_manifest=self._no_manifest,
                clocks=SystemClocks(),
                chance=lambda: 0.5,
                publish=lambda view: None,
                log=log,
            )
            runner.handle(storage.load_public_files())
            await runner.settled()
            await story(runner)
            await runner.settled()
            if clean:
                runner.handle(Stopping())
            await runner.close()
            log.close()

        asyncio.run(run())

    async def _no_manifest(self) -> KeyManifestReceived:
        return KeyManifestReceived(None)

    def activate(self) -> None:
        async def story(runner: Runner) -> None:
            key = await device_key(runner, renew=True)
            device = key.thumbprint
            self.license = lambda nonce: fresh(device, nonce)
            runner.handle(PendingStarted(kind="checkout", session_id="cs", url=None, expires_at=1))
            runner.handle(RefreshRequested())

        self.daemon(story)
        assert self.program().usable

    def program(self) -> keystead.License:
        """Return the license as a program with the SDK reads it from the files."""
        profile = write_profile(self.root / "profile")
        return keystead.open(str(profile), environ={"KEYSTEAD_HOME": str(self.root)})

    async def _answer(self, state: State, credential: Credential) -> StatusReceived | StatusFailed:
        pending = state.polled if credential is Credential.PENDING else None
        asked_for = pending.session_id if pending is not None else None
        if self.license is None:
            failure = BackendUnreachable("No.")
            return StatusFailed(
                credential=credential,
                code=failure.code,
                sentence=failure.sentence,
                unreachable=True,
                pending_id=asked_for,
            )
        reading = SystemClocks().read()
        nonce_opening = NonceOpening(reading.boot_id, reading.boot_ms, "salt")
        license = self.license(nonce_for(nonce_opening))
        token = make_token(
            now_ms=to_ms(license.iat), end_ms=to_ms(license.exp), device=_Named(license.device_id)
        )
        answer = wire_answer(
            license.status,
            license=issue(license, BACKEND),
            token=issue(token, BACKEND) if license.active else None,
        )
        return StatusReceived(credential, answer, nonce_opening, asked_for)


class _Named(SigningKey):
    """A device known by its thumbprint alone, because a backend never has its private key."""

    def __init__(self, thumbprint: str) -> None:
        super().__init__(bytes(32))
        self.thumbprint = thumbprint


_count = iter(range(1, 10**9))


def _random(size: int) -> bytes:
    return next(_count).to_bytes(size, "big")


def fresh(device: str, nonce: str, **changes: Any) -> License:
    now_ms = SystemClocks().read().wall_ms
    month_ms = 30 * 86_400_000
    license = make_license(
        now_ms=now_ms, period_end_ms=now_ms - now_ms % 1000 + month_ms, nonce=nonce, **changes
    )
    cnf = msgspec.structs.replace(license.cnf, jkt=device)
    return msgspec.structs.replace(license, device_id=device, cnf=cnf)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def active(home: Home) -> Home:
    home.activate()
    home.license = None
    return home


def shows(state: Shown, *also: str) -> Story:
    async def story(runner: Runner) -> None:
        view = runner.view()
        assert view.state is state, view
        assert set(also) <= {*view.hints, view.reason, view.last_error}

    return story


def test_a_device_key_is_created_once_and_kept(home: Home) -> None:
    seen = set()

    async def story(runner: Runner) -> None:
        seen.add(runner.view().device_id)

    home.daemon(story)
    home.daemon(story, clean=False)
    home.daemon(story)
    assert len(seen) == 1


def test_every_file_is_readable_by_the_user_alone(active: Home) -> None:
    for path in active.paths.state.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_a_saved_license_is_used_after_a_kill_without_a_backend(active: Home) -> None:
    active.daemon(shows(Shown.ACTIVE, hints.BACKEND_UNREACHABLE), clean=False)
    active.daemon(shows(Shown.ACTIVE))


def test_deleted_files_are_restored_from_the_vault(active: Home) -> None:
    active.paths.license.unlink()
    active.paths.device.unlink()
    assert not active.program().usable
    active.daemon(shows(Shown.ACTIVE))
    assert active.program().usable


@pytest.mark.parametrize("data", [b"", b"spoilt", b"\xff" * 20_000])
def test_a_damaged_license_file_is_set_aside_and_replaced(active: Home, data: bytes) -> None:
    active.paths.license.write_bytes(data)
    active.daemon(shows(Shown.ACTIVE))
    aside = active.paths.license.with_name("license.jws.aside-1")
    assert aside.read_bytes() == data
    assert active.program().usable


@pytest.mark.parametrize("data", [b"", b"spoilt", b"keystead-vault-1\n" + bytes(100)])
def test_a_damaged_vault_is_set_aside_and_the_license_stays_in_force(
    active: Home, data: bytes
) -> None:
    active.paths.vault.write_bytes(data)
    active.daemon(shows(Shown.ACTIVE, hints.VAULT_UNREADABLE))
    assert active.paths.vault.with_name("vault.aside-1").read_bytes() == data
    active.daemon(shows(Shown.ACTIVE))


def test_a_lost_device_key_is_reported_and_the_license_stays_in_force(active: Home) -> None:
    active.paths.secret_key.unlink()
    active.daemon(shows(Shown.ACTIVE, hints.KEYRING_UNAVAILABLE, DEVICE_KEY_LOST))
    assert active.program().usable
    assert not active.paths.secret_key.exists()


def test_a_new_activation_replaces_a_lost_key_and_keeps_the_old_license_meanwhile(
    active: Home,
) -> None:
    active.paths.secret_key.unlink()
    devices = []

    async def begin(runner: Runner) -> None:
        devices.append(runner.view().device_id)
        key = await device_key(runner, renew=True)
        devices.append(key.thumbprint)
        runner.handle(PendingStarted(kind="restore", session_id="a", url=None, expires_at=1))
        assert runner.view().usable

    active.daemon(begin)
    assert active.program().usable
    old, new = devices
    assert old != new

    async def end(runner: Runner) -> None:
        assert runner.view().usable
        active.license = lambda nonce: fresh(new or "", nonce)
        runner.handle(RefreshRequested())
        await runner.settled()
        assert runner.view().device_id == new
        assert runner.state.persisted.former_device_id is None

    active.daemon(end)
    assert active.program().usable
    active.license = None
    active.daemon(shows(Shown.ACTIVE))


def test_a_copied_folder_is_another_device(active: Home, tmp_path: Path) -> None:
    copy = Home(tmp_path / "copy")
    shutil.copytree(active.paths.state, copy.paths.state)
    copy.daemon(shows(Shown.UNTRUSTED))
    assert not copy.program().usable
    files = [path.read_bytes() for path in sorted(copy.paths.state.iterdir()) if path.is_file()]
    assert files == [
        path.read_bytes() for path in sorted(active.paths.state.iterdir()) if path.is_file()
    ]
    active.daemon(shows(Shown.ACTIVE))


def test_a_renamed_folder_works_again_back_in_its_place(active: Home, tmp_path: Path) -> None:
    elsewhere = Home(tmp_path / "elsewhere")
    elsewhere.paths.state.parent.mkdir(parents=True)
    active.paths.state.rename(elsewhere.paths.state)

    async def story(runner: Runner) -> None:
        view = runner.view()
        assert (view.state, view.reason, view.hints) == (Shown.UNTRUSTED, "copied", ())
        with pytest.raises(KeysteadError) as refused:
            await device_key(runner)
        assert refused.value.code == "copied"

    elsewhere.daemon(story)
    elsewhere.paths.state.rename(active.paths.state)
    active.daemon(shows(Shown.ACTIVE))
    assert active.program().usable


def test_a_copied_folder_can_be_activated_as_its_own_device(active: Home, tmp_path: Path) -> None:
    copy = Home(tmp_path / "copy")
    shutil.copytree(active.paths.state, copy.paths.state)
    copy.activate()
    for name in ("license.jws", "secrets.key", "vault"):
        assert copy.paths.license.with_name(f"{name}.aside-1").exists()
    assert active.program().usable


def test_a_folder_that_cannot_be_written_loses_nothing(
    active: Home,
) -> None:
    device = active.paths.device.read_bytes()
    (active.paths.state / f".vault.{os.getpid()}.new").mkdir()

    async def story(runner: Runner) -> None:
        assert runner.view().usable
        assert hints.STORAGE_FAILED in runner.view().hints

    active.daemon(story)
    assert active.paths.device.read_bytes() == device
    (active.paths.state / f".vault.{os.getpid()}.new").rmdir()
    active.daemon(shows(Shown.ACTIVE))


def test_an_imported_license_is_kept_across_processes(home: Home) -> None:
    async def story(runner: Runner) -> None:
        key = await device_key(runner)
        runner.handle(DocumentImported(issue(fresh(key.thumbprint, "n" * 32), BACKEND)))

    home.daemon(story)
    home.daemon(shows(Shown.ACTIVE))
    assert home.program().usable
