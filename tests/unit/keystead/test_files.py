"""Atomic replacement of private files, and the paths of a user's files."""

from __future__ import annotations

import os
import resource
import signal
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import StorageFailed
from keystead.files import read_file, replace_atomically, set_aside
from keystead.paths import paths_of


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_and_its_folders_are_created_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "license.jws"
    replace_atomically(path, b"one")
    assert read_file(path, 10) == b"one"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_replacing_a_file_leaves_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "license.jws"
    path.write_bytes(b"old and much longer")
    path.chmod(0o644)
    replace_atomically(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["license.jws"]
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)


def test_replacing_a_folder_fails_and_deletes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "license.jws"
    (path / "inside").mkdir(parents=True)
    with pytest.raises(StorageFailed) as failed:
        replace_atomically(path, b"new")
    assert str(tmp_path) not in failed.value.sentence
    assert [entry.name for entry in tmp_path.iterdir()] == ["license.jws"]


def test_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    """A limit on the file size simulates the full disk: the write stops halfway."""
    path = tmp_path / "license.jws"
    replace_atomically(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(StorageFailed, match="Can't save"):
            replace_atomically(path, b"new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["license.jws"]


def test_reading_stops_one_byte_after_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    path.write_bytes(b"x" * 1000)
    assert len(read_file(path, 100) or b"") == 101
    assert read_file(tmp_path / "none", 100) is None
    with pytest.raises(StorageFailed):
        read_file(tmp_path, 100)


def test_files_set_aside_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "vault"
    for content in (b"first", b"second"):
        path.write_bytes(content)
        aside = set_aside(path)
        assert aside is not None
        assert aside.read_bytes() == content
    assert set_aside(path) is None
    assert len(list(tmp_path.iterdir())) == 2


def test_all_paths_are_under_their_home_folder(tmp_path: Path) -> None:
    one, other = paths_of("nyra", tmp_path / "one"), paths_of("nyra", tmp_path / "other")
    for path in (one.license, one.device, one.vault, one.lock, one.config_file, one.log_file):
        assert path.is_relative_to(tmp_path / "one")
    assert one.home_tag != other.home_tag
    assert paths_of("nyra").home_tag == ""


@given(st.integers(1, 300))
def test_the_socket_path_fits_for_a_home_of_any_depth(depth: int) -> None:
    socket = paths_of("nyra", Path("/" + "x" * depth)).socket
    assert len(os.fsencode(socket)) < 104


def test_two_products_have_separate_paths(tmp_path: Path) -> None:
    assert paths_of("one", tmp_path).vault != paths_of("two", tmp_path).vault
    assert paths_of("one").license != paths_of("two").license
