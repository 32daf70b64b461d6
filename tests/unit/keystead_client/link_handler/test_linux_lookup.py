"""Who opens a link on Linux: the same answer as the desktop's own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from keystead_client.link_handler import linux, windows
from keystead_client.link_handler.linux_lookup import opens_links

PACKAGED = "[Desktop Entry]\nType=Application\nName=x\nExec=keystead-desktop %u\n"
CACHE = (
    f"[MIME Cache]\ntext/html=firefox.desktop\n{linux.MIME_TYPE}=gone.desktop;keystead.desktop;\n"
)


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


def test_where_nobody_opens_links_they_lead_nowhere(
    tmp_path: Path, program: Path, environ: dict[str, str]
) -> None:
    assert not opens_links([str(program)], environ, tmp_path)


def test_what_its_user_announced_leads_to_exactly_that(
    tmp_path: Path, program: Path, environ: dict[str, str]
) -> None:
    command = [str(program), "--profile", "/a b/c%d.toml", "--home", "/h"]
    is_registered = linux.DesktopEntryHandler(command, environ, tmp_path)
    is_registered.register()
    assert opens_links(command, environ, tmp_path)
    for other in ([str(program)], [*command[:-1], "/other"], ["/bin/sh", *command[1:]]):
        assert not opens_links(other, environ, tmp_path)
    is_registered.unregister()
    assert not opens_links(command, environ, tmp_path)


def test_what_a_package_announced_leads_to_its_program(
    tmp_path: Path, program: Path, environ: dict[str, str]
) -> None:
    write(tmp_path / "usr/applications/keystead.desktop", PACKAGED)
    write(tmp_path / "usr/applications/mimeinfo.cache", CACHE)
    assert opens_links([str(program)], environ, tmp_path)
    assert not opens_links([str(program), "--home", "/h"], environ, tmp_path)


def test_what_was_chosen_comes_before_what_is_only_there(
    tmp_path: Path, program: Path, environ: dict[str, str]
) -> None:
    write(tmp_path / "usr/applications/keystead.desktop", PACKAGED)
    write(tmp_path / "usr/applications/other.desktop", PACKAGED.replace("keystead-desktop", "sh"))
    write(tmp_path / "usr/applications/mimeinfo.cache", CACHE)
    chosen = f"[Default Applications]\n{linux.MIME_TYPE}=other.desktop\n"
    write(tmp_path / ".config/gnome-mimeapps.list", chosen)
    assert not opens_links([str(program)], environ, tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[Desktop Entry]\nExec=\n", '[Desktop Entry]\nExec="open\n', "[X]\n\0\xff"]
)
def test_an_entry_that_says_nothing_leads_nowhere(
    tmp_path: Path, program: Path, environ: dict[str, str], text: str
) -> None:
    write(tmp_path / "usr/applications/keystead.desktop", text)
    write(tmp_path / "usr/applications/mimeinfo.cache", CACHE)
    assert not opens_links([str(program)], environ, tmp_path)


@pytest.mark.skipif(shutil.which("gio") is None, reason="GLib's tool is not here")
def test_the_desktop_says_the_same(tmp_path: Path, program: Path, environ: dict[str, str]) -> None:
    write(tmp_path / "usr/applications/keystead.desktop", PACKAGED)
    write(tmp_path / "usr/applications/mimeinfo.cache", CACHE)
    command = [str(program), "--home", "/h"]
    linux.DesktopEntryHandler(command, environ, tmp_path).register()
    said = subprocess.run(
        ["gio", "mime", linux.MIME_TYPE],
        env=environ | {"HOME": str(tmp_path), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert linux.NAME in said.splitlines()[0]
    assert opens_links(command, environ, tmp_path)


def test_on_windows_quotes_are_a_matter_of_taste() -> None:
    command = [r"C:\Keystead\keystead-desktop.exe"]
    assert windows.same_command(r'"c:\keystead\keystead-desktop.exe" -- "%1"', command)
    assert not windows.same_command(r'"C:\Other\keystead-desktop.exe" -- "%1"', command)
    assert not windows.same_command(
        r'"C:\Keystead\keystead-desktop.exe" -- "%1"', [*command, "--home"]
    )
