"""What is looked at to find out why it does not work: one list for daemon, terminal and window.

It goes from near to far, so that what needs no network is known long before a server that does not
answer is given up. What each check came to is a `keystead.local_api.Check`: a code and its values;
the words for them are the client's.
"""

from __future__ import annotations

import msgspec

from keystead.errors import Values
from keystead.local_api import Check

#: Outcomes that every check can come to: not looked at, because of another; no answer in time.
UNTRIED, TIMED_OUT = "untried", "timed_out"


class Look(msgspec.Struct, frozen=True):
    """One look, and the checks that it settles, in their order.

    ``limit_s`` is in seconds: a look that takes longer hangs. The daemon's own looks are carried
    out there (``diagnostics.get`` with ``check``). Where a ``vital`` one fails, nothing more can be
    looked at.
    """

    name: str
    checks: tuple[str, ...]
    limit_s: float = 10.0
    daemons: bool = False
    vital: bool = False


LOOKS = (
    Look("profile", ("profile",), vital=True),
    Look("files", ("files",)),
    # It is started where it does not run, and may take that long.
    Look("daemon", ("daemon",), limit_s=30.0),
    Look("keyring", ("keyring",), daemons=True),
    Look("storage", ("storage",), daemons=True),
    Look("clock", ("clock",), daemons=True),
    Look("license", ("license",), daemons=True),
    Look("browser", ("browser",)),
    # One question to the server tells of all three. The daemon gives up before this.
    Look("server", ("server", "tls", "server_time"), limit_s=45.0, daemons=True),
)


def late(look: Look) -> tuple[Check, ...]:
    """What a look comes to that has not ended within its limit."""
    values: Values = {"seconds": int(look.limit_s)}
    return tuple(Check(name=name, ok=False, code=TIMED_OUT, values=values) for name in look.checks)


def ends_here(look: Look, checks: tuple[Check, ...]) -> bool:
    """Whether nothing more can be looked at after this."""
    return look.vital and not all(check.ok for check in checks)
