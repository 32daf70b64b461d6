"""Where a product's daemon and window are found: bundle, Python, package, then PATH."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from keystead import programs
from keystead.product_names import DAEMON, WINDOW
from keystead.programs import find_program, program_environ


def make_program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a frozen program on a machine where nothing is installed."""
    monkeypatch.setattr(sys, "executable", make_program(tmp_path / "bundle/acme-notes"))
    monkeypatch.setattr(programs, "_FROZEN", True)
    monkeypatch.setattr(programs, "install_folder", lambda product: str(tmp_path / "opt" / product))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bundle"


def test_a_virtual_environment_has_its_own_programs() -> None:
    beside = Path(sys.executable).with_name(DAEMON)
    assert find_program("acme", DAEMON) == [str(beside)]


def test_another_program_does_not_get_what_a_bundle_has_for_itself(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = str(bundle / "_internal")
    monkeypatch.setattr(sys, "_MEIPASS", inside, raising=False)
    environ = {
        "HOME": "/var/empty",
        "LD_LIBRARY_PATH": inside,
        "LD_LIBRARY_PATH_ORIG": "/opt/lib",
        "PATH": f"{inside}:/usr/bin",
        "QT_PLUGIN_PATH": f"{inside}/PySide6/plugins",
    }
    assert program_environ(environ) == {
        "HOME": "/var/empty",
        "LD_LIBRARY_PATH": "/opt/lib",
        "LD_LIBRARY_PATH_ORIG": "/opt/lib",
        "PATH": f"{inside}:/usr/bin",
        "PYINSTALLER_RESET_ENVIRONMENT": "1",
    }


def test_a_program_that_is_not_frozen_passes_its_environment_on() -> None:
    assert program_environ({"LD_LIBRARY_PATH": "/opt/lib"}) == {"LD_LIBRARY_PATH": "/opt/lib"}


def test_a_launcher_without_what_it_needs_is_not_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    launcher = make_program(tmp_path / "bin" / DAEMON)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin/python"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(programs, "install_folder", lambda product: str(tmp_path / "opt"))
    assert find_program("acme", DAEMON) == [launcher]
    monkeypatch.setattr(programs, "find_spec", lambda name: None)
    assert find_program("acme", DAEMON) is None


def test_without_launchers_the_modules_are_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "python").touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert find_program("acme", DAEMON) == [
        str(tmp_path / "python"),
        "-P",
        "-m",
        "keystead_daemon",
    ]
    window = find_program("acme", WINDOW)
    assert window is not None
    assert window[-1] == "keystead_client.desktop.entry"


@pytest.mark.parametrize("name", ["acme-notes", "python-that-is-not-there"])
def test_an_executable_that_is_not_python_is_never_started_for_a_module(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """Briefcase and Nuitka set no `sys.frozen`, and their executable is the program itself."""
    (tmp_path / "acme-notes").touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / name))
    monkeypatch.setattr(programs, "install_folder", lambda product: str(tmp_path / product))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_program("acme", DAEMON) is None


def test_a_frozen_program_finds_none_where_none_is_installed(bundle: Path) -> None:
    assert find_program("acme", DAEMON) is None
    assert find_program("acme", WINDOW) is None


def test_a_frozen_program_finds_its_own_product_s_package(bundle: Path) -> None:
    root = bundle.parent
    make_program(root / "opt/other/keysteadd")
    launcher = make_program(root / "bin/acme-keysteadd")
    assert find_program("acme", DAEMON) == [launcher]
    installed = make_program(root / "opt/acme/keysteadd")
    assert find_program("acme", DAEMON) == [installed]
    beside = make_program(bundle / "keysteadd")
    assert find_program("acme", DAEMON) == [beside]


def test_a_plain_name_on_the_path_is_the_last_choice(bundle: Path) -> None:
    plain = make_program(bundle.parent / "bin/keystead-desktop")
    assert find_program("acme", WINDOW) == [plain]
    launcher = make_program(bundle.parent / "bin/acme-keystead-desktop")
    assert find_program("acme", WINDOW) == [launcher]


def test_a_file_that_cannot_be_run_is_not_a_program(bundle: Path) -> None:
    Path(make_program(bundle / "keysteadd")).chmod(0o644)
    assert find_program("acme", DAEMON) is None
