"""``keysteadd`` as a process: start, single instance, stop and exit codes."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keystead.contract import REPLACED_PROFILES
from keystead.errors import DaemonUnreachable
from keystead.local_client import LocalClient
from keystead.paths import Paths, paths_of
from keystead_daemon import main
from keystead_daemon.configuration import Configuration
from keystead_daemon.lock import InstanceLock
from keystead_daemon.logs import Log
from support.daemon_process import (
    KEYSTEADD,
    DaemonProcess,
    DaemonStartError,
    running_daemon,
    start_daemon,
)
from support.profiles import write_profile

pytestmark = pytest.mark.long

LIMIT_S = 60


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return write_profile(tmp_path / "profile")


@pytest.fixture
def home(short_folder: Path) -> Path:
    return short_folder / "home"


@pytest.fixture
def daemon(profile: Path, home: Path) -> Iterator[DaemonProcess]:
    with running_daemon(profile, home) as running:
        yield running


def run(
    *arguments: str | Path, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [KEYSTEADD, *arguments],
        env={**os.environ, "KEYSTEAD_SECRETS": "file", **(environ or {})},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_daemon_cleanly(daemon: DaemonProcess, number: int) -> None:
    assert daemon.stop(number) == 0
    assert not daemon.paths.socket.exists()
    events = [json.loads(line)["event"] for line in daemon.log().splitlines()]
    assert events[-1] == "daemon.stopped"


def test_an_unknown_billing_api_is_a_usage_error(tmp_path: Path, home: Path) -> None:
    foreign = write_profile(tmp_path / "foreign", api="paypal")
    ran = run("--foreground", "--profile", foreign, "--home", home)
    assert ran.returncode == 2
    assert "backend.billing_api has to be one of nyra, crow," in ran.stderr


def test_the_daemon_stops_on_a_local_api_call(daemon: DaemonProcess) -> None:
    assert daemon.call("daemon.stop").done
    assert daemon.process.wait(LIMIT_S) == 0


def test_a_call_in_progress_is_answered_before_the_daemon_stops(
    profile: Path, home: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as backend:
        url = f"http://127.0.0.1:{backend.getsockname()[1]}"
        slow = write_profile(tmp_path / "slow", url)
        with running_daemon(slow, home) as daemon, daemon.client() as client:
            client._send(b'{"jsonrpc":"2.0","id":1,"method":"plans.list"}\n')
            peer, _ = backend.accept()
            with peer:
                peer.recv(65536)
                os.kill(daemon.pid, signal.SIGTERM)
                plans = b'{"plans":[]}'
                head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d"
                peer.sendall(head % len(plans) + b"\r\n\r\n" + plans)
            client._socket.settimeout(LIMIT_S)
            assert json.loads(client._read_line())["result"] == {"plans": []}
            assert daemon.process.wait(LIMIT_S) == 0


def test_a_second_daemon_exits_and_the_first_continues(
    daemon: DaemonProcess, profile: Path, home: Path
) -> None:
    second = run("--foreground", "--profile", profile, "--home", home)
    assert (second.returncode, second.stdout) == (
        0,
        f"keysteadd is already running (pid {daemon.pid}).\n",
    )
    assert daemon.call("daemon.info").pid == daemon.pid


def test_of_four_daemons_started_together_one_continues(profile: Path, home: Path) -> None:
    command = [str(KEYSTEADD), "--foreground", "--profile", str(profile), "--home", str(home)]
    environ = {**os.environ, "KEYSTEAD_SECRETS": "file"}
    started = [subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL) for _ in range(4)]
    gone: list[int] = []
    try:
        while len(gone) < 3:
            pid, status = os.waitpid(-1, 0)
            if pid in {process.pid for process in started}:
                gone.append(os.waitstatus_to_exitcode(status))
        assert gone == [0, 0, 0]
        with LocalClient(paths_of("nyra", home).socket) as client:
            assert client.call("daemon.info").pid in {process.pid for process in started}
            client.call("daemon.stop")
    finally:
        for process in started:
            if process.poll() is None:
                process.wait(LIMIT_S)


def test_a_lock_holder_that_does_not_respond_is_reported_by_pid(profile: Path, home: Path) -> None:
    lock = InstanceLock(paths_of("nyra", home).lock)
    assert lock.acquire()
    try:
        second = run("--foreground", "--profile", profile, "--home", home)
    finally:
        lock.release()
    assert second.returncode == 1
    assert str(os.getpid()) in second.stderr
    assert "Traceback" not in second.stderr


def test_the_files_of_a_killed_daemon_do_not_prevent_a_start(profile: Path, home: Path) -> None:
    with running_daemon(profile, home) as first:
        device = first.call("activation.get").device_id
        first.kill()
    assert first.paths.socket.exists()
    with running_daemon(profile, home) as second:
        assert second.call("activation.get").device_id == device


def test_the_command_detaches_and_returns_when_the_daemon_is_ready(
    profile: Path, home: Path
) -> None:
    started = run("--profile", profile, "--home", home)
    assert (started.returncode, started.stdout, started.stderr) == (0, "", "")
    paths = paths_of("nyra", home)
    with LocalClient(paths.socket) as client:
        info = client.call("daemon.info")
        assert os.getsid(info.pid) != os.getsid(0)
        again = run("--profile", profile, "--home", home)
        assert (again.returncode, again.stdout.startswith("keysteadd is already")) == (0, True)
        client.call("daemon.stop")
        client._socket.settimeout(LIMIT_S)
        while client._socket.recv(4096):
            pass


def test_a_start_error_is_printed_in_the_terminal(profile: Path, home: Path) -> None:
    home.write_text("not a folder")
    for arguments in (("--foreground",), ()):
        failed = run(*arguments, "--profile", profile, "--home", home)
        assert failed.returncode == 1
        assert failed.stderr.startswith("keysteadd: ")
        assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["--profile"],
        ["--profile", "/nonexistent"],
        ["--profile", "/dev/null"],
        ["--home", "anywhere"],
        ["extra"],
    ],
)
def test_a_usage_error_has_exit_code_2(arguments: list[str]) -> None:
    failed = run(*arguments)
    assert failed.returncode == 2
    assert "keysteadd" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_flags_take_precedence_over_the_environment(
    profile: Path, home: Path, tmp_path: Path
) -> None:
    other = {"KEYSTEAD_PROFILE": "/nonexistent", "KEYSTEAD_HOME": str(tmp_path / "other")}
    with running_daemon(profile, home, environ=other) as daemon:
        assert daemon.paths.socket.is_relative_to(home) or daemon.call("daemon.info")
    assert not (tmp_path / "other").exists()


class LockOfEnding(InstanceLock):
    """A lock whose holder ends after the first attempt to take it."""

    attempts = 0

    def acquire(self) -> bool:
        self.attempts += 1
        return self.attempts > 1 and super().acquire()


def test_a_daemon_takes_the_place_of_one_that_ends(
    profile: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Configuration] = []

    def serve(configuration: Configuration, log: Log, **rest: Any) -> int:
        served.append(configuration)
        return 0

    monkeypatch.setattr(main, "InstanceLock", LockOfEnding)
    monkeypatch.setenv(REPLACED_PROFILES, "first second")
    arguments = ["--foreground", "--profile", str(profile), "--home", str(home)]
    assert main.run(arguments, serve) == 0
    assert [one.replaced_profiles for one in served] == [("first", "second")]


def test_readiness_is_sent_to_an_abstract_notify_socket(profile: Path, home: Path) -> None:
    name = f"keystead-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        manager.settimeout(LIMIT_S)
        command = [str(KEYSTEADD), "--foreground", "--profile", str(profile), "--home", str(home)]
        environ = {**os.environ, "KEYSTEAD_SECRETS": "file", "NOTIFY_SOCKET": f"@{name}"}
        with subprocess.Popen(command, env=environ) as process:
            assert manager.recv(100) == b"READY=1"
            process.terminate()
            assert manager.recv(100) == b"STOPPING=1"
        assert process.returncode == 0


def test_a_socket_passed_by_systemd_is_served_and_not_removed(
    profile: Path, home: Path, short_folder: Path
) -> None:
    path = short_folder / "handed.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        # The child takes the descriptor's place and its own pid before it becomes the daemon.
        become = (
            "import os, sys\n"
            f"os.dup2({listener.fileno()}, 3)\n"
            "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\n"
            "os.execv(sys.argv[1], sys.argv[1:])\n"
        )
        command = [sys.executable, "-c", become, str(KEYSTEADD), "--foreground"]
        environ = {**os.environ, "KEYSTEAD_SECRETS": "file"}
        process = subprocess.Popen(
            [*command, "--profile", str(profile), "--home", str(home)],
            env=environ,
            pass_fds=(listener.fileno(),),
        )
        with process, LocalClient(path) as client:
            info = client.call("daemon.info", timeout_s=LIMIT_S)
            assert (info.pid, info.managed, info.profile_outdated) == (process.pid, True, False)
            # An update of the package has put another profile in its place.
            profile.write_text(profile.read_text().replace('id = "nyra"', 'id = "nyra-2"'))
            assert client.call("daemon.info").profile_outdated is True
            profile.unlink()
            assert client.call("daemon.info").profile_outdated is False, "nothing to start with"
            client.call("daemon.stop")
        assert process.returncode == 0
    assert path.exists()
    assert not paths_of("nyra", home).socket.exists()


def test_the_users_config_can_choose_the_key_file(profile: Path, home: Path) -> None:
    paths = paths_of("nyra", home)
    paths.config.mkdir(parents=True)
    paths.config_file.write_text('[storage]\nsecrets = "file"\n')
    started = run("--profile", profile, "--home", home, environ={"KEYSTEAD_SECRETS": ""})
    assert started.returncode == 0
    with LocalClient(paths.socket) as client:
        client.call("daemon.stop")
    paths.config_file.write_text("not toml")
    assert run("--profile", profile, "--home", home).returncode == 2


def test_a_runtime_folder_open_to_others_is_made_private(profile: Path, home: Path) -> None:
    runtime = paths_of("nyra", home).runtime
    runtime.mkdir(parents=True)
    runtime.chmod(0o777)
    with running_daemon(profile, home):
        assert runtime.stat().st_mode & 0o777 == 0o700


def test_a_log_that_cannot_be_opened_is_a_start_error(profile: Path, home: Path) -> None:
    paths: Paths = paths_of("nyra", home)
    paths.log_file.mkdir(parents=True)
    with pytest.raises(DaemonStartError) as failed:
        start_daemon(profile, home)
    assert failed.value.code == 1
    assert "Traceback" not in failed.value.said


def test_no_connection_is_accepted_after_the_daemon_stopped(daemon: DaemonProcess) -> None:
    daemon.stop()
    with pytest.raises(DaemonUnreachable):
        daemon.client()
