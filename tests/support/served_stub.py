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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

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
    ) -> None:
        folder.mkdir()
        self._environ = {**os.environ, **(environ or {})}
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

    def start(self) -> None:
        """Start the stub on its previous port, with the same keys."""
        with self._said.open("ab") as said:
            self._process = process = subprocess.Popen(
                [STUB, "serve", "--json", "--port", str(self._port), "--database", self.database],
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
        self.url, self.profile, self.keys = (
            found["url"],
            Path(found["profile"]),
            Path(found["keys"]),
        )
        self._port = int(self.url.rpartition(":")[2])
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=TIMEOUT_S)

    def stop(self) -> None:
        """Stop it with SIGTERM; it must exit cleanly."""
        process, self._process = self._process, None
        if process is None:
            return
        self._client.close()
        process.send_signal(signal.SIGTERM)
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
