"""Contract of secret stores: the key file, and the system keyring with a real Secret Service."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from keystead.errors import KeyringUnavailable
from keystead_daemon import helpers
from keystead_daemon.secrets_store import KeyFile, Secrets, SecretsElsewhere, SecretStore
from keystead_daemon.system_keyring import SystemKeyring, service_name

SEED, VAULT_KEY, OTHER = b"s" * 32, b"v" * 32, b"o" * 32
Open = Callable[[str], SecretStore]


@pytest.fixture(scope="module")
def secret_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start a session bus with an unlocked gnome-keyring, and return its environment variables."""
    if not shutil.which("gnome-keyring-daemon") or not shutil.which("dbus-daemon"):
        pytest.fail("this test needs gnome-keyring: apt-get install gnome-keyring dbus")
    home = tmp_path_factory.mktemp("keyring")
    (home / "run").mkdir(mode=0o700)
    environ = {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "XDG_DATA_HOME": str(home),
        "PATH": os.environ["PATH"],
    }
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address=1"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert bus.stdout is not None
        environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().decode().strip()
        unlock = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
        service = subprocess.Popen(
            unlock,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert service.stdin is not None
        service.stdin.write(b"pw")
        service.stdin.close()
        _wait_for_name(environ)
        yield environ
        service.terminate()
        service.wait(60)
        if service.stdout is not None:
            service.stdout.close()
    finally:
        bus.terminate()
        bus.wait(60)
        if bus.stdout is not None:
            bus.stdout.close()


def _wait_for_name(environ: dict[str, str]) -> None:
    """Wait until the Secret Service owns its name, by a call with a time limit."""
    ask = [
        "dbus-send",
        "--session",
        "--print-reply",
        "--reply-timeout=1000",
        "--dest=org.freedesktop.DBus",
        "/",
        "org.freedesktop.DBus.GetNameOwner",
        "string:org.freedesktop.secrets",
    ]
    for _ in range(400):
        if subprocess.run(ask, env=environ, capture_output=True, check=False).returncode == 0:
            return
    raise AssertionError("gnome-keyring did not come up")


@pytest.fixture(params=["file", pytest.param("keyring", marks=pytest.mark.long)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Return a function that opens the store of a product; the same name gives the same store."""
    if request.param == "file":
        return lambda name: KeyFile(tmp_path / name / "secrets.key", "here")
    environ: dict[str, str] = request.getfixturevalue("secret_service")
    patch = request.getfixturevalue("monkeypatch")
    for name, value in environ.items():
        patch.setenv(name, value)
    return lambda name: SystemKeyring(f"{tmp_path.name}:{name}", helpers.command("keyring"))


def load(store: SecretStore) -> Secrets:
    return asyncio.run(store.load())


def keep(store: SecretStore, secrets: Secrets) -> None:
    asyncio.run(store.store(secrets))


def test_a_new_store_is_empty(opened: Open) -> None:
    assert load(opened("a")) == Secrets()


def test_both_secrets_are_loaded_by_a_later_process(opened: Open) -> None:
    keep(opened("a"), Secrets(SEED, VAULT_KEY))
    assert load(opened("a")) == Secrets(SEED, VAULT_KEY)


def test_storing_one_secret_keeps_the_other(opened: Open) -> None:
    keep(opened("a"), Secrets(SEED, VAULT_KEY))
    keep(opened("a"), Secrets(vault_key=OTHER))
    assert load(opened("a")) == Secrets(SEED, OTHER)


def test_two_homes_have_separate_secrets(opened: Open) -> None:
    keep(opened("a"), Secrets(SEED, VAULT_KEY))
    assert load(opened("b")) == Secrets()


def test_each_home_has_its_own_service_name() -> None:
    assert service_name("nyra", "") == "keystead:nyra"
    assert service_name("nyra", "0123456789abcdef") == "keystead:nyra:01234567"


def test_a_key_file_of_another_place_is_left_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "secrets.key"
    keep(KeyFile(path, "here"), Secrets(SEED, VAULT_KEY))
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SecretsElsewhere):
        load(KeyFile(path, "elsewhere"))
    assert load(KeyFile(path, "here")) == Secrets(SEED, VAULT_KEY)


def test_a_key_file_of_another_place_is_set_aside_by_new_secrets(tmp_path: Path) -> None:
    path = tmp_path / "secrets.key"
    keep(KeyFile(path, "here"), Secrets(SEED, VAULT_KEY))
    keep(KeyFile(path, "elsewhere"), Secrets(OTHER))
    assert load(KeyFile(path, "elsewhere")) == Secrets(OTHER)
    (tmp_path / "secrets.key.aside-1").rename(path)
    assert load(KeyFile(path, "here")) == Secrets(SEED, VAULT_KEY)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"version":1}'])
def test_a_key_file_that_cannot_be_read_is_set_aside(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "secrets.key"
    path.write_bytes(data)
    assert load(KeyFile(path, "here")) == Secrets()
    assert (tmp_path / "secrets.key.aside-1").read_bytes() == data


def test_a_session_without_a_bus_has_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    with pytest.raises(KeyringUnavailable) as refused:
        load(SystemKeyring("keystead:test", helpers.command("keyring")))
    assert refused.value.code == "keyring_missing"


def test_a_keyring_that_never_responds_times_out() -> None:
    store = SystemKeyring("keystead:test", ("sleep", "600"), limit_s=0.2)
    with pytest.raises(KeyringUnavailable) as refused:
        load(store)
    assert refused.value.code == "keyring_timeout"


@pytest.mark.parametrize(
    "output",
    ["", "nonsense", '{"items":{"device-key":"short"}}', '{"items":{"device-key":"%%%"}}'],
)
def test_a_keyring_with_an_invalid_response_is_unavailable(tmp_path: Path, output: str) -> None:
    script = tmp_path / "answer"
    script.write_text(output)
    with pytest.raises(KeyringUnavailable):
        load(SystemKeyring("keystead:test", ("sh", "-c", f"cat >/dev/null; cat {script}")))


def test_the_repr_of_secrets_shows_no_secret() -> None:
    assert "ss" not in repr(Secrets(SEED, VAULT_KEY))
    with suppress(AttributeError):
        assert SEED.decode() not in str(Secrets(SEED, VAULT_KEY))
