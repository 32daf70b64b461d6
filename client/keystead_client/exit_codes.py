"""The exit codes of ``keystead`` (specification §11.4).

| code | when                                                                                  |
| ---- | ------------------------------------------------------------------------------------- |
| 0    | usable: ``active``, ``grace``, or ``pending`` while the license allows it               |
| 1    | an error                                                                              |
| 2    | usage: the command line itself is wrong                                               |
| 3    | not activated: ``unactivated``, or ``pending`` without a right to work yet            |
| 4    | ``grace``, with ``--strict``                                                           |
| 5    | ``expired``, ``inactive`` or ``untrusted``: the license gives no right to work         |
| 6    | the daemon is not reachable and could not be started                                  |
| 7    | the billing backend gave no usable answer to a command that needs one                 |
| 130  | interrupted (Ctrl-C), as in shells                                                    |
"""

from __future__ import annotations

USABLE = 0
ERROR = 1
USAGE = 2
NOT_ACTIVATED = 3
GRACE = 4
NOT_ENTITLED = 5
DAEMON_UNREACHABLE = 6
BACKEND_UNREACHABLE = 7

_OF_CODE = {
    "daemon_unreachable": DAEMON_UNREACHABLE,
    "daemon_missing": DAEMON_UNREACHABLE,
    "daemon_failed": DAEMON_UNREACHABLE,
    "daemon_late": DAEMON_UNREACHABLE,
    "daemon_stopped": DAEMON_UNREACHABLE,
    "daemon_foreign": DAEMON_UNREACHABLE,
    "folder_foreign": DAEMON_UNREACHABLE,
    "backend_unreachable": BACKEND_UNREACHABLE,
    "not_activated": NOT_ACTIVATED,
    "not_entitled": NOT_ENTITLED,
    "usage": USAGE,
    "no_seats": USAGE,
    "no_modules": USAGE,
    "no_periods": USAGE,
}
#: The first of these is the exit code for several outcomes.
_WORST_FIRST = (ERROR, NOT_ENTITLED, NOT_ACTIVATED, GRACE, USABLE)


def of_activation(state: str, usable: bool, *, strict: bool = False) -> int:
    """Return the exit code of an activation."""
    if usable:
        return GRACE if strict and state == "grace" else USABLE
    return NOT_ACTIVATED if state in ("unactivated", "pending") else NOT_ENTITLED


def of_error(code: str) -> int:
    """Return the exit code of an error, by its machine-readable code."""
    return _OF_CODE.get(code, ERROR)


def worst(outcomes: set[int]) -> int:
    """Return the exit code for several outcomes; ERROR if there was none."""
    return next((code for code in _WORST_FIRST if code in outcomes), ERROR)
