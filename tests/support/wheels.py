"""The project's wheel, and environments that have it and not the sources."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINS = ROOT / "constraints.txt"
_HASH = re.compile(r" \\\n +--hash=\S+")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command away from the sources."""
    return subprocess.run(
        command, cwd="/", capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def build_wheel(folder: Path) -> Path:
    """Build sdist and wheel in a folder; return the wheel."""
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    built = run(*build)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    return path


def create_environment(folder: Path, wheel: Path, borrowed: Iterable[str]) -> Path:
    """Create an environment with the wheel and return the folder of its programs.

    Dependencies are linked from ours to save time.
    """
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    for name in borrowed:
        dist = distribution(name)
        tops = {file.parts[0] for file in dist.files or () if file.parts[0] != ".."}
        for top in tops - {"__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(str(dist.locate_file(top))))
    python = folder / "bin/python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    installed = run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    assert installed.returncode == 0, installed.stderr
    return folder / "bin"


def install(python: Path, *packages: str) -> None:
    """Install packages from the index into the environment of a Python, in the pinned versions."""
    wanted = ("install", "--quiet", "--constraint", PINS)
    # pip doesn't take hashes for a few of the packages only; it reads what uv cannot reach.
    fast = run(sys.executable, "-m", "uv", "pip", *wanted, "--python", python, *packages)
    if fast.returncode != 0:
        pins = python.parents[1] / "pins.txt"
        pins.write_text(_HASH.sub("", PINS.read_text()))
        slow = run(python, "-m", "pip", "install", "--quiet", "--constraint", pins, *packages)
        assert slow.returncode == 0, fast.stderr + slow.stderr
