"""A temporary PostgreSQL server: Debian's programs, an ordinary user, a folder, loopback only."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: PostgreSQL refuses to run as root; Debian's package creates this user.
_USER = "postgres"
_START_S = 60


def programs() -> Path:
    """Return the folder of the newest server programs. Raises FileNotFoundError."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    if elsewhere := shutil.which("initdb"):
        return Path(elsewhere).parent
    raise FileNotFoundError("PostgreSQL's server programs: apt-get install postgresql")


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a server with an empty database; yield its URL for SQLAlchemy."""
    folder = Path(tempfile.mkdtemp(prefix="keystead-postgresql-"))
    run: list[str | Path] = []
    if os.geteuid() == 0:
        shutil.chown(folder, _USER)
        run = ["runuser", "-u", _USER, "--"]
    data, port = folder / "data", _free_port()
    binaries = programs()
    _do([*run, binaries / "initdb", "-D", data, "-U", _USER, "--auth=trust", "--no-sync"], folder)
    options = f"-h 127.0.0.1 -p {port} -k {folder} -F"
    control: list[str | Path] = [*run, binaries / "pg_ctl", "-D", data, "-w", "-t", str(_START_S)]
    _do([*control, "-l", folder / "log", "-o", options, "start"], folder)
    try:
        yield f"postgresql+psycopg://{_USER}@127.0.0.1:{port}/postgres"
    finally:
        _do([*control, "-m", "immediate", "stop"], folder)
        shutil.rmtree(folder)


def _do(command: list[str | Path], folder: Path) -> None:
    with (folder / "said").open("ab") as said:
        done = subprocess.run(command, stdout=said, stderr=said, cwd=folder, check=False)
    if done.returncode:
        raise RuntimeError((folder / "said").read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
