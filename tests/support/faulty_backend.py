"""A backend that has one fault: the stub, behind a layer that alters requests and answers.

A fault sees each request of the billing API and its answer, and may answer otherwise. It knows the
signing key, so that what it alters is signed as a faulty backend would sign it.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from keystead.encoding import b64u_decode, b64u_encode
from keystead.keys import SigningKey
from keystead_stub.app import Options, build
from keystead_stub.http import server as http_server
from keystead_stub.ops import config_file, run_files
from keystead_stub.settings import Settings
from keystead_stub.store.engine import IN_MEMORY

Json = dict[str, Any]
_START_S = 60


class Asked(msgspec.Struct, frozen=True):
    """A request as it came. Header names are in lower case; of two, the last one counts."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def proof(self) -> Json:
        """The claims of the DPoP proof, not verified; empty without one."""
        return _claims(self.headers.get("dpop", ""))

    @property
    def proof_header(self) -> Json:
        text = self.headers.get("dpop", "")
        return json.loads(b64u_decode(text.split(".")[0])) if text else {}

    @property
    def token(self) -> str:
        return self.headers.get("authorization", "").partition(" ")[2]

    @property
    def json(self) -> Json:
        return _object(self.body)


class Told(msgspec.Struct, frozen=True):
    """An answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> Json:
        return _object(self.body)

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)

    def without(self, *names: str) -> Told:
        kept = tuple(pair for pair in self.headers if pair[0] not in names)
        return msgspec.structs.replace(self, headers=kept)

    def with_json(self, members: Any, status: int | None = None) -> Told:
        """Return the answer with another body, and another status if one is given."""
        encoded = msgspec.json.encode(members)
        kept = self.without("content-length")
        return Told(status or self.status, kept.headers, encoded)


#: Alters an answer. `Backend.call` asks the backend again, with another request.
Fault = Callable[["FaultyBackend", Asked, Told], Told]


class FaultyBackend:
    """The layer. ``fault`` is the one in force; None lets everything pass."""

    def __init__(self, inner: ASGIApp, settings: Settings) -> None:
        self._inner = inner
        self.settings = settings
        self.fault: Fault | None = None
        self.url = ""
        self.profile = Path()
        #: What the fault remembers, such as the last good answer of a route.
        self.memory: dict[Any, Any] = {}

    @property
    def key(self) -> SigningKey:
        return self.settings.signing_keys()[0]

    def use(self, fault: Fault | None) -> None:
        """Take another fault; what the last one remembered is forgotten."""
        self.fault = fault
        self.memory = {}

    def sign(self, claims: Json, typ: str, *, key: SigningKey | None = None, **header: Any) -> str:
        """Sign claims as the backend does, with these members in the header."""
        members = {"alg": "EdDSA", "typ": typ, "kid": self.key.kid} | header
        encoded = (msgspec.json.encode(one) for one in (members, claims))
        signed = ".".join(map(b64u_encode, encoded))
        return f"{signed}.{b64u_encode((key or self.key).sign(signed.encode()))}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.fault is None or scope["type"] != ScopeType.HTTP or _is_control(scope["path"]):
            await self._inner(scope, receive, send)
            return
        asked = await _read(scope, receive)
        told = await self._ask(scope, asked.body)
        told = self.fault(self, asked, told)
        await _answer(told, send)

    async def _ask(self, scope: Scope, body: bytes) -> Told:
        found: list[Message] = []
        parts = iter(({"type": "http.request", "body": body, "more_body": False},))

        async def receive() -> Any:
            return next(parts, {"type": "http.disconnect"})

        async def send(message: Message) -> None:
            found.append(message)

        await self._inner(scope, receive, send)
        start: Any = found[0]
        headers = tuple(
            (name.decode().lower(), value.decode("latin-1")) for name, value in start["headers"]
        )
        rest: list[Any] = list(found[1:])
        content = b"".join(one.get("body", b"") for one in rest)
        return Told(start["status"], headers, content)


@contextmanager
def faulty_backend(folder: Path) -> Iterator[FaultyBackend]:
    """Run a stub with this layer for as long as the block lasts."""
    with ExitStack() as stack:
        listening = stack.enter_context(http_server.bind("127.0.0.1", 0))
        url = http_server.address(listening)
        settings = Settings.load({}, url=url, random=secrets.token_bytes)
        stub = build(
            settings, Options(url=url, config=folder / config_file.NAME, database=IN_MEMORY)
        )
        stack.callback(stub.close)
        files = run_files.write(
            folder,
            keys=stub.services.keys,
            vendor=stub.services.vendor_profile,
            api="nyra",
            url=url,
            simulated=True,
        )
        layer = FaultyBackend(stub.asgi, settings)
        layer.url, layer.profile = url, files.profile
        started = threading.Event()
        server = http_server.server(layer, started.set)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        stack.callback(thread.join, _START_S)
        stack.callback(server.stop)
        assert started.wait(_START_S)
        yield layer


def _is_control(path: str) -> bool:
    return path.startswith("/_stub")


async def _read(scope: Any, receive: Receive) -> Asked:
    body = b""
    while True:
        message: Any = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    query = {name: found[0] for name, found in parse_qs(scope["query_string"].decode()).items()}
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Asked(scope["method"], scope["path"], query, headers, body)


async def _answer(told: Told, send: Send) -> None:
    kept = [pair for pair in told.headers if pair[0] != "content-length"]
    headers = [(name.encode(), value.encode("latin-1")) for name, value in kept]
    headers.append((b"content-length", str(len(told.body)).encode()))
    start: Any = {"type": "http.response.start", "status": told.status, "headers": headers}
    body: Any = {"type": "http.response.body", "body": told.body, "more_body": False}
    await send(start)
    await send(body)


def _object(body: bytes) -> Json:
    """Return the JSON object in a body; empty where there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _claims(text: str) -> Json:
    parts = text.split(".")
    return json.loads(b64u_decode(parts[1])) if len(parts) == 3 else {}
