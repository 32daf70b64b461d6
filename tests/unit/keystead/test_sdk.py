"""The SDK as a program uses it: it verifies files and the daemon's responses by its own keys."""

from __future__ import annotations

import json
import os
import pydoc
import socket
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import pytest

import keystead
from keystead import local_api, machine
from keystead.device_statement import DeviceStatement, write_statement
from keystead.files import replace_atomically
from keystead.instants import DAY_MS, HOUR_MS
from keystead.keys import SigningKey
from keystead.local_client import CONNECT_S, LocalClient
from keystead.trusted_time import Anchor, NonceOpening, nonce_for
from support.device_home import Home
from support.documents import (
    DEVICE,
    KEYS,
    OTHER_DEVICE,
    PRODUCT,
    STRANGER,
    signed_license,
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def activated(home: Home) -> Home:
    home.put()
    home.state_device()
    return home


def test_without_files_the_device_is_unactivated(home: Home) -> None:
    license = home.open()
    assert (license.usable, license.state, license.until) == (False, "unactivated", None)
    with pytest.raises(keystead.NotEntitled) as refused:
        license.require()
    assert refused.value.code == "unactivated"
    assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize(
    "path", ["keystead.toml", "./keystead.toml", "../keystead.toml", "", "~/keystead.toml"]
)
@pytest.mark.parametrize("kind", [str, Path, os.fsencode])
def test_a_relative_profile_is_refused(
    activated: Home, monkeypatch: pytest.MonkeyPatch, path: str, kind: Callable[[str], Any]
) -> None:
    monkeypatch.chdir(activated.root)
    with pytest.raises(keystead.InvalidProfile, match="has to be absolute") as refused:
        keystead.open(kind(path))
    assert refused.value.code == "relative_profile"
    assert "__file__" in str(refused.value.remedy)


def test_the_keys_of_a_profiles_text_do_not_come_from_the_current_folder(
    activated: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(activated.root)
    text, environ = activated.profile.read_text(), {"KEYSTEAD_HOME": str(activated.root)}
    with pytest.raises(keystead.InvalidProfile, match="the keys themselves"):
        keystead.open(text, environ=environ)
    text = text.replace('"root.json"', f'"{activated.root / "root.json"}"')
    with pytest.raises(keystead.InvalidProfile, match="the keys themselves"):
        keystead.open(text, environ=environ)
    named = text.replace('"keys.json"', f'"{activated.root / "keys.json"}"')
    assert keystead.open(named, environ=environ).usable
    inside = text.replace('keys = "keys.json"', f"keys = {inline(KEYS.to_jwks())}")
    assert keystead.open(inside, environ=environ).usable


def inline(jwks: bytes) -> str:
    """Return a JWK Set as an inline table of TOML."""
    keys = json.loads(jwks)["keys"]
    tables = ("{" + ", ".join(f'{name} = "{key[name]}"' for name in key) + "}" for key in keys)
    return "{ keys = [" + ", ".join(tables) + "] }"


def test_a_decision_is_one_value_of_one_moment(activated: Home) -> None:
    license = activated.open()
    decision = license.decision
    assert decision == keystead.Decision(
        state=keystead.State.ACTIVE,
        usable=True,
        until=license.until,
        reason="active",
        entitlement=license.entitlement,
        features=decision.features,
    )
    assert decision.allows("export")
    now_ms = machine.read_clocks().wall_ms
    activated.put(now_ms=now_ms + 2000, active=False, status="canceled")
    assert activated.open().decision.state == "inactive"
    assert (decision.state, decision.usable) == ("active", True)


def test_the_package_lists_what_a_program_uses() -> None:
    assert keystead.__version__ == version("keystead")
    listed = [name for name in dir(keystead) if not name.startswith("__")]
    assert listed == [name for name in keystead.__all__ if name != "__version__"]
    assert all(getattr(keystead, name) for name in keystead.__all__)
    shown = pydoc.plain(pydoc.render_doc(keystead))
    for expected in ("class License", "class NotEntitled", "open = open_license(profile", "0.1.0"):
        assert expected in shown
    with pytest.raises(AttributeError):
        getattr(keystead, "sdk_internals")  # noqa: B009


def test_an_active_license_is_usable(activated: Home) -> None:
    license = activated.open()
    assert (license.usable, license.state, license.reason) == (True, "active", "active")
    assert license.allows("export")
    assert not license.allows("teleport")
    license.require()
    license.require("sync")
    with pytest.raises(keystead.NotEntitled, match="teleport") as refused:
        license.require("teleport")
    assert refused.value.code == "feature_not_included"


def test_enabled_modules_are_allowed(home: Home) -> None:
    home.state_device()
    home.put()
    paid = home.open().entitlement
    assert paid is not None
    home.put(
        entitlement=msgspec.structs.replace(paid, modules={"web": True, "cctv": False}), jti="m"
    )
    license = home.open()
    assert license.allows("web")
    assert not license.allows("cctv")


def test_a_license_without_this_devices_statement_is_not_used(home: Home) -> None:
    home.put()
    assert (home.open().state, home.open().reason) == ("untrusted", "wrong_device")


def test_a_copied_folder_is_not_used(activated: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    for name in ("license", "device"):
        source, target = getattr(activated.paths, name), getattr(other.paths, name)
        replace_atomically(target, source.read_bytes())
    assert (other.open().state, other.open().reason) == ("untrusted", "copied")


def test_another_devices_license_is_not_used(activated: Home) -> None:
    activated.put(device=OTHER_DEVICE)
    assert (activated.open().usable, activated.open().reason) == (False, "wrong_device")


def test_a_statement_signed_by_another_key_is_not_used(activated: Home) -> None:
    statement = DeviceStatement(
        device_id=DEVICE.thumbprint, binding=machine.binding_of(activated.paths.state)
    )
    replace_atomically(activated.paths.device, write_statement(statement, STRANGER).encode())
    assert (activated.open().state, activated.open().reason) == ("untrusted", "wrong_device")


def test_a_license_signed_by_an_unpinned_key_is_not_used(activated: Home) -> None:
    activated.put(STRANGER)
    assert (activated.open().state, activated.open().reason) == ("untrusted", "unknown_key")


@pytest.mark.parametrize("content", [b"", b"x", b"\xff" * 30_000, b"a.b.c", b"\n"])
def test_hostile_files_are_refused_and_kept(activated: Home, content: bytes) -> None:
    for path in (activated.paths.license, activated.paths.device):
        before = path.read_bytes()
        path.write_bytes(content)
        assert activated.open().state == "untrusted"
        assert path.read_bytes() == content
        path.write_bytes(before)
    assert activated.open().usable


def test_a_license_is_in_grace_and_then_expires(home: Home) -> None:
    home.state_device()
    now_ms = machine.read_clocks().wall_ms
    home.put(now_ms=now_ms - 10 * DAY_MS, period_end_ms=now_ms - DAY_MS)
    assert (home.open().state, home.open().usable) == ("grace", True)
    home.put(now_ms=now_ms - 9 * DAY_MS, period_end_ms=now_ms - 4 * DAY_MS)
    assert (home.open().state, home.open().usable) == ("expired", False)


def test_trusted_time_stays_when_the_clock_is_turned_back(home: Home) -> None:
    """The mark is the latest trusted time of this device, whatever the wall clock says now."""
    now_ms = machine.read_clocks().wall_ms
    home.put(now_ms=now_ms, period_end_ms=now_ms + DAY_MS)
    home.state_device(mark=Anchor(now_ms + 10 * DAY_MS, 1, "an earlier boot"))
    assert home.open().state == "expired"


def test_the_signed_time_of_this_boot_overrides_a_fast_wall_clock(home: Home) -> None:
    """A response of this boot gives the time, so a wall clock that is years fast is ignored."""
    clocks = machine.read_clocks()
    then_ms = clocks.wall_ms - 5 * 365 * DAY_MS
    nonce_opening = NonceOpening(clocks.boot_id, clocks.boot_ms, "salt")
    home.put(now_ms=then_ms, nonce=nonce_for(nonce_opening))
    home.state_device()
    assert home.open().state == "expired"
    home.state_device(nonce_opening=nonce_opening)
    assert home.open().state == "active"


def test_an_altered_nonce_opening_is_not_trusted(home: Home) -> None:
    clocks = machine.read_clocks()
    then_ms = clocks.wall_ms - 5 * 365 * DAY_MS
    nonce_opening = NonceOpening(clocks.boot_id, clocks.boot_ms - HOUR_MS, "salt")
    home.put(now_ms=then_ms, nonce=nonce_for(nonce_opening))
    home.state_device(nonce_opening=NonceOpening(clocks.boot_id, clocks.boot_ms, "salt"))
    assert home.open().state == "expired"


def test_a_newer_license_file_is_used_and_an_older_one_refused(
    activated: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keystead.sdk.RECHECK_MS", 0)
    license = activated.open()
    assert license.usable
    older = activated.paths.license.read_bytes()
    now_ms = machine.read_clocks().wall_ms
    activated.put(now_ms=now_ms + 2000, active=False, status="canceled")
    assert (license.state, license.usable) == ("inactive", False)
    replace_atomically(activated.paths.license, older)
    assert (license.state, license.usable) == ("inactive", False)
    activated.paths.license.unlink()
    assert license.state == "inactive"


def test_only_the_keys_of_the_programs_profile_are_trusted(
    activated: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = Home(tmp_path / "evil")
    (evil.root / "keys.json").write_bytes(keystead_keys(STRANGER))
    monkeypatch.setenv("KEYSTEAD_PROFILE", str(evil.profile))
    monkeypatch.setenv("KEYSTEAD_HOME", str(activated.root))
    activated.paths.config.mkdir(parents=True)
    activated.paths.config_file.write_text(evil.profile.read_text())
    activated.put(STRANGER)
    license = keystead.open(str(activated.profile))
    assert (license.usable, license.reason) == (False, "unknown_key")


def keystead_keys(key: SigningKey) -> bytes:
    return type(KEYS)([key.public_key]).to_jwks()


# --- Daemons, true and false --------------------------------------------------------------------


class FalseDaemon:
    """A server on a home's socket that sends the given response to every line."""

    def __init__(self, home: Home, *answers: bytes) -> None:
        self._answers = answers
        path = home.paths.socket
        path.parent.mkdir(parents=True, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                for answer in self._answers:
                    connection.sendall(answer)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def view(**changes: Any) -> bytes:
    """Return an ``activation.get`` response that claims a usable activation."""
    shown = local_api.ActivationView(
        product=PRODUCT,
        state=keystead.State.ACTIVE,
        usable=True,
        until=2**52,
        reason="active",
        device_id=DEVICE.thumbprint,
        entitlement=None,
        current_period_end=None,
        grace_ends_at=None,
        last_refresh_at=None,
        next_refresh_at=None,
        hints=(),
        now=0,
    )
    shown = msgspec.structs.replace(shown, **changes)
    return msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "result": shown}) + b"\n"


@pytest.fixture
def daemons() -> Iterator[list[FalseDaemon]]:
    started: list[FalseDaemon] = []
    yield started
    for daemon in started:
        daemon.close()


@pytest.mark.parametrize(
    "answer",
    [
        view(),
        view(license="x.y.z", device="x.y.z"),
        view(license=signed_license(STRANGER), device="x.y.z"),
        b"\n",
        b"{}\n",
        b"[1]\n",
        b"\xff\n",
        b'{"jsonrpc":"2.0","id":1,"result":{}}\n',
        b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}\n',
        b'{"jsonrpc":"2.0","id":1,"error":5}\n',
        b"x" * 70_000,
        b"",
    ],
)
def test_the_state_claimed_by_a_false_daemon_is_ignored(
    home: Home, daemons: list[FalseDaemon], answer: bytes
) -> None:
    daemons.append(FalseDaemon(home, answer))
    assert not home.open().usable


def test_a_false_daemon_cannot_replace_a_license_with_an_older_one(
    activated: Home, daemons: list[FalseDaemon]
) -> None:
    older = activated.paths.license.read_text()
    device = activated.paths.device.read_text()
    now_ms = machine.read_clocks().wall_ms
    activated.put(now_ms=now_ms + 2000, active=False, status="canceled")
    daemons.append(FalseDaemon(activated, view(license=older, device=device)))
    assert activated.open().state == "inactive"


def test_a_false_daemon_cannot_extend_a_license(home: Home, daemons: list[FalseDaemon]) -> None:
    now_ms = machine.read_clocks().wall_ms
    home.state_device()
    ended = signed_license(now_ms=now_ms - 60 * DAY_MS, period_end_ms=now_ms - 30 * DAY_MS)
    device = home.paths.device.read_text()
    daemons.append(FalseDaemon(home, view(license=ended, device=device, now=0)))
    assert home.open().state == "expired"


def test_the_daemons_license_is_used_before_it_is_saved(
    home: Home, daemons: list[FalseDaemon]
) -> None:
    home.state_device()
    now_ms = machine.read_clocks().wall_ms
    license = signed_license(now_ms=now_ms, period_end_ms=now_ms + DAY_MS)
    device = home.paths.device.read_text()
    daemons.append(FalseDaemon(home, view(license=license, device=device)))
    assert home.open().usable


def test_without_a_daemon_a_watch_notices_changed_files(
    activated: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keystead.sdk.RECHECK_MS", 0)
    monkeypatch.setattr("keystead.license_watch.RETRY_S", 0.01)
    seen, changed = [], threading.Event()

    def callback(license: keystead.License) -> None:
        seen.append(license.state)
        changed.set()

    with activated.open().watch(callback) as license:
        assert license.usable
        now_ms = machine.read_clocks().wall_ms
        activated.put(now_ms=now_ms + 2000, active=False, status="canceled")
        assert changed.wait(60)
    assert seen == ["inactive"]


def test_a_watch_is_notified_by_the_daemon(activated: Home, daemons: list[FalseDaemon]) -> None:
    now_ms = machine.read_clocks().wall_ms
    device = activated.paths.device.read_text()
    end_ms = now_ms + DAY_MS
    ended = signed_license(
        now_ms=now_ms + 5000, period_end_ms=end_ms, active=False, status="canceled"
    )
    pushed = msgspec.json.decode(view(license=ended, device=device), type=dict[str, Any])["result"]
    notification = {"jsonrpc": "2.0", "method": "activation.changed", "params": pushed}
    license = activated.open()
    daemons.append(FalseDaemon(activated, view(), msgspec.json.encode(notification) + b"\n"))
    changed = threading.Event()
    with license.watch(lambda _: changed.set()):
        assert changed.wait(60)
    assert license.state == "inactive"


def test_an_exception_of_a_callback_is_logged_and_the_watch_continues(
    activated: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("keystead.sdk.RECHECK_MS", 0)
    monkeypatch.setattr("keystead.license_watch.RETRY_S", 0.01)
    now_ms = machine.read_clocks().wall_ms
    states: list[str] = []
    called = threading.Semaphore(0)

    def callback(license: keystead.License) -> None:
        states.append(license.state)
        called.release()
        raise ZeroDivisionError

    with activated.open().watch(callback):
        activated.put(now_ms=now_ms + 2000, active=False, status="canceled")
        assert called.acquire(timeout=60)
        activated.put(now_ms=now_ms + 4000)
        assert called.acquire(timeout=60)
    assert states == ["inactive", "active"]
    logged = [record for record in caplog.records if record.name == "keystead"]
    assert [record.exc_info and record.exc_info[0] for record in logged] == [ZeroDivisionError] * 2


class LeavingClient(LocalClient):
    """A client whose connection is established only while the watch is being closed."""

    connecting = threading.Event()
    left = threading.Event()

    def __init__(self, path: Path, *, connect_s: float = CONNECT_S) -> None:
        super().__init__(path, connect_s=connect_s)
        if threading.current_thread().name == "keystead-watch":
            self.connecting.set()
            assert self.left.wait(60)


def test_a_watch_can_be_closed_while_it_connects(
    activated: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keystead.license_watch.LocalClient", LeavingClient)
    license = activated.open()
    listener = socket.socket(socket.AF_UNIX)
    activated.paths.socket.parent.mkdir(parents=True)
    listener.bind(str(activated.paths.socket))
    listener.listen()
    watch = license.watch(lambda _: None)
    watch.__enter__()
    assert LeavingClient.connecting.wait(60)
    leaving = threading.Thread(target=watch.__exit__, args=(None, None, None))
    leaving.start()
    assert watch._stopped.wait(60)
    LeavingClient.left.set()
    leaving.join(60)
    listener.close()
    assert not leaving.is_alive()


def test_concurrent_threads_see_consistent_decisions(
    activated: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keystead.sdk.RECHECK_MS", 0)
    now_ms = machine.read_clocks().wall_ms
    license, stop = activated.open(), threading.Event()
    seen: list[tuple[bool, str]] = []

    def read() -> None:
        while not stop.is_set():
            decision = license.decision
            seen.append((decision.usable, decision.state))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(20):
        active = bool(n % 2)
        status = "active" if active else "canceled"
        activated.put(now_ms=now_ms + 1000 * (n + 1), active=active, status=status)
        license._recheck()
    stop.set()
    for thread in threads:
        thread.join()
    assert set(seen) <= {(True, "active"), (False, "inactive")}
    assert license.state == "active"
