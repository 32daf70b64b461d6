"""The project's wheel, and environments that have it and not the sources."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
