"""The native billing API (contract §3), as a client.

Every answer goes through `_meaning`, which knows three kinds: what was asked for, a problem
document (BackendRefused), and everything else, from a proxy's error page to a captive portal's
friendly 200 (BackendUnreachable). Only a problem document below 500 is a no; a server that fails
has said nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from keystead.encoding import InvalidEncoding, b64u_encode, decode_object
from keystead.errors import BackendRefused, BackendUnreachable
from keystead.keys import SigningKey
from keystead.problems import KINDS, read_problem
from keystead.proof import make_proof
from keystead.wire import nyra as wire
from keystead_daemon.transport import HttpReply, HttpRequest, Transport

T = TypeVar("T")

_MAX_RETRY_AFTER_S = 365 * 86_400
_PROBLEM_MEMBERS = {"type", "title", "status", "code", "requestId", "detail", "instance"}


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: the device's key, its token where it has one, and the trusted time in seconds.

    ``pending`` names a checkout or restore of this device in the place of a token, as the query
    parameter and its value.
    """

    key: SigningKey
    now_s: int
    token: str | None = None
    pending: tuple[str, str] | None = None


class _Call(msgspec.Struct, frozen=True):
    method: str
    path: str
    query: dict[str, str] = {}
    body: msgspec.Struct | None = None
    caller: Caller | None = None


class Nyra:
    """``proxy`` tells, at each request, which proxy the settings name."""

    def __init__(
        self,
        url: str,
        transport: Transport,
        *,
        random: Callable[[int], bytes],
        proxy: Callable[[], str],
        agent: str,
    ) -> None:
        self._url = url
        self._transport = transport
        self._random = random
        self._proxy = proxy
        self._agent = agent

    async def status(self, caller: Caller, nonce: str) -> wire.LicenseStatus:
        """The license status of the calling device, signed over ``nonce``."""
        query = {"deviceId": caller.key.thumbprint, "nonce": nonce}
        return await self._call(
            "GET", wire.LICENSE_STATUS, wire.LicenseStatus, caller=caller, query=query
        )

    async def checkout(self, wish: wire.CheckoutRequest) -> wire.CheckoutAnswer:
        return await self._call("POST", wire.CHECKOUT, wire.CheckoutAnswer, body=wish)

    async def restore(self, wish: wire.RestoreRequest) -> wire.RestoreAnswer:
        return await self._call("POST", wire.RESTORE, wire.RestoreAnswer, body=wish)

    async def portal(self, caller: Caller, wish: wire.PortalRequest) -> wire.PortalAnswer:
        return await self._call("POST", wire.PORTAL, wire.PortalAnswer, caller=caller, body=wish)

    async def devices(self, caller: Caller) -> wire.DevicesAnswer:
        return await self._call("GET", wire.DEVICES, wire.DevicesAnswer, caller=caller)

    async def remove_device(self, caller: Caller, device_id: str) -> wire.DevicesAnswer:
        path = f"{wire.DEVICES}/{device_id}"
        return await self._call("DELETE", path, wire.DevicesAnswer, caller=caller)

    async def deactivate(self, caller: Caller) -> wire.DeactivateAnswer:
        return await self._call("POST", wire.DEACTIVATE, wire.DeactivateAnswer, caller=caller)

    async def plans(self) -> wire.PlansAnswer:
        return await self._call("GET", wire.PLANS, wire.PlansAnswer)

    async def invoices(self, caller: Caller) -> wire.InvoicesAnswer:
        return await self._call("GET", wire.INVOICES, wire.InvoicesAnswer, caller=caller)

    async def health(self) -> wire.Health:
        """The backend's own report; one that is not well answers 503 with a report too."""
        reply = await self._send(_Call("GET", wire.HEALTH), None)
        if reply.status == 503 and (report := _decoded(reply, wire.Health)) is not None:
            return report
        return _meaning(reply, wire.Health)

    async def _call(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        caller: Caller | None = None,
        query: dict[str, str] | None = None,
        body: msgspec.Struct | None = None,
    ) -> T:
        """Raises BackendUnreachable, BackendRefused."""
        query = dict(query or {})
        if caller is not None and caller.pending is not None:
            query[caller.pending[0]] = caller.pending[1]
        call = _Call(method, path, query, body, caller)
        reply = await self._send(call, None)
        nonce = reply.headers.get("dpop-nonce")
        if reply.status == 401 and nonce is not None and caller is not None:
            # Our time is not the server's: it judges the second proof by its nonce (RFC 9449 §8).
            reply = await self._send(call, nonce)
        return _meaning(reply, kind)

    async def _send(self, call: _Call, nonce: str | None) -> HttpReply:
        url = self._url + call.path
        headers = {"accept": "application/json", "user-agent": self._agent}
        if call.body is not None:
            headers["content-type"] = "application/json"
        if call.caller is not None:
            headers |= self._credentials(call.caller, call.method, url, nonce)
        request = HttpRequest(
            method=call.method,
            url=f"{url}?{urlencode(call.query)}" if call.query else url,
            headers=headers,
            body=None if call.body is None else msgspec.json.encode(call.body),
        )
        return await self._transport.send(request, proxy=self._proxy())

    def _credentials(
        self, caller: Caller, method: str, url: str, nonce: str | None
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


def _meaning(reply: HttpReply, kind: type[T]) -> T:
    """The answer as its type. Raises BackendUnreachable, BackendRefused."""
    if 200 <= reply.status < 300:
        answer = _decoded(reply, kind)
        if answer is not None:
            return answer
    elif reply.status >= 400:
        refusal = _refusal(reply)
        if refusal is not None:
            raise refusal
        if reply.status >= 500 or reply.status == 429:
            raise _failing(reply)
    raise BackendUnreachable(
        "Something else answered in the server's place.", code="not_the_backend"
    )


def _decoded(reply: HttpReply, kind: type[T]) -> T | None:
    if not _is_json(reply):
        return None
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _refusal(reply: HttpReply) -> BackendRefused | BackendUnreachable | None:
    try:
        members = decode_object(reply.body) if _is_json(reply) else {}
    except InvalidEncoding:
        return None
    problem = read_problem(members)
    if problem is None:
        return None
    if reply.status >= 500:
        return _failing(reply)
    known = KINDS.get(problem.code)
    extra: dict[str, Any] = {
        name: value for name, value in members.items() if name not in _PROBLEM_MEMBERS
    }
    return BackendRefused(
        f"{known.title if known is not None else 'The server refused the request'}.",
        status=reply.status,
        code=problem.code if known is not None else "backend_refused",
        retry_after_s=_retry_after_s(reply),
        extra=extra,
    )


def _failing(reply: HttpReply) -> BackendUnreachable:
    return BackendUnreachable(
        "The server has a problem of its own.",
        code="server_failing",
        retry_after_s=_retry_after_s(reply),
    )


def _is_json(reply: HttpReply) -> bool:
    media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type in {"application/json", "application/problem+json"}


def _retry_after_s(reply: HttpReply) -> float | None:
    """``Retry-After`` in seconds (RFC 9110 §10.2.3).

    Its form as a date is passed over: it would be measured by a clock that may be wrong.
    """
    text = reply.headers.get("retry-after", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        return None
    return float(min(int(text), _MAX_RETRY_AFTER_S))
