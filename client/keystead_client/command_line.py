"""One command from its arguments to its exit code: parse, carry out, say what went wrong."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from keystead_client import exit_codes, plain_arguments, presentation
from keystead_client.context import Context
from keystead_client.output import Output
from keystead_client.terminal_messages import set_language, tr

if TYPE_CHECKING:
    from keystead.errors import KeysteadError


#: Where a refusal names something to do, the command that does it.
_COMMANDS = {
    "already_entitled": "keystead portal",
    "device_limit": "keystead devices",
    "invalid_token": "keystead activate",
    "no_modules": "keystead plans",
    "no_periods": "keystead plans",
    "no_restore": "keystead activate",
    "no_seats": "keystead plans",
    "not_activated": "keystead activate",
    "session_ended": "keystead signin",
    "sign_in_denied": "keystead signin",
    "sign_in_needed": "keystead signin",
    "sign_in_timeout": "keystead signin",
    "unknown_device": "keystead activate",
}


def run(argv: list[str]) -> int:
    """Carry out the command and return its exit code.

    Raises SystemExit where the arguments are wrong, or ask for help or the version.
    """
    args = _parsed(argv)
    if not args.json:
        # What programs read is the same wherever they run.
        set_language(os.environ)
    out = Output(sys.stdout, sys.stderr, os.environ, as_json=args.json)
    context = Context(args.profile, args.home, os.environ)
    module, _, function = args.run.partition(":")
    command = getattr(import_module(f"keystead_client.commands.{module}"), function)
    try:
        return int(command(args, context, out))
    except _ours() as error:
        return report(error, out)


def _parsed(argv: list[str]) -> Any:
    plain = plain_arguments.of_status(argv)
    if plain is not None:
        return plain
    from keystead_client import arguments

    return arguments.parse(argv)


def report(error: KeysteadError, out: Output) -> int:
    """Say what went wrong, on stderr and as JSON where that was asked for; the exit code."""
    told = presentation.error_text(error, tr=tr)
    command = _COMMANDS.get(error.code)
    out.trouble(
        told.sentence, f"{told.remedy or ''} [{command}]".strip() if command else told.remedy
    )
    if out.as_json:
        out.object({"error": {"code": error.code, "message": told.sentence, "remedy": told.remedy}})
    return exit_codes.of_error(error.code)


def _ours() -> type[KeysteadError]:
    # Evaluated only when something was raised: these types bring the whole core with them, which
    # would cost a bare `keystead status` as much as everything else that it does.
    from keystead.errors import KeysteadError

    return KeysteadError
