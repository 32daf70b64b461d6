"""The end of a login session: its folder is removed, and the daemon in it lives on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from keystead.paths import paths_of
from support.world import PATIENCE_S, PRODUCT, World


def test_a_daemon_whose_runtime_folder_was_removed_answers_again(world: World, laptop: str) -> None:
    device = world.activated(laptop)
    in_home = device.paths.socket.is_relative_to(device.home)
    assert in_home == (laptop == "laptop")
    assert device.process is not None
    pid = device.process.pid
    for _ in range(2):
        shutil.rmtree(device.paths.socket.parent)
        status = device.cli("status", "--json")
        assert (status.code, status.json()["state"]) == (0, "active")
        assert device.call("daemon.info").pid == pid
    device.paths.socket.unlink()
    assert device.cli("refresh", "--json").code == 0
    assert device.call("daemon.info").pid == pid


def test_a_daemon_that_cannot_bind_again_ends_and_another_one_starts(
    world: World, laptop: str
) -> None:
    device = world.activated(laptop)
    process = device.process
    assert process is not None
    shutil.rmtree(device.paths.socket.parent)
    device.paths.socket.parent.write_text("not a folder")
    assert process.wait(PATIENCE_S) == 0
    device.process = None
    device.paths.socket.parent.unlink()
    status = device.cli("status", "--json")
    assert (status.code, status.json()["state"]) == (0, "active")
    device.call("daemon.stop")


def test_two_daemons_do_not_share_a_home_whose_lock_file_was_removed(
    world: World, laptop: str
) -> None:
    device = world.activated(laptop)
    process = device.process
    assert process is not None
    device.paths.lock.unlink()
    shutil.rmtree(device.paths.socket.parent)
    assert process.wait(PATIENCE_S) == 0
    device.process = None
    device.start()
    assert device.view().state == "active"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_a_command_after_su_does_not_use_the_other_users_runtime_folder(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "run-of-another-user"
    other.mkdir(mode=0o700)
    os.chown(other, 12345, 12345)
    session = {"HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": str(other)}
    for name, value in session.items():
        monkeypatch.setenv(name, value)
    device = world.device(start=False)
    device.said.touch()
    del device.environ["KEYSTEAD_HOME"]
    device.paths = paths_of(PRODUCT)
    assert not device.paths.runtime.is_relative_to(other)
    status = device.cli("status", "--json")
    assert (status.code, status.json()["state"]) == (3, "unactivated"), status.err
    assert list(other.iterdir()) == []
    device.call("daemon.stop")


def test_a_folder_that_cannot_be_used_is_named(world: World, laptop: str) -> None:
    device = world.device(laptop, start=False)
    device.said.touch()
    folder = device.paths.socket.parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("not a folder")
    status = device.cli("status")
    assert status.code == 6
    assert str(device.paths.socket) in status.err
