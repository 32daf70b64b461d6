"""The backend's systemd unit, analyzed by systemd."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from keystead_stub.main import argument_parser
from support.fault_injection import require_program

UNIT = Path(__file__).parents[2] / "packaging" / "server" / "keystead-backend.service"
PROGRAM = "/opt/keystead/bin/keystead-stub"
STUB = Path(sys.executable).with_name("keystead-stub")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the unit with the path of an installed program."""
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace(PROGRAM, str(STUB)))
    return copy


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = require_program("systemd-analyze", "systemd")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def setting(name: str) -> str:
    (value,) = re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)
    return str(value)


def test_systemd_accepts_every_line(unit: Path) -> None:
    checked = analyze("verify", "--recursive-errors=yes", unit)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_systemd_rates_the_service_as_hardly_exposed(unit: Path) -> None:
    judged = analyze("security", "--offline=true", "--threshold=15", unit)
    assert judged.returncode == 0, judged.stdout.splitlines()[-1]


def test_the_command_is_one_that_the_backend_takes_and_ends_before_systemd_kills_it() -> None:
    program, *arguments = shlex.split(setting("ExecStart"))
    assert program == PROGRAM
    parsed = argument_parser().parse_args(arguments)
    assert parsed.host == "127.0.0.1"
    limit = int(setting("TimeoutStopSec").removesuffix("s"))
    assert limit > parsed.drain_delay + parsed.drain_limit


def test_secrets_come_from_a_file_of_root_and_not_from_the_unit() -> None:
    text = UNIT.read_text()
    assert setting("EnvironmentFile").startswith("/etc/keystead/")
    assert not re.search(r"^Environment=.*(SECRET|TOKEN|PASSWORD|KEY=)", text, re.MULTILINE)
    assert setting("DynamicUser") == "yes"
    assert setting("CapabilityBoundingSet") == ""
