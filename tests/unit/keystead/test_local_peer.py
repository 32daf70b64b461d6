"""Nobody else can be in the daemon's place: neither its folder nor its process."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from keystead.errors import DaemonUnreachable
from keystead.local_client import LocalClient
from keystead.local_peer import _is_safe, foreign_folder, peer_is_user

US = os.getuid()


def of_mode(mode: int, owner: int = US) -> os.stat_result:
    return os.stat_result((stat.S_IFDIR | mode, 1, 1, 1, owner, owner, 0, 0, 0, 0))


@pytest.fixture
def listener(short_folder: Path) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(short_folder / "d.sock"))
    server.listen()
    return server


def test_a_process_of_this_user_is_accepted(listener: socket.socket, short_folder: Path) -> None:
    with listener, LocalClient(short_folder / "d.sock") as client:
        assert peer_is_user(client._socket)
        accepted, _ = listener.accept()
        with accepted:
            assert peer_is_user(accepted)


def test_a_process_of_another_user_is_refused(
    listener: socket.socket, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same as a listener of another user: only one of the two ids differs.
    monkeypatch.setattr("keystead.local_client.foreign_folder", lambda _: None)
    monkeypatch.setattr(os, "getuid", lambda: US + 1)
    with listener, pytest.raises(DaemonUnreachable) as refused:
        LocalClient(short_folder / "d.sock")
    assert refused.value.code == "daemon_foreign"


def test_a_socket_that_names_no_peer_is_refused() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as no_peer:
        assert not peer_is_user(no_peer)


def test_a_private_folder_is_accepted_and_its_owner_matters(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = short_folder / "run"
    assert foreign_folder(str(folder)) is None
    folder.mkdir(mode=0o700)
    assert foreign_folder(str(folder)) is None
    monkeypatch.setattr(os, "getuid", lambda: US + 1)
    assert foreign_folder(str(folder)) == str(folder)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_folder_that_everybody_can_change_is_refused_all_the_way_up(
    short_folder: Path, depth: int
) -> None:
    folder = short_folder / "a" / "b" / "run"
    folder.mkdir(parents=True)
    opened = [folder, *folder.parents][depth]
    opened.chmod(0o777)
    assert foreign_folder(str(folder)) == str(opened)
    with pytest.raises(DaemonUnreachable) as refused:
        LocalClient(folder / "d.sock")
    assert (refused.value.code, refused.value.values) == (
        "folder_foreign",
        {"folder": str(opened)},
    )
    opened.chmod(0o1777)
    assert (foreign_folder(str(folder)) is None) == (depth > 0)


def test_a_link_to_a_folder_is_judged_by_the_folder(short_folder: Path) -> None:
    folder = short_folder / "open"
    folder.mkdir()
    folder.chmod(0o777)
    (short_folder / "link").symlink_to(folder)
    assert foreign_folder(str(short_folder / "link")) == str(folder)


@pytest.mark.parametrize(
    ("found", "own", "above"),
    [
        (of_mode(0o700), True, True),
        (of_mode(0o775), True, True),
        (of_mode(0o777), False, False),
        (of_mode(0o1777), False, True),
        (of_mode(0o755, owner=US + 1), False, False),
        (of_mode(0o1777, owner=US + 1), False, False),
        (of_mode(0o755, owner=0), US == 0, True),
    ],
)
def test_owner_and_mode_decide(found: os.stat_result, own: bool, above: bool) -> None:
    assert _is_safe(found, is_own=True) == own
    assert _is_safe(found, is_own=False) == above
