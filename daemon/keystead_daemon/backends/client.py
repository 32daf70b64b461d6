"""Sends calls to a billing backend with a device's token and proof, a session, or neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from keystead.encoding import b64u_encode
from keystead.proof import make_proof
from keystead.wire.fields import PRODUCT_HEADER
from keystead_daemon.backends.calls import Call, DeviceCredentials, SessionCredentials
from keystead_daemon.backends.responses import interpret
from keystead_daemon.transport import HttpReply, HttpRequest, Transport

T = TypeVar("T")


class Client:
    """``product`` is the program's product id; ``proxy`` returns the setting at each request."""

    def __init__(
        self,
        url: str,
        transport: Transport,
        *,
        random: Callable[[int], bytes],
        proxy: Callable[[], str],
        agent: str,
        product: str,
    ) -> None:
        self._url = url
        self._transport = transport
        self._random = random
        self._proxy = proxy
        self._agent = agent
        self._product = product

    async def ask(
        self, call: Call, kind: type[T], who: DeviceCredentials | SessionCredentials | None = None
    ) -> T:
        """Return the response as its type. Raises BackendUnreachable, BackendRefused."""
        return interpret(await self.reply(call, who), kind)

    async def reply(
        self, call: Call, who: DeviceCredentials | SessionCredentials | None = None
    ) -> HttpReply:
        """Return the raw response. Raises BackendUnreachable."""
        reply = await self._send(call, who, None)
        nonce = reply.headers.get("dpop-nonce")
        if reply.status == 401 and nonce is not None and isinstance(who, DeviceCredentials):
            # Our clock differs from the server's, which accepts its nonce instead (RFC 9449 §8).
            reply = await self._send(call, who, nonce)
        return reply

    async def post_form(self, url: str, form: bytes) -> HttpReply:
        """Return the response to a form that is posted to ``url``. Raises BackendUnreachable."""
        # A public client is identified by client_id in the form, so no credentials are sent.
        headers = self._headers() | {"content-type": "application/x-www-form-urlencoded"}
        request = HttpRequest(method="POST", url=url, headers=headers, body=form)
        return await self._transport.send(request, proxy=self._proxy())

    async def _send(
        self, call: Call, who: DeviceCredentials | SessionCredentials | None, nonce: str | None
    ) -> HttpReply:
        url, query = self._url + call.path, dict(call.query)
        # A backend with several sellers answers with what this program accepts.
        headers = self._headers() | {PRODUCT_HEADER: self._product} | call.headers
        if call.body is not None:
            headers["content-type"] = "application/json"
        match who:
            case SessionCredentials():
                headers["authorization"] = f"Bearer {who.access_token}"
            case DeviceCredentials():
                headers |= self._credentials(who, call.method, url, nonce)
                query |= [who.pending] if who.pending is not None else []
        request = HttpRequest(
            method=call.method,
            url=f"{url}?{urlencode(query)}" if query else url,
            headers=headers,
            body=None if call.body is None else msgspec.json.encode(call.body),
        )
        return await self._transport.send(request, proxy=self._proxy())

    def _headers(self) -> dict[str, str]:
        return {"accept": "application/json", "user-agent": self._agent}

    def _credentials(
        self, caller: DeviceCredentials, method: str, url: str, nonce: str | None
    ) -> dict[str, str]:
        proof = make_proof(
            caller.key,
            method=method,
            url=url,
            iat=caller.now_s,
            jti=b64u_encode(self._random(16)),
            token=caller.token,
            nonce=nonce,
        )
        bearer = {"authorization": f"DPoP {caller.token}"} if caller.token is not None else {}
        return {"dpop": proof} | bearer
