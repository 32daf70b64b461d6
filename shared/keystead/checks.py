"""The steps of the diagnostics: one list for the daemon, the terminal and the window.

They go from local to remote, so that results that need no network appear long before a server
times out. A result is a `keystead.local_api.Check`: a code and its values. The messages for the
codes are in the client.
"""

from __future__ import annotations

import msgspec

from keystead.errors import Values
from keystead.local_api import Check

#: Codes that every check can have: not run because a required step failed, and timed out.
UNTRIED, TIMED_OUT = "untried", "timed_out"


class CheckSpec(msgspec.Struct, frozen=True):
    """A step of the diagnostics, and the names of the checks that it has results for, in order.

    A step times out after ``limit_s`` seconds. The daemon runs those with ``by_daemon``
    (``diagnostics.get`` with ``check``). If a ``required`` step fails, no later step runs.
    """

    name: str
    checks: tuple[str, ...]
    limit_s: float = 10.0
    by_daemon: bool = False
    required: bool = False


CHECK_SPECS = (
    CheckSpec("profile", ("profile",), required=True),
    CheckSpec("files", ("files",)),
    # The daemon is started if it is not running, which may take this long.
    CheckSpec("daemon", ("daemon",), limit_s=30.0),
    CheckSpec("keyring", ("keyring",), by_daemon=True),
    CheckSpec("storage", ("storage",), by_daemon=True),
    CheckSpec("clock", ("clock",), by_daemon=True),
    CheckSpec("license", ("license",), by_daemon=True),
    CheckSpec("refresh", ("refresh",), by_daemon=True),
    CheckSpec("keys", ("keys",), by_daemon=True),
    CheckSpec("browser", ("browser",)),
    # One request to the server answers all three. The daemon's own limit is shorter.
    CheckSpec("server", ("server", "tls", "server_time"), limit_s=45.0, by_daemon=True),
)


def timed_out(spec: CheckSpec) -> tuple[Check, ...]:
    """Return the results of a step that exceeded its limit."""
    values: Values = {"seconds": int(spec.limit_s)}
    return tuple(Check(name=name, ok=False, code=TIMED_OUT, values=values) for name in spec.checks)


def stops_run(spec: CheckSpec, checks: tuple[Check, ...]) -> bool:
    """Return whether no later step can run after these results."""
    return spec.required and not all(check.ok for check in checks)
