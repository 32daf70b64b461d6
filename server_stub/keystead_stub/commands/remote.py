"""`keystead-stub advance|trigger|faults|seed`: control a running stub."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from keystead.errors import InvalidInput, KeysteadError
from keystead_stub.commands.exposures import control_headers

COMMANDS = {
    "advance": "advance the clock and run everything that falls due",
    "trigger": "trigger an example event",
    "faults": "set, show or clear injected faults",
    "seed": "create example customers",
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([smhdw]?)")
#: Advancing the clock by years takes a while, and the stub answers when all of it has happened.
TIMEOUT_S = 120


def seconds(text: str) -> float:
    """Parse `90`, `90s`, `15m`, `6h`, `31d` or `2w` to seconds."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise argparse.ArgumentTypeError("use a number and one of s, m, h, d, w, such as 31d")
    return float(match[1]) * _UNITS[match[2] or "s"]


def _advance(command: argparse.ArgumentParser) -> None:
    way = command.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "seconds",
        nargs="?",
        type=seconds,
        metavar="TIME",
        help="how far to advance, such as 31d or 6h",
    )
    way.add_argument("--to", help="instant to advance to (RFC 3339, or epoch milliseconds)")


def _trigger(command: argparse.ArgumentParser) -> None:
    command.add_argument("type", help="such as invoice.payment_failed")
    command.add_argument("--customer", help="the customer's id (default: a new example customer)")


def _faults(command: argparse.ArgumentParser) -> None:
    command.add_argument("--clear", action="store_true", help="clear all faults")
    command.add_argument("--set", metavar="JSON", help='such as \'{"status": 503, "times": 3}\'')


def _seed(command: argparse.ArgumentParser) -> None:
    command.add_argument("--customers", type=int, default=5)


ARGUMENTS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "advance": _advance,
    "trigger": _trigger,
    "faults": _faults,
    "seed": _seed,
}


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Send the request to the stub, and print its JSON response."""
    method, path, body = _request(arguments)
    headers = control_headers(environ)
    print(json.dumps(ask(arguments.url, method, path, body, headers), indent=2))
    return 0


def _request(arguments: argparse.Namespace) -> tuple[str, str, Any]:
    match arguments.command:
        case "advance":
            return "POST", "/_stub/clock/advance", _advance_body(arguments)
        case "trigger":
            body = {"type": arguments.type}
            return (
                "POST",
                "/_stub/trigger",
                body | ({"customerId": arguments.customer} if arguments.customer else {}),
            )
        case "seed":
            return "POST", "/_stub/seed", {"customers": arguments.customers}
        case _:
            return _fault_request(arguments)


def _advance_body(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.to is None:
        return {"seconds": arguments.seconds}
    return {"to": int(arguments.to) if arguments.to.isdigit() else arguments.to}


def _fault_request(arguments: argparse.Namespace) -> tuple[str, str, Any]:
    if arguments.clear:
        return "DELETE", "/_stub/faults", None
    if arguments.set is None:
        return "GET", "/_stub/faults", None
    try:
        return "PUT", "/_stub/faults", json.loads(arguments.set)
    except ValueError:
        raise InvalidInput("--set takes a JSON object.", code="invalid_faults") from None


def ask(
    url: str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> Any:
    """Request a control of the stub at `url`. Raises KeysteadError for errors and if none runs."""
    try:
        # Without the environment's proxies, because the stub is on this machine.
        with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            answer = client.request(method, url.rstrip("/") + path, json=body, headers=headers)
            document = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise KeysteadError(
            f"No stub is running at {url}.",
            code="stub_unreachable",
            remedy="Start one with `keystead-stub serve`, or set --url.",
        ) from None
    if answer.is_error:
        detail = document.get("detail") or document.get("title") or "The stub rejected the request."
        raise KeysteadError(str(detail), code=str(document.get("code", "error")))
    return document
