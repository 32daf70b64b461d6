"""Run the command ``keystead`` as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

COMMAND = Path(sys.executable).with_name("keystead")
#: Seconds; no command of these tests takes longer, even on a busy machine.
LIMIT_S = 60.0


class CommandResult(msgspec.Struct, frozen=True):
    """A finished command: its exit code and its output."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """Return the JSON object on stdout."""
        members: dict[str, Any] = json.loads(self.out)
        return members


def run_cli(
    *arguments: str | Path,
    environ: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run the command and wait for it; ``environ`` is added to this process's environment."""
    return subprocess.run(
        [COMMAND, *arguments],
        env=os.environ | dict(environ or {}),
        input=stdin,
        capture_output=True,
        check=False,
        timeout=LIMIT_S,
        cwd=cwd,
    )


def stderr_of(ran: subprocess.CompletedProcess[bytes]) -> str:
    """Return the command's stderr, which must not contain a traceback."""
    said = ran.stderr.decode()
    assert "Traceback" not in said, said
    return said
