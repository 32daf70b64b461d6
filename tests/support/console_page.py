"""Carry out a page of the documentation: its files are written, and its commands are run.

Commands stand in ``console`` blocks behind ``$``; the lines after one are what it prints, in this
order, perhaps among others, and ``…`` stands for any text. A ``toml`` block with a title is a file.
``keystead-stub serve`` runs until the next one starts, as if it were stopped by hand in a terminal
of its own. A checkout that a command prints is paid.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent

import httpx
import msgspec

PAGES = Path(__file__).parents[2] / "packaging" / "site" / "pages"
LIMIT_S = 120
_DEFAULT_PORT = "8787"
_BLOCK = re.compile(
    r"^( *)```(\w+)(?: title=\"([\w.-]+)\")?\n(.*?)^\1```$", re.DOTALL | re.MULTILINE
)
_CHECKOUT = re.compile(r"/_stub/checkout/(cs_\w+)")


class Step(msgspec.Struct):
    """A command with the lines that it prints, or a file with its text."""

    command: str = ""
    printed: list[str] = []
    file: str = ""
    text: str = ""


def steps(page: str) -> list[Step]:
    """Return what a page asks its reader to do, in its order."""
    found: list[Step] = []
    for _indent, kind, title, body in _BLOCK.findall(page):
        text = dedent(body)
        if title:
            found.append(Step(file=title, text=text))
        elif kind == "console":
            for line in text.splitlines():
                if line.startswith("$ "):
                    found.append(Step(command=line[2:], printed=[]))
                else:
                    found[-1].printed.append(line)
    return found


class Terminal:
    """A reader's folder and shell, and the backend that they started last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environ = {**os.environ, "PATH": path, "LC_ALL": "C.UTF-8"}
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.port = str(server.getsockname()[1])
        self._backend: subprocess.Popen[str] | None = None

    def carry_out(self, step: Step) -> None:
        """Do what the step says, and compare what is printed."""
        if step.file:
            (self.folder / step.file).write_text(step.text.replace(_DEFAULT_PORT, self.port))
            return
        output = self._run(step.command.replace(_DEFAULT_PORT, self.port))
        wanted = [line.replace(_DEFAULT_PORT, self.port) for line in step.printed if line.strip()]
        assert_printed(wanted, output, step.command)

    def close(self) -> None:
        """End the backend, and the daemon if a command started one."""
        self._stop_backend()
        for lock in self.folder.glob("*/*/state/daemon.lock"):
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(lock.read_text("ascii")), signal.SIGTERM)

    def _run(self, command: str) -> str:
        if "keystead-stub serve" in command:
            return self._serve(command)
        if command.startswith("export "):
            command += "; env -0"
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout)
        if command.startswith("export "):
            pairs = (line.partition("=") for line in done.stdout.split("\0") if line)
            self.environ = {name: value for name, _, value in pairs}
            return ""
        if found := _CHECKOUT.search(done.stdout):
            self._pay(found[1])
        return done.stdout

    def _serve(self, command: str) -> str:
        self._stop_backend()
        with (self.folder / "backend.log").open("a") as log:
            self._backend = subprocess.Popen(
                ["bash", "-c", f"{command} --port {self.port}"],
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # A group of its own, so that the shell's child ends with it.
                start_new_session=True,
            )
        assert self._backend.stdout is not None
        line = self._backend.stdout.readline()
        assert line, (command, (self.folder / "backend.log").read_text())
        return line

    def _stop_backend(self) -> None:
        if self._backend is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._backend.pid, signal.SIGTERM)
            self._backend.communicate(timeout=LIMIT_S)
            self._backend = None

    def _pay(self, session_id: str) -> None:
        url = f"http://127.0.0.1:{self.port}/_stub/checkouts/{session_id}/complete"
        with httpx.Client(trust_env=False, timeout=LIMIT_S) as http:
            http.post(url, json={"email": "ada@example.com"}).raise_for_status()
        # The daemon waits for the payment, and the reader for the daemon.
        self._run("until keystead status > /dev/null; do :; done")


def assert_printed(wanted: list[str], output: str, command: str) -> None:
    """Find the lines in the output, in their order."""
    lines = iter(output.splitlines())
    for text in wanted:
        pattern = re.compile(".*".join(map(re.escape, text.split("…"))))
        assert any(pattern.fullmatch(line) for line in lines), (command, text, output)


@contextmanager
def terminal(folder: Path) -> Iterator[Terminal]:
    """Open a terminal in the folder, and end what was started in it."""
    opened = Terminal(folder)
    try:
        yield opened
    finally:
        opened.close()
