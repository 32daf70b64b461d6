"""Starting a daemon: one that answers, one that ends, one that is silent, none at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from keystead import daemon_launch
from keystead.daemon_launch import Launch, start_daemon
from keystead.errors import DaemonUnreachable
from keystead.paths import paths_of
from support.documents import KEYS


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    (tmp_path / "keys.json").write_bytes(KEYS.to_jwks())
    profile = tmp_path / "keystead.toml"
    profile.write_text(
        '[product]\nid = "nyra"\n[backend]\nurl = "http://127.0.0.1:1"\n'
        '[trust]\nkeys = "keys.json"\n'
    )
    home = tmp_path / "home"
    return Launch(
        product_id="nyra",
        product_name="NyrA",
        profile_path=str(profile),
        home=str(home),
        socket=paths_of("nyra", home).socket,
        environ=os.environ,
        digest="a digest",
    )


def script(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "daemon.py"
    path.write_text(f"import os, socket, sys\nfrom signal import pause\n{text}\n")
    return [sys.executable, str(path)]


NOTIFY = """
address = os.environ["NOTIFY_SOCKET"]
address = "\\0" + address[1:] if address.startswith("@") else address
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sender.sendto(b"STATUS=still at it", address)
sender.sendto(b"READY=1", address)
"""


def test_it_is_started_detached_for_the_same_profile_and_home(
    launch: Launch, tmp_path: Path
) -> None:
    told = (
        "out = [os.environ['KEYSTEAD_PROFILE'], os.environ['KEYSTEAD_HOME'], os.getcwd(),"
        " str(os.getsid(0) == os.getpid()), sys.argv[1]]\n"
        f"open({str(tmp_path / 'told')!r}, 'w').write('|'.join(out))\n"
    )
    process = start_daemon(launch, script(tmp_path, told + NOTIFY + "sender.close(); pause()"))
    process.terminate()
    process.wait(60)
    assert (tmp_path / "told").read_text().split("|") == [
        launch.profile_path,
        launch.home,
        "/",
        "True",
        "--foreground",
    ]


def test_the_last_line_of_a_daemon_that_exits_is_reported(launch: Launch, tmp_path: Path) -> None:
    command = script(tmp_path, "sys.exit('first\\nkeysteadd: the vault is \\x1b[31m on fire.')")
    with pytest.raises(DaemonUnreachable, match=r"the vault is .* on fire") as caught:
        start_daemon(launch, command)
    assert "\x1b" not in caught.value.sentence
    assert caught.value.code == "daemon_failed"


def test_a_silent_daemon_times_out(
    launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_launch, "START_LIMIT_S", 2)
    command = script(
        tmp_path,
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\npause()",
    )
    with pytest.raises(DaemonUnreachable, match="did not answer"):
        start_daemon(launch, command)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_missing_daemon_is_explained(launch: Launch, tmp_path: Path) -> None:
    with pytest.raises(DaemonUnreachable, match="could not be started"):
        start_daemon(launch, [str(tmp_path / "nothing")])


def test_its_environment_names_profile_and_home_and_keeps_the_rest(launch: Launch) -> None:
    environ = launch.child_environ()
    assert environ["KEYSTEAD_PROFILE"] == launch.profile_path
    assert environ["KEYSTEAD_HOME"] == launch.home
    assert environ["PATH"] == os.environ["PATH"]
