"""What the hooks for PyInstaller take along: the profile beside a module, and its key files."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

from keystead.pyinstaller_hooks.profiles import profile_files


def test_pyinstaller_finds_the_hooks_by_their_entry_point() -> None:
    (found,) = (
        one
        for one in entry_points(group="pyinstaller40")
        if one.value.startswith("keystead.") and one.name == "hook-dirs"
    )
    (folder,) = found.load()()
    hooks = {path.name for path in Path(folder).glob("hook-*.py")}
    assert hooks == {"hook-keystead.py", "hook-keystead_client.py", "hook-keystead_daemon.py"}


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "keystead.toml").write_text('[trust]\nkeys = "keys.json"\nroot = "root.json"\n')
    for name in ("keys.json", "root.json", "other.json"):
        (tmp_path / name).write_text("{}")
    return tmp_path / "notes.py"


def test_a_script_s_profile_and_its_key_files_are_taken_along(module: Path) -> None:
    found = profile_files(str(module), "")
    names = ("keystead.toml", "keys.json", "root.json")
    assert found == [(str(module.with_name(name)), ".") for name in names]


def test_a_profile_may_be_saved_in_utf_16(module: Path) -> None:
    profile = module.with_name("keystead.toml")
    profile.write_bytes(profile.read_text().encode("utf-16"))
    assert len(profile_files(str(module), "")) == 3


def test_a_package_s_profile_stays_in_the_package(module: Path) -> None:
    assert {folder for _, folder in profile_files(str(module), "acme.notes")} == {"acme/notes"}


@pytest.mark.parametrize(
    "text", ["", "[trust]\nkeys = {}\n", 'trust = "x"\n', "not TOML [", '[trust]\nkeys = "no"\n']
)
def test_another_profile_is_taken_along_alone(module: Path, text: str) -> None:
    module.with_name("keystead.toml").write_text(text)
    assert [Path(file).name for file, _ in profile_files(str(module), "")] == ["keystead.toml"]


def test_without_a_profile_beside_it_nothing_is_taken_along(tmp_path: Path) -> None:
    assert profile_files(str(tmp_path / "notes.py"), "") == []
