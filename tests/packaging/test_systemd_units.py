"""The systemd units, analyzed by systemd, and the daemon started by socket activation."""

import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from keystead.local_client import LocalClient
from keystead.paths import paths_of
from keystead_daemon.app import FINISH_S
from support.staged_packages import EXAMPLE, StagedPackage

PROFILE = EXAMPLE
PRODUCT = "nyra"
KEYSTEADD = Path(sys.executable).with_name("keysteadd")
LIMIT_S = 60.0

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not here"
)


@pytest.fixture
def units(short_folder: Path, nyra: StagedPackage, acme: StagedPackage) -> Path:
    """Return both products' packaged units, with the path of an installed program."""
    for package in (nyra, acme):
        for name in unit_names(package):
            text = package.read(f"/usr/lib/systemd/user/{name}")
            program = f"/opt/{package.product_id}-keystead/keysteadd"
            # systemd asks `man` for the page, which only an installed package has.
            text = re.sub(r"^Documentation=man:.*\n", "", text, flags=re.MULTILINE)
            (short_folder / name).write_text(text.replace(program, str(KEYSTEADD)))
    return short_folder


def unit_names(package: StagedPackage) -> tuple[str, str]:
    return f"{package.product_id}-keysteadd.service", f"{package.product_id}-keysteadd.socket"


def unit_text(package: StagedPackage, kind: str) -> str:
    return package.read(f"/usr/lib/systemd/user/{package.product_id}-keysteadd.{kind}")


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def setting(package: StagedPackage, kind: str, name: str) -> str:
    (value,) = re.findall(rf"^{name}=(.*)$", unit_text(package, kind), re.MULTILINE)
    return str(value)


def test_systemd_accepts_every_line_of_the_units(units: Path) -> None:
    checked = analyze(*("verify", "--recursive-errors=yes"), *sorted(units.glob("*-keysteadd.*")))
    assert (checked.returncode, checked.stderr) == (0, "")


def test_systemd_s_security_analysis_rates_the_service_as_not_exposed(units: Path) -> None:
    service = units / "acme_notes-keysteadd.service"
    judged = analyze("security", "--offline=true", "--threshold=50", service)
    assert judged.returncode == 0, judged.stdout.splitlines()[-1]


def test_the_units_need_no_system_privileges(acme: StagedPackage) -> None:
    """Without user namespaces, each of these settings prevents a user service from starting."""
    refused = {
        "PrivateUsers",
        "PrivateDevices",
        "ProtectClock",
        "ProtectKernelLogs",
        "ProtectKernelModules",
        "CapabilityBoundingSet",
        "AmbientCapabilities",
        "SupplementaryGroups",
        "User",
        "DynamicUser",
    }
    lines = unit_text(acme, "service").splitlines()
    assert not {line.partition("=")[0] for line in lines} & refused


def test_the_socket_is_where_clients_look(
    monkeypatch: pytest.MonkeyPatch, short_folder: Path, units: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_folder))
    listens = re.findall(
        r"^ListenStream=(.*)$", (units / "nyra-keysteadd.socket").read_text(), re.MULTILINE
    )
    assert [one.replace("%t", str(short_folder)) for one in listens] == [
        str(paths_of(PRODUCT).socket)
    ]


def test_the_socket_is_private_to_its_user(acme: StagedPackage) -> None:
    assert setting(acme, "socket", "SocketMode") == "0600"
    assert setting(acme, "socket", "DirectoryMode") == "0700"


def test_the_stop_timeout_is_longer_than_the_daemon_s_shutdown(acme: StagedPackage) -> None:
    assert int(setting(acme, "service", "TimeoutStopSec").removesuffix("s")) > FINISH_S


def test_each_product_s_units_start_its_own_daemon(
    nyra: StagedPackage, acme: StagedPackage
) -> None:
    for package in (nyra, acme):
        product = package.product_id
        expected = f"/opt/{product}-keystead/keysteadd --foreground"
        assert setting(package, "service", "ExecStart") == expected
        assert setting(package, "service", "Requires") == f"{product}-keysteadd.socket"
        assert setting(package, "socket", "ListenStream") == f"%t/{product}/keysteadd.sock"


@contextmanager
def socket_activated_daemon(
    path: Path, home: Path, **environ: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``systemd-socket-activate``, which listens and executes the daemon at the first call."""
    given = {"KEYSTEAD_SECRETS": "file", "KEYSTEAD_PROFILE": str(PROFILE)}
    variables = given | {"KEYSTEAD_HOME": str(home)} | environ
    process = subprocess.Popen(
        [
            "systemd-socket-activate",
            f"--listen={path}",
            *(f"--setenv={name}={value}" for name, value in variables.items()),
            KEYSTEADD,
            "--foreground",
        ],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        # systemd-socket-activate prints this once it listens.
        assert process.stderr is not None
        assert b"Listening on" in process.stderr.readline()
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.long
def test_the_first_call_starts_the_daemon_and_is_answered(short_folder: Path) -> None:
    path = short_folder / "handed.sock"
    with socket_activated_daemon(path, short_folder / "home") as process:
        with LocalClient(path) as client:
            info = client.call("daemon.info", timeout_s=LIMIT_S)
        assert info.pid == process.pid
        assert info.product == PRODUCT
        assert not paths_of(PRODUCT, short_folder / "home").socket.exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
    # The daemon must not unlink the socket: systemd keeps listening on it.
    assert path.is_socket()


@pytest.mark.long
def test_the_daemon_notifies_systemd_of_readiness_and_shutdown(short_folder: Path) -> None:
    address = short_folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(address))
        told.settimeout(LIMIT_S)
        with socket_activated_daemon(
            short_folder / "handed.sock", short_folder / "home", NOTIFY_SOCKET=str(address)
        ) as process:
            with LocalClient(short_folder / "handed.sock") as client:
                assert told.recv(4096) == b"READY=1"
                client.call("daemon.stop")
            assert told.recv(4096) == b"STOPPING=1"
            assert process.wait(LIMIT_S) == 0
