"""``keystead demo``: the whole life of a license on this machine, with a check at each step."""

from __future__ import annotations

import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from keystead.errors import KeysteadError
from keystead.screen import has_screen
from keystead_client import exit_codes
from keystead_client.context import Context
from keystead_client.demo.clock import follow_clock
from keystead_client.demo.environment import DemoEnvironment, demo_environment, open_window
from keystead_client.demo.output import DemoOutput
from keystead_client.demo.script import run_script
from keystead_client.output import Output
from keystead_client.presentation import error_text

#: Seconds between chapters if a person may be looking at the window.
_PAUSE_S = 2.0
_TERMINATED = 128 + signal.SIGTERM


def demo(args: Namespace, context: Context, out: Output) -> int:
    """Return 0 if every check held, 1 otherwise."""
    # End like Ctrl-C, so that the processes that were started are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    out.note(out.styled("Keystead, rehearsed on this machine", "bold"))
    out.note("No account, no money, no network: a stub, a daemon, and clocks that can be turned.")
    out.note(
        "Keys are kept in a file for it, so that no keyring is touched (KEYSTEAD_SECRETS=file)."
    )
    wanted = not args.no_window and has_screen(context.environ)
    with (
        demo_environment(args.api, context.environ, keep=args.keep) as environment,
        _window(environment, wanted) as window,
    ):
        output = DemoOutput(out, pause_s=_PAUSE_S if window else 0)
        _run_script(environment, output)
        if window is not None:
            _leave_to_the_person(environment, window, out)
        if args.keep:
            out.note(f"Kept: {environment.folder}")
    return exit_codes.ERROR if output.failed else exit_codes.USABLE


def _run_script(environment: DemoEnvironment, output: DemoOutput) -> None:
    try:
        run_script(environment, output)
    except KeysteadError as error:
        output.check("The story went on", False, f"{error_text(error).sentence} ({error.code})")
    output.end()


def _leave_to_the_person(
    environment: DemoEnvironment, window: subprocess.Popen[bytes], out: Output
) -> None:
    if window.poll() is None:
        out.note("The window is yours now: activate again, look around. Close it to end.")
        out.note(f"Travel in time at {environment.backend.url}/_stub/ and the window follows.")
    if follow_clock(environment, window):
        out.note("The window could not be shown; with --keep its log stays behind.")


@contextmanager
def _window(environment: DemoEnvironment, wanted: bool) -> Iterator[subprocess.Popen[bytes] | None]:
    window = open_window(environment) if wanted else None
    try:
        yield window
    finally:
        if window is not None and window.poll() is None:
            window.terminate()
            window.wait()
