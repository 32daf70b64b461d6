"""Builds that take long: an environment to freeze programs in, and packages with real programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "packaging/requirements.txt"


def run(*command: str | Path, folder: Path = ROOT, timeout_s: float = 900) -> str:
    """Run a tool to its end and return what it printed; a failure shows it."""
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=timeout_s,
    )
    assert done.returncode == 0, f"{Path(command[0]).name}: {done.stdout[-4000:]}"
    return done.stdout


class VendorEnvironment:
    """A vendor's virtual environment: the wheel without extras, PySide6 and PyInstaller."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, ROOT)
        (wheel,) = folder.glob("*.whl")
        run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
        run(
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet"),
            *("--python", folder / "venv/bin/python", "--constraint", REQUIREMENTS),
            *(wheel, "pyinstaller", "pyside6-essentials"),
        )

    def freeze(self, script: Path) -> Path:
        """Freeze a program with no option, and return the path of what came of it."""
        tool = self.folder / "venv/bin/pyinstaller"
        run(tool, "--noconfirm", "--log-level", "ERROR", script.name, folder=script.parent)
        return script.parent / "dist" / script.stem / script.stem
