"""Who opens a link on Linux: the same answer as the desktop's own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from keystead_client.link_handler import linux, windows
from keystead_client.link_handler.linux_lookup import opens_links

PRODUCT = "nyra"
PACKAGED = "[Desktop Entry]\nType=Application\nName=x\nExec=keystead-desktop %u\n"
TYPE = linux.mime_type(PRODUCT)
CACHE = f"[MIME Cache]\ntext/html=firefox.desktop\n{TYPE}=gone.desktop;keystead.desktop;\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A window's program on the PATH."""
    program = tmp_path / "opt" / 'it\'s "here"' / "keystead-desktop"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def environ(tmp_path: Path, program: Path) -> dict[str, str]:
    return {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "XDG_DATA_DIRS": str(tmp_path / "usr"),
        "XDG_CONFIG_DIRS": str(tmp_path / "etc"),
        "XDG_CURRENT_DESKTOP": "ubuntu:GNOME",
    }


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_a_handler_no_command_is_found(
    tmp_path: Path, program: Path, environ: dict[str, str]
) -> None:
    assert not opens_links([str(program)], PRODUCT, environ, tmp_path)


def test_a_registered_command_is_found(
    tmp_path: Path, program: Path, environ: dict[str, str]
) -> None:
    command = [str(program), "--profile", "/a b/c%d.toml", "--home", "/h"]
    is_registered = linux.DesktopEntryHandler(command, PRODUCT, environ, tmp_path)
    is_registered.register()
    assert opens_links(command, PRODUCT, environ, tmp_path)
    for other in ([str(program)], [*command[:-1], "/other"], ["/bin/sh", *command[1:]]):
        assert not opens_links(other, PRODUCT, environ, tmp_path)
    is_registered.unregister()
    assert not opens_links(command, PRODUCT, environ, tmp_path)


def test_a_package_s_program_is_found(
    tmp_path: Path, program: Path, environ: dict[str, str]
) -> None:
    write(tmp_path / "usr/applications/keystead.desktop", PACKAGED)
    write(tmp_path / "usr/applications/mimeinfo.cache", CACHE)
    assert opens_links([str(program)], PRODUCT, environ, tmp_path)
    assert not opens_links([str(program), "--home", "/h"], PRODUCT, environ, tmp_path)


def test_a_chosen_handler_comes_before_others(
    tmp_path: Path, program: Path, environ: dict[str, str]
) -> None:
    write(tmp_path / "usr/applications/keystead.desktop", PACKAGED)
    write(tmp_path / "usr/applications/other.desktop", PACKAGED.replace("keystead-desktop", "sh"))
    write(tmp_path / "usr/applications/mimeinfo.cache", CACHE)
    chosen = f"[Default Applications]\n{linux.mime_type(PRODUCT)}=other.desktop\n"
    write(tmp_path / ".config/gnome-mimeapps.list", chosen)
    assert not opens_links([str(program)], PRODUCT, environ, tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[Desktop Entry]\nExec=\n", '[Desktop Entry]\nExec="open\n', "[X]\n\0\xff"]
)
def test_an_entry_without_a_command_is_skipped(
    tmp_path: Path, program: Path, environ: dict[str, str], text: str
) -> None:
    write(tmp_path / "usr/applications/keystead.desktop", text)
    write(tmp_path / "usr/applications/mimeinfo.cache", CACHE)
    assert not opens_links([str(program)], PRODUCT, environ, tmp_path)


@pytest.mark.skipif(shutil.which("gio") is None, reason="GLib's tool is not here")
def test_xdg_mime_finds_the_same_handler(
    tmp_path: Path, program: Path, environ: dict[str, str]
) -> None:
    write(tmp_path / "usr/applications/keystead.desktop", PACKAGED)
    write(tmp_path / "usr/applications/mimeinfo.cache", CACHE)
    command = [str(program), "--home", "/h"]
    linux.DesktopEntryHandler(command, PRODUCT, environ, tmp_path).register()
    said = subprocess.run(
        ["gio", "mime", linux.mime_type(PRODUCT)],
        env=environ | {"HOME": str(tmp_path), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert linux.entry_name(PRODUCT) in said.splitlines()[0]
    assert opens_links(command, PRODUCT, environ, tmp_path)


def test_commands_are_compared_without_quotes_on_windows() -> None:
    command = [r"C:\Keystead\keystead-desktop.exe"]
    assert windows.same_command(r'"c:\keystead\keystead-desktop.exe" -- "%1"', command, PRODUCT)
    assert not windows.same_command(r'"C:\Other\keystead-desktop.exe" -- "%1"', command, PRODUCT)
    assert not windows.same_command(
        r'"C:\Keystead\keystead-desktop.exe" -- "%1"', [*command, "--home"], PRODUCT
    )
