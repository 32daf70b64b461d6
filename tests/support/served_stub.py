"""``keystead-stub serve`` as a process that can be restarted and whose output is kept.

A `World` uses it like a stub in this process, except that `settings` is unavailable.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from keystead_stub.commands.exposures import control_headers
from keystead_stub.in_process import TIMEOUT_S, BillingStub, Clock, FaultControl

STUB = Path(sys.executable).with_name("keystead-stub")
START_S = 60.0


class ServedStub(BillingStub):
    """A stub on a database; without a URL the database is a file in ``folder``.

    ``environ`` is added to this process's environment.

    `said` is what it wrote, errors and all; `database` is its file or URL.
    """

    def __init__(
        self,
        folder: Path,
        database: str | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        program: Path = STUB,
    ) -> None:
        folder.mkdir()
        self._program = program
        self._environ = {**os.environ, **(environ or {})}
        self._arguments = arguments
        self.database = database or str(folder / "stub.sqlite")
        self._said = folder / "said"
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.clock = Clock(self)
        self.faults = FaultControl(self)
        self.start()

    @property
    def said(self) -> str:
        return self._said.read_text()

    def start(self, **environ: str) -> None:
        """Start the stub on its previous port, with the same keys unless ``environ`` says so."""
        self._environ |= environ
        with self._said.open("ab") as said:
            self._process = process = subprocess.Popen(
                [
                    *(self._program, "serve", "--json", "--port", str(self._port)),
                    *("--database", self.database, *self._arguments),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                env=self._environ,
            )
            assert process.stdout is not None
            with selectors.DefaultSelector() as ready:
                ready.register(process.stdout, selectors.EVENT_READ)
                line = process.stdout.readline() if ready.select(START_S) else b""
            said.write(line)
        found = json.loads(line)
        self.listening_url = found["url"]
        self.url = found.get("publicUrl", self.listening_url)
        self.profile, self.keys = Path(found["profile"]), Path(found["keys"])
        self._port = int(self.listening_url.rpartition(":")[2])
        self._client = httpx.Client(
            base_url=self.listening_url,
            headers=control_headers(self._environ),
            trust_env=False,
            timeout=TIMEOUT_S,
        )

    @property
    def alive(self) -> bool:
        return self._process is not None

    def terminate(self) -> None:
        """Send SIGTERM, and don't wait."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Stop it with SIGTERM; it must exit cleanly."""
        if self._process is not None:
            self.terminate()
            self.ended()

    def ended(self) -> None:
        """Wait for its end, which must be a clean one."""
        process, self._process = self._process, None
        assert process is not None
        self._client.close()
        try:
            assert process.wait(START_S) == 0, self.said
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            assert process.stdout is not None
            rest = process.stdout.read()
            process.stdout.close()
            with self._said.open("ab") as said:
                said.write(rest)

    def kill(self) -> None:
        """Kill it, as a power cut does; `start` serves again what was written before."""
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        process.wait()
        self._client.close()
        assert process.stdout is not None
        process.stdout.close()


@contextmanager
def served_stub(folder: Path) -> Iterator[ServedStub]:
    """Run a stub process within the block."""
    stub = ServedStub(folder)
    try:
        yield stub
    finally:
        stub.stop()
