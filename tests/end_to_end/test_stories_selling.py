"""How a program lets people pay: `activate` and `show`, with and without a window."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import keystead
from keystead.contract import WINDOW_SOCKET_NAME
from keystead_stub.in_process import BillingStub
from support.vendor_program import stop_daemon
from support.world import PATIENCE_S, Device

pytestmark = pytest.mark.long

SCREENLESS = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "KEYSTEAD_SECRETS": "file"}


@pytest.fixture
def device(short_folder: Path) -> Iterator[Device]:
    """Return a device on which no daemon runs yet."""
    device = Device(short_folder / "home", {})
    yield device
    stop_daemon(device)


def environ_of(device: Device, **more: str) -> dict[str, str]:
    return SCREENLESS | {"KEYSTEAD_HOME": str(device.home)} | more


def with_keys_inside(stub: BillingStub) -> str:
    """Return the profile of a stub as a text that names no file."""
    tables = ", ".join(
        "{" + ", ".join(f'{name} = "{key[name]}"' for name in ("kty", "crv", "kid", "x")) + "}"
        for key in json.loads(stub.keys.read_text())["keys"]
    )
    text = stub.profile.read_text().replace('"keys.json"', f"{{ keys = [{tables}] }}")
    assert "keys.json" not in text
    return text


def test_a_program_with_its_profile_as_a_text_sells_too(
    billing_stub: BillingStub, device: Device
) -> None:
    license = keystead.open(with_keys_inside(billing_stub), environ=environ_of(device))
    opened = license.activate(plan="pro")
    checkout = device.view().checkout
    assert checkout is not None
    assert opened == keystead.Opened("nowhere", checkout.url, "checkout")
    billing_stub.pay(checkout.session_id)
    device.until(lambda view: view.usable)
    assert keystead.open(billing_stub.profile, environ=environ_of(device)).usable
    again = license.activate()
    assert (again.where, again.page) == ("nowhere", "portal")


def test_the_window_is_opened_where_it_can_be(billing_stub: BillingStub, device: Device) -> None:
    environ = environ_of(device, QT_QPA_PLATFORM="offscreen")
    license = keystead.open(billing_stub.profile, environ=environ)
    try:
        assert license.activate() == keystead.Opened("window")
        assert device.paths.socket.with_name(WINDOW_SOCKET_NAME).is_socket()
        assert device.view().checkout is None, "the person chooses a plan in the window"
        opened = license.activate(plan="pro")
        assert (opened.where, opened.page) == ("window", "checkout")
        license.show()
    finally:
        close_windows(device)


def close_windows(device: Device) -> None:
    """End the window of a device, by the process that holds its lock."""
    lock = device.paths.socket.with_name("desktop.lock")
    ended = os.pidfd_open(int(lock.read_text().splitlines()[0]))
    try:
        signal.pidfd_send_signal(ended, signal.SIGTERM)
        # Only when it is gone nothing starts a daemon again.
        assert select.select([ended], [], [], PATIENCE_S)[0]
    finally:
        os.close(ended)


def test_a_billing_service_with_accounts_asks_to_sign_in_first(
    device: Device, tmp_path: Path
) -> None:
    with BillingStub.running(tmp_path / "crow", api="crow") as stub:
        license = keystead.open(stub.profile, environ=environ_of(device))
        opened = license.activate()
        assert (opened.where, opened.page) == ("nowhere", "sign_in")
        assert opened.url is not None
        assert opened.url.startswith(stub.url)
        stop_daemon(device)


def test_without_a_screen_the_window_cannot_be_shown(
    billing_stub: BillingStub, device: Device
) -> None:
    license = keystead.open(billing_stub.profile, environ=environ_of(device))
    with pytest.raises(keystead.NotInstalled, match="can't be opened here") as refused:
        license.show()
    assert refused.value.code == "window_missing"


def test_an_unknown_plan_is_refused_with_a_sentence(
    billing_stub: BillingStub, device: Device
) -> None:
    license = keystead.open(billing_stub.profile, environ=environ_of(device))
    with pytest.raises(keystead.DaemonRefused) as refused:
        license.activate(plan="no-such-plan")
    assert refused.value.sentence


def test_a_program_without_the_daemon_says_what_to_install(
    billing_stub: BillingStub, device: Device, tmp_path: Path
) -> None:
    # A Python in which the SDK is all that is installed: no httpx, no PySide6.
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\n"
        "for name in ('apscheduler', 'httpx', 'keyring', 'PySide6'):\n"
        "    sys.meta_path.insert(0, type('Missing', (), {'find_spec': staticmethod(\n"
        "        lambda asked, path=None, target=None, name=name: (_ for _ in ()).throw(\n"
        "            ModuleNotFoundError(asked)) if asked == name else None)}))\n"
        "import importlib.util\n"
        "found = importlib.util.find_spec\n"
        "def find_spec(name, package=None):\n"
        "    try:\n"
        "        return found(name, package)\n"
        "    except ModuleNotFoundError:\n"
        "        return None\n"
        "importlib.util.find_spec = find_spec\n"
        "import keystead\n"
        "license = keystead.open(sys.argv[1])\n"
        "for call in (license.activate, license.show):\n"
        "    try:\n"
        "        call()\n"
        "    except keystead.NotInstalled as missing:\n"
        "        print(missing.code, missing.sentence, missing.remedy)\n"
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    said = subprocess.run(
        [sys.executable, program, str(billing_stub.profile)],
        env=environ_of(device, PATH=str(empty)),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    ).stdout.splitlines()
    assert [line.split()[0] for line in said] == ["daemon_missing", "window_missing"]
    assert 'pip install "keystead[daemon]"' in said[0]
    assert 'pip install "keystead[client]"' in said[1]
