"""The environment of benchmarks: variables, a stub, and devices activated at it."""

from __future__ import annotations

import json
import os
import select
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import msgspec

from benchmarks.measurement import CannotMeasure
from benchmarks.processes import Started, running_process
from keystead.encoding import b64u_encode
from keystead.errors import DaemonUnreachable
from keystead.keys import SigningKey
from keystead.local_api import ActivationView
from keystead.local_client import LocalClient
from keystead.paths import paths_of
from keystead.profile import Profile, load_profile

PRODUCT = "nyra"
PEERS = Path(__file__).parent / "peers"
_SEED = b"a backend for rehearsals only..."
SIGNING_KEY = SigningKey(_SEED)
START_LIMIT_S = 30.0
LOOK_S = 0.001
_NETWORK_S = 60.0


class Stub(msgspec.Struct, frozen=True):
    """A running stub; its signing key is `SIGNING_KEY`."""

    url: str
    profile: Path
    keys: Path
    pid: int

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Return the JSON of a 2xx response. Raises CannotMeasure for any other."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=_NETWORK_S)
        try:
            typed = {"Content-Type": "application/json"} if body is not None else {}
            sent = json.dumps(body) if body is not None else None
            connection.request(method, path, body=sent, headers=typed | (headers or {}))
            answer = connection.getresponse()
            data = answer.read()
        except HTTPException as error:
            raise CannotMeasure(f"the stub does not answer {method} {path}") from error
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise CannotMeasure(f"the stub refuses {method} {path}: {answer.status}")
        return json.loads(data)

    def pay(self, session_id: str) -> None:
        self.ask("POST", f"/_stub/checkouts/{session_id}/complete", {})


class Daemon(msgspec.Struct, frozen=True):
    """A running daemon whose device is activated."""

    home: Path
    pid: int
    socket: Path


class Peer(msgspec.Struct, frozen=True):
    """How to start a program that answers on a socket."""

    command: list[str]
    socket: Path


class BenchmarkEnvironment:
    """Parts are built when first needed and kept until the end."""

    def __init__(self, folder: Path, effort: float, stack: ExitStack) -> None:
        self.folder = folder
        self._effort = effort
        self._stack = stack

    @classmethod
    @contextmanager
    def built(cls, *, effort: float) -> Iterator[BenchmarkEnvironment]:
        with (
            tempfile.TemporaryDirectory(prefix="keystead-bench-") as folder,
            ExitStack() as stack,
        ):
            yield cls(Path(folder), effort, stack)

    def turns(self, usual: int) -> int:
        """Return the number of turns, where ``usual`` are enough on a quiet machine."""
        return max(3, round(usual * self._effort))

    @cached_property
    def environ(self) -> dict[str, str]:
        """Return variables without the user's settings, with an empty bytecode cache."""
        foreign = ("KEYSTEAD_", "XDG_", "PYTHON", "NOTIFY_SOCKET", "LISTEN_")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(foreign) and not name.lower().endswith("_proxy")
        }
        return kept | {
            "HOME": str(self._made("user")),
            "PYTHONPYCACHEPREFIX": str(self._made("bytecode")),
            "KEYSTEAD_SECRETS": "file",
            "QT_QPA_PLATFORM": "offscreen",
        }

    def command(self, name: str) -> str:
        """Return the path of a command in this environment."""
        return str(Path(sys.executable).with_name(name))

    def peer(self, name: str) -> list[str]:
        """Return the command of a program in ``peers``."""
        return [sys.executable, str(PEERS / f"{name}.py")]

    @property
    def stub_environ(self) -> dict[str, str]:
        return self.environ | {"NYRA_LICENSE_SIGNING_SECRET": b64u_encode(_SEED)}

    @cached_property
    def stub(self) -> Stub:
        command = [self.command("keystead-stub"), "serve", "--port", "0", "--json"]
        process = self._stack.enter_context(running_process(command, self.stub_environ))
        said = json.loads(process.line())
        return Stub(said["url"], Path(said["profile"]), Path(said["keys"]), said["pid"])

    @cached_property
    def profile(self) -> Profile:
        return load_profile(self.stub.profile)

    def environ_of(self, home: Path) -> dict[str, str]:
        return self.environ | {
            "KEYSTEAD_HOME": str(home),
            "KEYSTEAD_PROFILE": str(self.stub.profile),
        }

    @cached_property
    def daemon(self) -> Daemon:
        """Return the shared daemon, which benchmarks only read from and never stop."""
        return self._stack.enter_context(self.activated("device"))

    @contextmanager
    def activated(self, name: str) -> Iterator[Daemon]:
        """Run a daemon with its own home, activated and refreshed, within the block."""
        home = self._made(name)
        socket = paths_of(PRODUCT, home).socket
        command = [self.command("keysteadd"), "--foreground"]
        with running_process(command, self.environ_of(home)) as process:
            with connected(socket, process) as client:
                checkout = client.call("checkout.start", timeout_s=_NETWORK_S)
                self.stub.pay(checkout.session_id)
                view = client.call("activation.refresh", timeout_s=_NETWORK_S)
                _check_active(view)
            yield Daemon(home, process.pid, socket)

    def answering(self, name: str, answer: bytes) -> Peer:
        """Run a peer that answers each line on its socket with this line."""
        file, socket = self.folder / f"{name}.answer", self.folder / f"{name}.sock"
        file.write_bytes(answer)
        return Peer([*self.peer(name), str(socket), str(file)], socket)

    def _made(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return folder


def connected(socket: Path, daemon: Started) -> LocalClient:
    """Connect as soon as the daemon listens. Raises CannotMeasure if it never does."""
    limit = monotonic() + START_LIMIT_S
    while True:
        try:
            return LocalClient(socket)
        except DaemonUnreachable:
            if daemon.ended or monotonic() > limit:
                raise CannotMeasure(f"the daemon never listened{daemon.last_words()}") from None
            pause(LOOK_S)


def pause(seconds: float) -> None:
    """Wait; the idle behaviour over time is what is measured."""
    select.select([], [], [], seconds)


def _check_active(view: ActivationView) -> None:
    if view.state != "active":
        raise CannotMeasure(f"the device was paid for and is {view.state}: {view.last_error}")
