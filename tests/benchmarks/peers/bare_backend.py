"""The least that answering a license status can cost: ASGI under uvicorn, and no framework.

The same cryptography as the stub's: the token and its proof verified, a license and a token signed;
and one SELECT. ``bare_backend.py DEVICE_ID`` has the signing seed in its environment, prints its
URL once it answers, and knows one device.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
import uvicorn

from keystead.documents import DeviceAccessToken, License, issue, read
from keystead.encoding import b64u_decode
from keystead.instants import iso, to_ms
from keystead.keys import KeySet, SigningKey
from keystead.proof import check_proof
from keystead.trust import verify_token
from keystead.wire.nyra import LICENSE_STATUS, LicenseStatus

PRODUCT = "nyra"
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_HEADERS = [(b"content-type", b"application/json")]


class Backend:
    """An ASGI application with one route."""

    def __init__(self, key: SigningKey, device_id: str, license: bytes, url: str) -> None:
        self._key = key
        self._keys = KeySet([key.public_key])
        self._url = url + LICENSE_STATUS
        self._database = sqlite3.connect(":memory:")
        self._database.execute("CREATE TABLE devices (id TEXT PRIMARY KEY, license BLOB) STRICT")
        self._database.execute("INSERT INTO devices VALUES (?, ?)", (device_id, license))

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        body = self.answer(dict(scope["headers"]), scope["query_string"])
        length = (b"content-length", b"%d" % len(body))
        start = {"type": "http.response.start", "status": 200, "headers": [*_HEADERS, length]}
        await send(start)
        await send({"type": "http.response.body", "body": body})

    def answer(self, headers: dict[bytes, bytes], query: bytes) -> bytes:
        now_s = int(time.time())
        compact = headers[b"authorization"].removeprefix(b"DPoP ").decode()
        token = verify_token(compact, keys=self._keys, product=PRODUCT)
        proof = check_proof(
            headers[b"dpop"].decode(), method="GET", url=self._url, now_s=now_s, token=compact
        )
        nonce = query.rpartition(b"nonce=")[2].decode()
        row = self._database.execute(
            "SELECT license FROM devices WHERE id = ?", (proof.thumbprint,)
        ).fetchone()
        known = read(License, row[0])
        license = msgspec.structs.replace(known, iat=now_s, jti=proof.jti, nonce=nonce)
        return self._status(license, msgspec.structs.replace(token, iat=now_s, jti=proof.jti))

    def _status(self, license: License, token: DeviceAccessToken) -> bytes:
        return msgspec.json.encode(
            LicenseStatus(
                active=license.active,
                status=license.status,
                server_time=to_ms(license.iat),
                reason=None,
                entitlement=license.entitlement,
                offline_grace=license.offline_grace,
                device=None,
                license=issue(license, self._key),
                device_access_token=issue(token, self._key),
                device_access_token_expires_at=token.expires_at,
                device_access_token_expires_at_iso=iso(token.expires_at),
                refresh_after_seconds=license.refresh_after_seconds,
            )
        )


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets:
            print(url_of(sockets[0]), flush=True)


def url_of(listening: socket.socket) -> str:
    return "http://%s:%d" % listening.getsockname()


def main(device_id: str) -> None:
    key = SigningKey(b64u_decode(os.environ["NYRA_LICENSE_SIGNING_SECRET"]))
    license = b64u_decode(os.environ["BENCHMARK_LICENSE"].split(".")[1])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        backend = Backend(key, device_id, license, url_of(listening))
        config = uvicorn.Config(
            backend,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            proxy_headers=False,
        )
        Server(config).run([listening])


if __name__ == "__main__":
    main(sys.argv[1])
