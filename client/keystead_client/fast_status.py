"""Answer a bare ``keystead status [--json] [--strict]`` with the standard library alone.

Loading argparse, the types of the local API and what checks them takes longer than everything else
in a status together. Each function here returns None for whatever is unusual, and the caller takes
the full path, which gives the same answer (tests compare the two).
"""

from __future__ import annotations

import json
import os
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from keystead.contract import MAX_LINE
from keystead.local_peer import foreign_folder, peer_is_user

if TYPE_CHECKING:
    from keystead_client.view import ActivationLike

_TIMEOUT_S = 5.0
_SWITCHES = ("json", "strict")
_WITH_VALUE = ("profile", "home")
_INSTANTS = ("until", "currentPeriodEnd", "graceEndsAt", "lastRefreshAt", "nextRefreshAt")
_LAST_MS = 253_402_300_799_999


def parse_arguments(argv: list[str]) -> SimpleNamespace | None:
    """Return what `arguments.parse` would, or None if that has to parse them.

    It has to for another command, an unknown flag, or a request for help.
    """
    given: dict[str, str | bool | None] = {
        "profile": None,
        "home": None,
        "json": False,
        "strict": False,
    }
    words: list[str] = []
    rest = iter(argv)
    for word in rest:
        name = word.removeprefix("--") if word.startswith("--") else None
        if name in _WITH_VALUE and (value := next(rest, "-")) and not value.startswith("-"):
            given[name] = value
        elif name in _SWITCHES and words:
            given[name] = True
        elif name is None:
            words.append(word)
        else:
            return None
    return SimpleNamespace(run="status:status", **given) if words == ["status"] else None


def request_activation(path: str, profile_digest: str | None) -> dict[str, Any] | None:
    """Ask the daemon at a Unix socket for the activation, as plain JSON members.

    None if the daemon does not answer, or not with what `as_view` reads, or runs with a profile of
    another digest.
    """
    requests = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": {}}
        for number, method in enumerate(("daemon.info", "activation.get"))
    ]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT_S)
            if foreign_folder(os.path.dirname(path)) is not None:  # noqa: PTH120
                return None
            connection.connect(path)
            if not peer_is_user(connection):
                return None
            connection.sendall("".join(f"{json.dumps(one)}\n" for one in requests).encode())
            with connection.makefile("rb") as responses:
                info, result = (
                    json.loads(responses.readline(MAX_LINE + 1)).get("result") for _ in requests
                )
            if info["profileDigest"] != profile_digest:
                return None
    except (OSError, ValueError, AttributeError, RecursionError, KeyError, TypeError):
        # AttributeError: no Unix sockets on this system, or a response that is not an object.
        return None
    return result if isinstance(result, dict) and _is_readable(result) else None


def as_view(members: dict[str, Any]) -> ActivationLike:
    """Return the members as what `presentation` reads."""
    paid, checkout = members.get("entitlement"), members.get("checkout")
    view = SimpleNamespace(
        state=members["state"],
        usable=members["usable"],
        until=members.get("until"),
        reason=members.get("reason") or "",
        device_id=members.get("deviceId"),
        entitlement=paid
        and SimpleNamespace(
            key=paid["key"],
            seats=paid["seats"],
            cancel_at_period_end=paid["cancelAtPeriodEnd"],
        ),
        current_period_end=members.get("currentPeriodEnd"),
        grace_ends_at=members.get("graceEndsAt"),
        last_refresh_at=members.get("lastRefreshAt"),
        next_refresh_at=members.get("nextRefreshAt"),
        hints=members.get("hints") or (),
        last_error=members.get("lastError"),
        now=members["now"],
        checkout=checkout and SimpleNamespace(kind=checkout["kind"], url=checkout["url"]),
        capabilities=_capabilities(members),
    )
    return cast("ActivationLike", view)


def _capabilities(members: dict[str, Any]) -> SimpleNamespace:
    # A daemon that does not name them speaks the native billing API: these are its capabilities.
    named = members.get("capabilities")
    given = named if isinstance(named, dict) else {}
    native = {
        "signIn": False, "restore": True, "seats": True, "portal": True, "invoices": True,
    }  # fmt: skip
    able = {name: given.get(name, default) is True for name, default in native.items()}
    return SimpleNamespace(
        sign_in=able["signIn"],
        restore=able["restore"],
        seats=able["seats"],
        portal=able["portal"],
        invoices=able["invoices"],
    )


def _is_readable(members: dict[str, Any]) -> bool:
    paid, checkout = members.get("entitlement"), members.get("checkout")
    return (
        isinstance(members.get("state"), str)
        and isinstance(members.get("usable"), bool)
        and _is_instant(members.get("now"))
        and all(members.get(name) is None or _is_instant(members[name]) for name in _INSTANTS)
        and isinstance(members.get("lastError"), str | None)
        and (paid is None or _has(paid, key=str, seats=int, cancelAtPeriodEnd=bool))
        and (checkout is None or _has(checkout, kind=str, url=str | None))
    )


def _is_instant(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= _LAST_MS


def _has(value: object, **members: Any) -> bool:
    return isinstance(value, dict) and all(
        name in value and isinstance(value[name], kind) for name, kind in members.items()
    )
