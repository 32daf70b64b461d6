"""Requests to the backend, and what is told of them: never a token, a key or a whole document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from keystead.encoding import InvalidEncoding, decode_object

TIMEOUT_S = 60
#: As much of a body as helps to find a fault.
_SHOWN = 300
_DOCUMENT = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+")
_SESSION = re.compile(r"\b(cs_(?:test_|live_)?\w{4})\w+")


class RuleFailed(Exception):
    """A rule is broken; the message says how."""


class NotChecked(Exception):
    """A rule could not be checked; the message says why."""


class Answer:
    """A response, and the text of what was sent for it."""

    def __init__(self, sent: str, response: httpx.Response) -> None:
        self.sent = sent
        self.status = response.status_code
        self.headers = response.headers
        self.content = response.content
        self.path = response.request.url.path

    @property
    def received(self) -> str:
        """The response in a line, without secrets."""
        kind = self.headers.get("content-type", "no content type")
        body = shown(self.content.decode("utf-8", "replace"))
        return f"{self.status} {kind}: {body}" if body else f"{self.status} {kind}"

    @property
    def members(self) -> dict[str, Any]:
        """The body as a strict JSON object. Raises RuleFailed."""
        try:
            return decode_object(self.content)
        except InvalidEncoding:
            raise RuleFailed("the body is not a JSON object with unique names") from None

    @property
    def is_problem(self) -> bool:
        """Whether the body is a problem document with a code."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            members = decode_object(self.content)
        except InvalidEncoding:
            return False
        return kind == "application/problem+json" and isinstance(members.get("code"), str)


class Backend:
    """Sends requests to the backend's address, and keeps every answer."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        self.url = url.rstrip("/")
        self.answers: list[Answer] = []
        #: By how many seconds the backend's clock is ahead of this machine's.
        self.ahead_s = 0
        self._http = http

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | list[tuple[str, str]] | None = None,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content: bytes | None = None,
        note: str = "",
    ) -> Answer:
        """Send one request. ``body`` is sent as JSON; ``note`` says what is odd about it.

        Raises RuleFailed if there is no answer.
        """
        sent = _sent(method, path, params, body, note)
        try:
            response = self._http.request(
                method,
                self.url + path,
                params=params,
                headers=headers,
                json=body,
                content=content,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RuleFailed(f"{sent}: no answer ({type(error).__name__})") from None
        answer = Answer(sent, response)
        self.answers.append(answer)
        return answer


def shown(text: str) -> str:
    """Return a text without signed documents and whole session ids, in one short line."""
    hidden = _SESSION.sub(r"\1…", _DOCUMENT.sub("<signed document>", " ".join(text.split())))
    return hidden if len(hidden) <= _SHOWN else f"{hidden[:_SHOWN]}…"


def _sent(method: str, path: str, params: Mapping[str, str] | None, body: Any, note: str) -> str:
    query = "?" + "&".join(f"{name}={value}" for name, value in params.items()) if params else ""
    text = f"{method} {path}{query}" + ("" if body is None else f" {json.dumps(body)}")
    return shown(text) + (f" ({note})" if note else "")


def require_status(answer: Answer, *statuses: int) -> None:
    """Raise RuleFailed unless the answer has one of the statuses."""
    if answer.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise RuleFailed(f"the answer is {answer.status} and should be {wanted}")


def require_refusal(answer: Answer, status: int, *codes: str) -> None:
    """Raise RuleFailed unless the answer refuses with this status and one of the codes.

    The code of an answer that is no problem document is left to the rule about these.
    """
    require_status(answer, status)
    if codes and answer.is_problem and answer.members["code"] not in codes:
        raise RuleFailed(f"the code is {answer.members['code']!r} and should be {codes[0]!r}")
