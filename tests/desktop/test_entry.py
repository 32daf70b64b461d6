"""The command ``keystead-desktop``, as a process: what it says where it cannot open a window."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("keystead-desktop")


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    without = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", *environ}
    kept = {name: value for name, value in os.environ.items() if name not in without}
    return subprocess.run(
        [COMMAND, *arguments],
        env=kept | environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_helps() -> None:
    helped = run("--help")
    assert helped.returncode == 0
    assert "keystead://" in helped.stdout


def test_without_a_screen_it_says_so_and_dumps_no_core() -> None:
    blind = run()
    assert blind.returncode == 1
    assert "there is no screen" in blind.stderr
    assert "Traceback" not in blind.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["a", "b"], ["--profile"]])
def test_wrong_usage_is_two(arguments: list[str]) -> None:
    wrong = run(*arguments, QT_QPA_PLATFORM="offscreen")
    assert wrong.returncode == 2
    assert "usage" in wrong.stderr


def test_first_there_is_a_picture_and_only_then_what_it_takes_to_fill_it() -> None:
    program = (
        "import sys\n"
        "import keystead_client.desktop.app\n"
        "print(*sorted({'msgspec', 'nacl', 'asyncio', 'httpx', 'keyring'} & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []
