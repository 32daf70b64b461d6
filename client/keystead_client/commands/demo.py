"""``keystead demo``: the whole story on this machine, checked as it is told."""

from __future__ import annotations

from argparse import Namespace

from keystead.errors import KeysteadError
from keystead_client import exit_codes
from keystead_client.browser import has_screen
from keystead_client.context import Context
from keystead_client.demo.stage import Stage, open_window, stage
from keystead_client.demo.story import tell
from keystead_client.demo.telling import Telling
from keystead_client.output import Output


def demo(args: Namespace, context: Context, out: Output) -> int:
    """0 if everything in the story held, 1 if anything did not."""
    telling = Telling(out)
    out.say(out.styled("Keystead, rehearsed on this machine", "bold"))
    out.say("No account, no money, no network: a stub, a daemon, and clocks that can be turned.")
    out.say(
        "Keys are kept in a file for it, so that no keyring is touched (KEYSTEAD_SECRETS=file)."
    )
    with stage(args.api, context.environ, keep=args.keep) as on:
        window = None
        if not args.no_window and has_screen(context.environ):
            window = open_window(on)
        try:
            _tell(on, telling)
            telling.end()
            if window is not None:
                out.say("The window is yours now: activate again, look around. Close it to end.")
                window.wait()
        finally:
            if window is not None and window.poll() is None:
                window.terminate()
                window.wait()
        if args.keep:
            out.say(f"Kept: {on.folder}")
    return exit_codes.ERROR if telling.failed else exit_codes.USABLE


def _tell(on: Stage, telling: Telling) -> None:
    try:
        tell(on, telling)
    except KeysteadError as error:
        telling.tick("The story went on", False, f"{error.sentence} ({error.code})")
