"""What a machine adds to a command: files as editors save them, closed streams, open folders."""

from __future__ import annotations

import os
import subprocess
import textwrap
from pathlib import Path

import pytest

from support.cli import COMMAND, LIMIT_S
from support.nightly import nightly_except
from support.world import EMAIL, Device, World

pytestmark = pytest.mark.long


def in_shell(device: Device, script: str) -> tuple[int, str, str]:
    """Run a script in which ``$0`` is the command; return its exit code and output."""
    ran = subprocess.run(
        ["sh", "-c", script, COMMAND],
        env=os.environ | device.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.parametrize(
    "command",
    nightly_except(
        ["status", "status --json", "doctor --json", "plans --json", "devices", "--help"],
        {"status --json", "doctor --json"},
    ),
)
def test_closed_streams_are_no_crash(world: World, command: str) -> None:
    device = world.activated()
    assert in_shell(device, f'"$0" {command} >&-') == (0, "", "")
    assert in_shell(device, f'"$0" {command} <&- >&- 2>&-') == (0, "", "")
    code, _, told = in_shell(device, f'{{ "$0" {command}; echo $? >&2; }} | :')
    assert code == 0
    assert told.split() in (["0"], ["1"])


def test_a_license_is_imported_as_a_mail_program_quotes_it(world: World, tmp_path: Path) -> None:
    device = world.activated()
    license = device.paths.license.read_text().strip()
    quoted = textwrap.indent(textwrap.fill(license, 70, break_on_hyphens=False), "> ")
    mail = tmp_path / "mail.txt"
    mail.write_text(f"Ada wrote:\n{quoted}\n-- \nAda\n", encoding="utf-16")
    assert device.cli("import", mail).code == 0
    assert device.cli("import", "-", stdin=f'"{license}"\r\n'.encode("utf-16-le")).code == 1
    assert device.view().state == "active"


@pytest.mark.parametrize("encoding", nightly_except(["utf-8-sig", "utf-16"], {"utf-8-sig"}))
def test_a_profile_with_a_byte_order_mark_is_read(world: World, encoding: str) -> None:
    device = world.activated()
    profile = Path(device.environ["KEYSTEAD_PROFILE"])
    copies = device.home / "profile"
    copies.mkdir()
    for file in (profile, profile.with_name("keys.json")):
        (copies / file.name).write_text(file.read_text(), encoding=encoding)
    config = device.paths.config_file
    config.parent.mkdir(exist_ok=True)
    config.write_text('[storage]\nsecrets = "file"\n', encoding=encoding)
    device.stop()
    device.environ["KEYSTEAD_PROFILE"] = str(copies / profile.name)
    device.start()
    assert device.cli("status").code == 0
    assert device.refresh().state == "active"


def test_the_address_to_restore_is_read_from_stdin(world: World) -> None:
    device = world.device()
    asked = device.cli("restore", "--no-wait", "--json", stdin=f" {EMAIL}\n".encode())
    assert asked.code == 0
    assert asked.json()["activationId"]
    assert device.cli("restore", "--no-wait", stdin=b"").code == 2
    started = device.cli("activate", "--no-browser", "--email", "-", stdin=EMAIL.encode())
    assert started.code == 0


def test_a_folder_that_others_can_change_is_refused(world: World, laptop: str) -> None:
    device = world.activated(laptop)
    device.stop()
    socket = device.paths.socket
    folder = device.home if socket.is_relative_to(device.home) else socket.parent.parent
    folder.chmod(0o777)
    refused = device.cli("status")
    assert refused.code == 6
    assert str(folder) in refused.err
    folder.chmod(0o700)
    device.start()
    assert device.cli("status").code == 0
