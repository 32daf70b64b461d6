"""Requests to the stub's application as if they came from another machine."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from keystead_stub.app import Options, Stub, build
from keystead_stub.commands import exposures
from keystead_stub.settings import Settings

LISTENING = "http://127.0.0.1:8787"
NOW_MS = 1_800_000_000_000
HERE = "127.0.0.1"
#: An address of another machine.
ELSEWHERE = "203.0.113.9"


class Reachable:
    """A stub that any address can send requests to."""

    def __init__(self, stub: Stub) -> None:
        self.stub = stub

    def ask(
        self,
        method: str,
        path: str,
        *,
        peer: str = HERE,
        host: str = "127.0.0.1:8787",
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Send a request from the address `peer`."""

        async def asked() -> httpx.Response:
            # The framework and the client have types of their own for the same thing.
            asgi: Any = self.stub.asgi
            transport = httpx.ASGITransport(app=asgi, client=(peer, 4711))
            async with httpx.AsyncClient(transport=transport, base_url=LISTENING) as client:
                return await client.request(
                    method, path, headers={"host": host, **(headers or {})}, **options
                )

        return asyncio.run(asked())


@contextmanager
def reachable(folder: Path, **environ: str) -> Iterator[Reachable]:
    """Build a stub with this environment, whose clock stands still."""
    exposure = exposures.read(environ, host=HERE).at(LISTENING)
    settings = Settings.load(
        environ, url=LISTENING, public_url=exposure.public_url, random=secrets.token_bytes
    )
    options = Options(
        url=LISTENING,
        exposure=exposure,
        config=folder / "keystead-stub.toml",
        # Limits count minutes, and a test may take longer than what is left of one.
        real_ms=lambda: NOW_MS,
    )
    stub = build(settings, options)
    try:
        yield Reachable(stub)
    finally:
        stub.close()
