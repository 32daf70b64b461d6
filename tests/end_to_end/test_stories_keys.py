"""Signing keys that change: the whole rotation, and the attacks that TUF lists.

A real daemon asks a real backend. In the attacks a man in the middle answers for the key manifest;
what he has are old manifests, those of other products, and keys that are not the root key.
"""

from __future__ import annotations

import json
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import keystead
from keystead.device_statement import read_statement
from keystead.encoding import b64u_encode
from keystead.instants import to_seconds
from keystead.key_manifest import MAX_VERSION, sign_key_manifest
from keystead.keys import KeySet, SigningKey
from keystead.local_api import DiagnosticsParams
from keystead.machine import binding_of
from keystead.wire import nyra as wire
from keystead_stub.in_process import BillingStub
from support.daemon_process import DaemonStartError
from support.fault_injection import start_with_command, strace_command
from support.gateway import Answer, Gateway, gateway
from support.served_stub import ServedStub
from support.world import PATIENCE_S, Device, World

ROOT, SECOND_ROOT = SigningKey(b"r" * 32), SigningKey(b"s" * 32)
THIEF = SigningKey(b"t" * 32)
DAY_S = 86_400


def now_s() -> int:
    return to_seconds(time.time_ns() // 1_000_000)


def manifest(
    version: int,
    *keys: SigningKey,
    root: SigningKey = ROOT,
    product: str = "nyra",
    issued_s: int | None = None,
    days: int = 365,
) -> str:
    return sign_key_manifest(
        root,
        keys=KeySet(key.public_key for key in keys),
        version=version,
        product=product,
        issued_s=now_s() if issued_s is None else issued_s,
        days=days,
    )


def write_profile(path: Path, url: str, keys: KeySet, *roots: SigningKey) -> Path:
    """Write a profile that a vendor ships: with the keys of that day, and root keys."""
    path.with_suffix(".keys").write_bytes(keys.to_jwks())
    path.with_suffix(".root").write_bytes(KeySet(root.public_key for root in roots).to_jwks())
    path.write_text(
        f'[product]\nid = "nyra"\nname = "NyrA"\n[backend]\nurl = "{url}"\n'
        f'[trust]\nkeys = "{path.stem}.keys"\nroot = "{path.stem}.root"\n'
    )
    return path


def program(device: Device) -> keystead.License:
    """Return the license as the vendor's program sees it."""
    environ = {"KEYSTEAD_HOME": str(device.home)}
    return keystead.open(device.environ["KEYSTEAD_PROFILE"], environ=environ)


def offline(device: Device) -> keystead.License:
    """Return the license as the program sees it without a daemon."""
    device.stop()
    license = program(device)
    device.start()
    return license


def accepted_version(device: Device) -> int | None:
    statement = read_statement(
        device.paths.device.read_text().strip(), binding=binding_of(device.paths.state)
    )
    return statement.key_manifest.version if statement.key_manifest is not None else None


def failed_checks(device: Device) -> dict[str, str]:
    """Return the checks of ``keystead doctor`` that failed, and what to do about each."""
    report = json.loads(device.cli("doctor", "--json").out)
    assert report["ok"] == all(check["ok"] for check in report["checks"])
    return {check["name"]: check["fix"] for check in report["checks"] if not check["ok"]}


# The story of a rotation.


class Backend(ServedStub):
    """A backend that its operator starts with signing secrets, and a file of the manifest."""

    def __init__(self, folder: Path, manifest_file: Path, *signing: SigningKey) -> None:
        self._manifest_file = manifest_file
        super().__init__(folder, environ=self._variables(*signing))

    def switch(self, *signing: SigningKey) -> None:
        """Start again with other secrets, of which the first signs."""
        self.stop()
        self._environ |= self._variables(*signing)
        self.start()

    def _variables(self, *signing: SigningKey) -> dict[str, str]:
        return {
            "NYRA_LICENSE_SIGNING_SECRET": ",".join(SEEDS[key.kid] for key in signing),
            "NYRA_KEY_MANIFEST": str(self._manifest_file),
        }


def _signing_key() -> SigningKey:
    seed = secrets.token_bytes(32)
    key = SigningKey(seed)
    SEEDS[key.kid] = b64u_encode(seed)
    return key


SEEDS: dict[str, str] = {}
OLD, NEW = _signing_key(), _signing_key()


def test_keys_change_without_an_update_of_the_program(short_folder: Path) -> None:
    published = short_folder / "keys.jws"
    published.write_text(manifest(1, OLD))
    backend = Backend(short_folder / "stub", published, OLD)
    world = World(backend, short_folder)
    try:
        profile = write_profile(
            short_folder / "vendor.toml", backend.url, KeySet([OLD.public_key]), ROOT
        )
        device = world.device(environ={"KEYSTEAD_PROFILE": str(profile)})
        world.pay(device)
        running = program(device)
        assert running.usable
        assert stat.S_IMODE(device.paths.key_manifest.stat().st_mode) == 0o600

        # The new key is introduced, and the backend signs by it.
        published.write_text(manifest(2, OLD, NEW))
        backend.switch(NEW, OLD)
        view = device.refresh()
        assert (view.state, view.last_error, view.hints) == ("active", None, ())
        assert accepted_version(device) == 2
        assert offline(device).usable
        by_new = device.paths.license.read_bytes()

        # The backend goes back for a moment: the old key still counts.
        backend.switch(OLD, NEW)
        device.refresh()
        by_old = device.paths.license.read_bytes()
        assert by_old != by_new

        # The old key is dropped: what it signed ends here, and a new license comes at once.
        published.write_text(manifest(3, NEW))
        backend.switch(NEW, OLD)
        device.restart()
        device.until(lambda view: view.usable and accepted_version(device) == 3)
        device.until(lambda view: not view.refreshing)
        assert device.view().hints == ()
        assert running.state == "active"
        assert offline(device).usable

        # A copy of the old license, and the old manifest with it, don't bring it back.
        device.stop()
        newest = device.paths.license.read_bytes()
        device.paths.license.write_bytes(by_old)
        assert (program(device).usable, program(device).reason) == (False, "unknown_key")
        device.paths.key_manifest.write_text(manifest(2, OLD, NEW))
        assert (program(device).usable, program(device).state) == (False, "untrusted")
        device.paths.key_manifest.unlink()
        assert (program(device).usable, program(device).reason) == (False, "keys_missing")
        # The daemon has its own copy, and puts both right.
        device.start()
        device.until(lambda view: view.usable and not view.refreshing)
        assert device.paths.license.read_bytes() != by_old
        assert newest
        assert offline(device).usable
    finally:
        world.end()
        backend.stop()


# The attacks.


@pytest.fixture
def way_out() -> Iterator[Gateway]:
    with gateway() as found:
        yield found


@pytest.fixture
def device(world: World, way_out: Gateway) -> Device:
    """A paid device that has accepted version 5."""
    publish(way_out, manifest(5, *signing(world.stub)))
    profile = write_profile(world.folder / "vendor.toml", world.stub.url, keys_of(world.stub), ROOT)
    device = world.device(environ={"KEYSTEAD_PROFILE": str(profile)}, proxy=way_out.url)
    world.pay(device)
    device.until(lambda view: view.key_manifest is not None)
    return device


def signing(stub: BillingStub) -> tuple[SigningKey, ...]:
    return stub.settings.signing_keys()


def keys_of(stub: BillingStub) -> KeySet:
    return KeySet(key.public_key for key in signing(stub))


def publish(way_out: Gateway, text: str, *, status: int = 200) -> None:
    """Answer for the backend's key manifest from now on."""
    body = json.dumps({"manifest": text}).encode()
    way_out.instead_at[wire.KEYS] = Answer(status, {"content-type": "application/json"}, body)


def asked(way_out: Gateway) -> int:
    return sum(wire.KEYS in passed.url for passed in way_out.passed)


def test_a_manifest_that_must_not_count_changes_nothing_and_is_reported(
    world: World, way_out: Gateway, device: Device
) -> None:
    ours = signing(world.stub)
    attacks = {
        "rollback": (manifest(4, *ours, THIEF), "superseded"),
        "same version, other content": (manifest(5, *ours, THIEF), "version_conflict"),
        "mix and match": (manifest(6, THIEF, product="acme"), "wrong_product"),
        "wrong signer": (manifest(6, THIEF, root=SECOND_ROOT), "unknown_key"),
        "signed by a signing key": (manifest(6, THIEF, root=ours[0]), "unknown_key"),
        "from the future": (manifest(6, THIEF, issued_s=now_s() + DAY_S), "not_yet_valid"),
        "too large": ("e" * 20_000, "too_large"),
    }
    before = device.paths.key_manifest.read_bytes()
    for attack, (text, code) in attacks.items():
        publish(way_out, text)
        device.restart()
        view = device.until(lambda view: "keys_refused" in view.hints)
        assert view.usable, attack
        assert device.paths.key_manifest.read_bytes() == before, attack
        assert accepted_version(device) == 5, attack
        (found,) = device.call("diagnostics.get", DiagnosticsParams(check="keys")).checks
        assert (found.ok, found.code, found.values) == (False, "not_accepted", {"code": code})
    assert failed_checks(device)["keys"]
    assert "signing keys wasn't accepted" in device.cli("status").out
    logged = [line["code"] for line in device.log() if line["event"] == "manifest.failed"]
    assert logged == [code for _, code in attacks.values()]
    # The backend answers again, and all is well.
    publish(way_out, manifest(6, *ours))
    device.restart()
    device.until(lambda view: accepted_version(device) == 6)
    assert failed_checks(device) == {}


@pytest.mark.nightly
def test_endless_data_in_the_manifests_place_is_cut_off(
    world: World, way_out: Gateway, device: Device
) -> None:
    endless = Answer(200, {"content-type": "application/json"}, b"[" * 3_000_000)
    way_out.instead_at[wire.KEYS] = endless
    before = asked(way_out)
    device.restart()
    device.refresh()
    assert asked(way_out) > before
    view = device.view()
    assert (view.usable, accepted_version(device)) == (True, 5)


def test_a_manifest_that_is_never_renewed_is_reported_and_locks_nobody_out(
    world: World, way_out: Gateway, device: Device
) -> None:
    """The freeze: an old manifest is shown for as long as nobody notices."""
    publish(way_out, manifest(6, *signing(world.stub), issued_s=now_s() - 9 * DAY_S, days=1))
    device.restart()
    view = device.until(lambda view: "keys_stale" in view.hints)
    assert view.usable
    assert "keys_stale" in json.loads(device.cli("status", "--json").out)["hints"]
    assert "has expired" in device.cli("status").out
    assert set(failed_checks(device)) == {"keys"}
    assert device.refresh().usable
    assert offline(device).usable


@pytest.mark.nightly
def test_a_version_that_a_stolen_root_key_raised_ends_with_that_key(
    world: World, way_out: Gateway, device: Device
) -> None:
    """The fast-forward: no manifest could follow the highest version."""
    publish(way_out, manifest(MAX_VERSION, *signing(world.stub)))
    device.restart()
    device.until(lambda view: accepted_version(device) == MAX_VERSION)
    publish(way_out, manifest(6, *signing(world.stub)))
    device.restart()
    device.until(lambda view: "keys_refused" in view.hints)
    # An update of the program brings another root key, whose versions begin again.
    write_profile(world.folder / "vendor.toml", world.stub.url, keys_of(world.stub), SECOND_ROOT)
    publish(way_out, manifest(1, *signing(world.stub), root=SECOND_ROOT))
    device.restart()
    device.until(lambda view: accepted_version(device) == 1)
    assert device.view().usable
    assert failed_checks(device) == {}
    assert offline(device).usable


def test_a_license_by_an_unknown_key_asks_for_the_manifest_once(
    world: World, way_out: Gateway, device: Device
) -> None:
    """A refused refresh is named wherever someone looks for it, with what to do."""
    before = asked(way_out)
    renamed = KeySet([THIEF.public_key])
    write_profile(world.folder / "vendor.toml", world.stub.url, renamed, ROOT)
    publish(way_out, manifest(6, THIEF))
    device.restart()
    view = device.until(lambda view: view.last_error == "unknown_key" and not view.refreshing)
    assert view.state == "untrusted"
    for _ in range(5):
        with pytest.raises(keystead.KeysteadError):
            device.refresh()
    assert asked(way_out) - before <= 3
    assert "license_refused" in device.view().hints
    assert "contact support" in device.cli("status").out
    fixes = failed_checks(device)
    assert {"license", "refresh"} <= set(fixes)
    assert all(fixes.values())


def test_any_refused_refresh_is_named_with_what_to_do(
    world: World, way_out: Gateway, device: Device
) -> None:
    problem = {
        "type": "about:blank",
        "title": "No",
        "status": 401,
        "code": "invalid_token",
        "requestId": "r",
    }
    way_out.instead_at[wire.LICENSE_STATUS] = Answer(
        401, {"content-type": "application/problem+json"}, json.dumps(problem).encode()
    )
    with pytest.raises(keystead.KeysteadError):
        device.refresh()
    view = device.view()
    assert (view.usable, view.hints) == (True, ("refresh_refused",))
    said = device.cli("status").out
    assert "The last refresh was refused. The billing service no longer accepts" in said
    assert "Restore your purchase" in said
    assert set(failed_checks(device)) == {"refresh"}
    way_out.instead_at.pop(wire.LICENSE_STATUS)
    assert device.refresh().hints == ()
    assert failed_checks(device) == {}


def test_a_running_daemon_puts_back_what_somebody_did_to_the_file(
    world: World, way_out: Gateway, device: Device
) -> None:
    genuine = device.paths.key_manifest.read_bytes()
    device.paths.key_manifest.write_text(manifest(4, *signing(world.stub), THIEF))
    # The program asks the daemon, which has the manifest that counts.
    assert program(device).usable
    device.refresh()
    assert device.paths.key_manifest.read_bytes() == genuine
    device.paths.key_manifest.unlink()
    device.refresh()
    assert device.paths.key_manifest.read_bytes() == genuine
    assert stat.S_IMODE(device.paths.key_manifest.stat().st_mode) == 0o600


@pytest.mark.nightly
def test_a_device_that_is_never_switched_off_learns_of_a_revoked_key_within_a_day(
    world: World, way_out: Gateway
) -> None:
    ours = signing(world.stub)
    publish(way_out, manifest(5, *ours))
    pinned = keys_of(world.stub)
    profile = write_profile(world.folder / "vendor.toml", world.stub.url, pinned, ROOT)
    environ = {"KEYSTEAD_PROFILE": str(profile)}
    device = world.device(environ=environ, proxy=way_out.url, rehearsed=True)
    world.pay(device)
    device.until(lambda view: view.key_manifest is not None)
    publish(way_out, manifest(6, THIEF))
    device.turn(DAY_S * 1000)
    view = device.until(lambda view: view.state == "untrusted")
    assert view.reason == "unknown_key"
    assert accepted_version(device) == 6


@pytest.mark.long
@pytest.mark.nightly
def test_a_kill_at_any_sync_leaves_keys_and_license_that_fit(
    world: World, way_out: Gateway, device: Device
) -> None:
    """The program works by what is on disk at every moment, without the daemon too."""
    device.stop()
    ours = signing(world.stub)
    killed = next(n for n in range(1, 40) if not killed_at(n, way_out, device, *ours))
    # The folder is synced for the vault, the manifest, the license and the statement.
    assert killed > 3


def killed_at(number: int, way_out: Gateway, device: Device, *keys: SigningKey) -> bool:
    """Kill a start that brings a new manifest; return False if it was up before that call."""
    version = 5 + number
    publish(way_out, manifest(version, *keys))
    with suppress(DaemonStartError, keystead.DaemonUnreachable):
        start_with_command(device, strace_command(device, f"fsync:signal=SIGKILL:when={number}"))
        with suppress(AssertionError):
            device.until(lambda view: accepted_version(device) == version and not view.refreshing)
        device.call("daemon.stop")
    if device.process is not None:
        device.process.wait(PATIENCE_S)
        device.process = None
    license = program(device)
    assert (license.state, license.reason) == ("active", "active")
    device.start()
    device.until(lambda view: accepted_version(device) == version)
    assert device.view().hints == ()
    device.stop()
    return "SIGKILL" in (device.home / "strace.out").read_text()
