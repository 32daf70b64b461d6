"""Rules about HTTP itself, and about every error of the run."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from keystead.wire import nyra as wire
from keystead_stub.conformance.exchanges import (
    Answer,
    NotChecked,
    RuleFailed,
    require_refusal,
    require_status,
)
from keystead_stub.conformance.run_state import Run
from keystead_stub.conformance.service_checks import health_answer

_TWO_MEGABYTES = 2 * 1024 * 1024
_FOREIGN = "https://conformance.invalid"
#: What a stack trace, a statement, a file's path or a framework's schema looks like.
_LEAKS = (
    (re.compile(rb"Traceback \(most recent|\.py\", line \d|\bat \S+ \(\S+:\d+:\d+\)"), "a stack"),
    (re.compile(rb"goroutine \d+ \[|panic: |node_modules|\.java:\d+\)|\.php:\d+"), "a stack"),
    (re.compile(rb"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b.{0,80}\b(FROM|VALUES|SET|WHERE)\b"),
     "an SQL statement"),
    (re.compile(rb"SQLSTATE|sqlite3?\.|psycopg|UNIQUE constraint|syntax error at or near"),
     "a database's message"),
    (re.compile(rb"\"(/usr|/home|/var|/opt|/srv|/app)/"), "a path"),
    (re.compile(rb"\$schema|\"properties\"|\"additionalProperties\""), "a schema"),
    (re.compile(rb"\b(sk|rk)_(test|live)_|\bwhsec_"), "a secret"),
    (re.compile(rb"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+"), "a token"),
)  # fmt: skip
_PROBLEM_MEMBERS = {"type": str, "title": str, "status": int, "code": str, "requestId": str}


def http_unknown_route(run: Run) -> None:
    require_refusal(run.backend.send("GET", "/api/license/no-such-route"), 404)


def http_method(run: Run) -> None:
    for method, path in (("DELETE", wire.CHECKOUT), ("POST", wire.LICENSE_STATUS)):
        answer = run.backend.send(method, path)
        require_refusal(answer, 405)
        if not answer.headers.get("allow"):
            raise RuleFailed("a 405 has no Allow header")


def http_body_size(run: Run) -> None:
    filled = b'{"email": "%s"}' % (b"x" * _TWO_MEGABYTES)
    answer = run.backend.send(
        "POST",
        wire.CHECKOUT,
        content=filled,
        headers={"Content-Type": "application/json"},
        note="a body of 2 MiB",
    )
    require_refusal(answer, 413)


def http_media_type(run: Run) -> None:
    answer = run.backend.send(
        "POST",
        wire.CHECKOUT,
        content=b"deviceId=1",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        note="a form",
    )
    require_refusal(answer, 415)


def http_broken_json(run: Run) -> None:
    for content in (b'{"deviceId": ', b"[" * 20_000, b"\xff\xfe{}"):
        answer = run.backend.send(
            "POST",
            wire.CHECKOUT,
            content=content,
            headers={"Content-Type": "application/json"},
            note=f"a body of {len(content)} bytes that is no JSON",
        )
        require_refusal(answer, 400)


def http_double_header(run: Run) -> None:
    device = run.activated().device
    headers = [
        ("Authorization", f"DPoP {device.token}"),
        ("DPoP", device.proof("GET", wire.DEVICES, token=device.token)),
        ("DPoP", device.proof("GET", wire.DEVICES, token=device.token)),
    ]
    answer = run.backend.send("GET", wire.DEVICES, headers=headers, note="two DPoP headers")
    if answer.status not in (400, 401):
        require_status(answer, 400)


def cors_foreign(run: Run) -> None:
    for answer in _from_origin(run, _FOREIGN):
        if answer.headers.get("access-control-allow-origin") in ("*", _FOREIGN, "null"):
            raise RuleFailed(f"{_FOREIGN} may read the answer")


def cors_allowed(run: Run) -> None:
    origin = run.options.origin
    if origin is None:
        promised = health_answer(run).members.get("checks", {}).get("vars", {})
        if not promised.get("ALLOWED_ORIGIN"):
            raise NotChecked("the backend has no ALLOWED_ORIGIN")
        raise NotChecked("this needs the allowed origin (--origin)")
    preflight, answer = _from_origin(run, origin)
    for one in (preflight, answer):
        run.cite(one)
        if one.headers.get("access-control-allow-origin") != origin:
            raise RuleFailed(f"{origin} may not read the answer")
    run.cite(preflight)
    allowed = preflight.headers.get("access-control-allow-headers", "").lower()
    if not all(name in allowed for name in ("authorization", "dpop")):
        raise RuleFailed(f"the allowed headers are {allowed!r}")


def error_documents(run: Run) -> None:
    for answer in _errors(run):
        if not answer.is_problem:
            raise RuleFailed("the error is no application/problem+json with a code")
        found = answer.members
        for name, kind in _PROBLEM_MEMBERS.items():
            if not isinstance(found.get(name), kind):
                raise RuleFailed(f"the problem document has no {name}")
        if found["status"] != answer.status:
            raise RuleFailed(f"the document's status is {found['status']}")


def error_no_leaks(run: Run) -> None:
    for answer in _errors(run):
        for pattern, what in _LEAKS:
            if pattern.search(answer.content):
                raise RuleFailed(f"the error shows {what}")


def error_challenge(run: Run) -> None:
    found = [one for one in _errors(run) if one.status == 401]
    if not found:
        raise NotChecked("no request was answered 401")
    for answer in found:
        run.cite(answer)
        if not answer.headers.get("www-authenticate", "").lower().startswith("dpop"):
            raise RuleFailed("the 401 has no WWW-Authenticate: DPoP")


def error_retry_after(run: Run) -> None:
    found = [one for one in _errors(run) if one.status == 429]
    if not found:
        raise NotChecked("no request was answered 429")
    for answer in found:
        run.cite(answer)
        if not answer.headers.get("retry-after", "").isdigit():
            raise RuleFailed("the 429 has no Retry-After")


def _errors(run: Run) -> list[Answer]:
    """Return the answers with an error.

    A 503 of health is its ordinary body, and a preflight is the browser's own business.
    """
    path = urlsplit(run.backend.url).path + wire.HEALTH
    found = [
        one
        for one in run.backend.answers
        if one.status >= 400 and one.path != path and not one.sent.startswith("OPTIONS ")
    ]
    if not found:
        raise NotChecked("no request was answered with an error")
    return [run.cite(one) for one in found]


def _from_origin(run: Run, origin: str) -> tuple[Answer, Answer]:
    preflight = run.backend.send(
        "OPTIONS",
        wire.PLANS,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,dpop",
        },
        note=f"a preflight of {origin}",
    )
    answer = run.backend.send("GET", wire.PLANS, headers={"Origin": origin}, note=f"by {origin}")
    return preflight, answer


CHECKS = {
    "http-unknown-route": http_unknown_route,
    "http-method": http_method,
    "http-body-size": http_body_size,
    "http-media-type": http_media_type,
    "http-broken-json": http_broken_json,
    "http-double-header": http_double_header,
    "cors-foreign": cors_foreign,
    "cors-allowed": cors_allowed,
}
LAST_CHECKS = {
    "error-documents": error_documents,
    "error-no-leaks": error_no_leaks,
    "error-challenge": error_challenge,
    "error-retry-after": error_retry_after,
}
