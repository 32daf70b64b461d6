"""Run one command: parse its arguments, carry it out, and print its error."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from keystead_client import exit_codes, fast_status, presentation
from keystead_client.context import Context
from keystead_client.output import Output
from keystead_client.terminal_messages import COMMAND_NAME, set_language, tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from keystead.errors import KeysteadError


#: The command that helps with an error.
_COMMANDS = {
    "already_entitled": "portal",
    "device_limit": "devices",
    "invalid_token": "activate",
    "no_modules": "plans",
    "no_periods": "plans",
    "no_restore": "activate",
    "no_seats": "plans",
    "not_activated": "activate",
    "session_ended": "signin",
    "sign_in_denied": "signin",
    "sign_in_needed": "signin",
    "sign_in_timeout": "signin",
    "unknown_device": "activate",
}


def run(argv: list[str]) -> int:
    """Carry out a command and return its exit code.

    Raises SystemExit if the arguments are invalid, or ask for help or the version.
    """
    args = _parse(argv)
    if not args.json:
        # JSON is for programs: it is the same in every language.
        set_language(os.environ)
    out = Output(sys.stdout, sys.stderr, os.environ, as_json=args.json)
    context = Context(args.profile, args.home, os.environ)
    context.on_other_profile = partial(_note, out)
    try:
        return int(_command(args.run)(args, context, out))
    except _keystead_error() as error:
        return print_error(error, out)


def print_error(error: KeysteadError, out: Output) -> int:
    """Print an error on stderr, and as JSON if that was asked for; return its exit code."""
    text = presentation.error_text(error, tr=tr)
    command = _COMMANDS.get(error.code)
    hint = f"[{COMMAND_NAME} {command}]" if command else ""
    out.error(text.sentence, f"{text.remedy or ''} {hint}".strip() or None)
    if out.as_json:
        out.object({"error": {"code": error.code, "message": text.sentence, "remedy": text.remedy}})
    return exit_codes.of_error(error.code)


def _note(out: Output, problem: KeysteadError) -> None:
    text = presentation.error_text(problem, tr=tr)
    out.note(f"{text.sentence} {text.remedy or ''}".strip())


def _parse(argv: list[str]) -> Any:
    if (fast := fast_status.parse_arguments(argv)) is not None:
        return fast
    from keystead_client import arguments

    return arguments.parse(argv)


def _command(name: str) -> Callable[[Any, Context, Output], int]:
    """Import the function that `arguments` names as ``module:function``."""
    module, _, function = name.partition(":")
    # The builtin instead of importlib, which would add a millisecond to every `keystead status`.
    found = __import__(f"keystead_client.commands.{module}", fromlist=[function])
    command: Callable[[Any, Context, Output], int] = getattr(found, function)
    return command


def _keystead_error() -> type[KeysteadError]:
    # An `except` expression is evaluated only when something was raised. Importing the errors
    # costs a bare `keystead status` as much as everything else that it does.
    from keystead.errors import KeysteadError

    return KeysteadError
