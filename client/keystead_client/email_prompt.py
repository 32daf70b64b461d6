"""Read an email address from stdin: other users can see the arguments of a running command."""

from __future__ import annotations

import sys

from keystead_client.output import Output
from keystead_client.terminal_messages import tr

_MAX_CHARACTERS = 1024


def read_email(out: Output) -> str:
    """Return the first line of stdin, empty at its end; a person at a terminal is asked for it."""
    if out.interactive and sys.stdin.isatty() and not out.as_json:
        out.ask(tr("terminal.ask_email"))
    return sys.stdin.readline(_MAX_CHARACTERS).strip()
