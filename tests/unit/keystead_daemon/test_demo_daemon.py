"""The demo daemon's clocks: they only move forward, and only with a local backend."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import keystead_daemon
from keystead.trusted_time import ClockReading
from keystead_daemon.demo_daemon import MAX_TURN_MS, AdjustableClocks
from support.documents import KEYS

PROFILE = '[product]\nid = "nyra"\n[backend]\nurl = "{url}"\n[trust]\nkeys = "keys.json"\n'


class Still:
    """Clocks that do not move."""

    def read(self) -> ClockReading:
        return ClockReading(wall_ms=1_000, boot_ms=50, boot_id="boot")

    def awake_ms(self) -> int:
        return 7


@given(st.lists(st.integers(0, MAX_TURN_MS), max_size=8))
def test_wall_and_boot_clock_move_together_and_awake_time_does_not(turns: list[int]) -> None:
    clocks = AdjustableClocks(Still())
    for ms in turns:
        clocks.turn(ms)
    assert clocks.read() == ClockReading(1_000 + sum(turns), 50 + sum(turns), "boot")
    assert clocks.awake_ms() == 7


@pytest.mark.parametrize("ms", [-1, -MAX_TURN_MS, MAX_TURN_MS + 1])
def test_a_clock_cannot_be_moved_back(ms: int) -> None:
    clocks = AdjustableClocks(Still())
    with pytest.raises(ValueError, match="forward"):
        clocks.turn(ms)
    assert clocks.read() == Still().read()


def test_the_demo_daemon_refuses_a_remote_backend(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(KEYS.to_jwks())
    profile = tmp_path / "keystead.toml"
    profile.write_text(PROFILE.format(url="https://billing.example"))
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "keystead_daemon.demo_daemon"],
        env={"KEYSTEAD_PROFILE": str(profile), "KEYSTEAD_HOME": str(tmp_path / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1
    assert "backend on this machine" in ran.stderr
    assert not (tmp_path / "home").exists()


def test_no_module_of_the_daemon_imports_the_demo_daemon() -> None:
    folder = Path(str(keystead_daemon.__file__)).parent
    for path in folder.rglob("*.py"):
        if path.name != "demo_daemon.py":
            named = {
                name
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                for name in _names(node)
            }
            assert not any("demo_daemon" in name for name in named), path


def _names(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, names=names):
            return [str(module), *(alias.name for alias in names)]
        case ast.Constant(value=str(text)):
            return [text]
        case _:
            return []
