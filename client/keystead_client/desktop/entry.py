"""The command ``keystead-desktop``: parse its arguments, and say why the window cannot open."""

from __future__ import annotations

import builtins
import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from keystead.bootstrap import launcher_name
from keystead.product_names import COMMAND, WINDOW

_NO_SCREEN = (
    f"there is no screen to open a window on; `{launcher_name(COMMAND)} status` works without"
)
if TYPE_CHECKING:
    import argparse

_VERSION_HELP = "show the version and end"
_HELP = "the vendor's profile, keystead.toml"


def main(argv: list[str] | None = None) -> int:
    """Open the window and return its exit code when it is closed."""
    if find_spec("PySide6") is None:
        return _fail('the window needs: pip install "keystead[client]"')
    options = _parse(sys.argv[1:] if argv is None else argv)
    if options.links is not None:
        return _announce(options, options.links)
    if not _has_screen():
        return _fail(_NO_SCREEN)
    try:
        _load_qt()
        from keystead_client.desktop.app import run
    except ImportError as error:
        # Qt is installed, but a system library that it needs is not; the loader's message names it.
        return _fail(f"the window cannot be loaded: {error.msg}")
    code = run(options.link, options.profile, options.home, os.environ, minimized=options.minimized)
    return _fail(_NO_SCREEN) if code is None else code


def _load_qt() -> None:
    """Load Qt without PySide6's import hook.

    The hook reads and keeps the source of each module that is imported later, in case it asks for a
    ``__feature__`` of PySide6. No module of Keystead does.
    """
    # Measured: 5 MB less memory with every page shown.
    importing = builtins.__import__
    import PySide6.QtCore  # noqa: F401

    builtins.__import__ = importing


class _Options:
    link: str | None = None
    profile: str | None = None
    home: str | None = None
    minimized: bool = False
    links: str | None = None


def _parse(arguments: list[str]) -> _Options:
    return argument_parser().parse_args(arguments, namespace=_Options())


def argument_parser(prog: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of a window's command that is called ``prog``."""
    import argparse

    from keystead import __version__ as version

    parser = argparse.ArgumentParser(
        prog=prog or launcher_name(WINDOW),
        description="See what is activated on this device, pay, and look after it.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"{parser.prog} {version}", help=_VERSION_HELP
    )
    parser.add_argument("link", nargs="?", metavar="keystead://…", help="a link from the browser")
    parser.add_argument("--profile", metavar="FILE", help=_HELP)
    parser.add_argument("--home", metavar="DIR", help="keep this user's files under DIR")
    parser.add_argument(
        "--minimized", action="store_true", help="out of the way, as at login; if open, nothing"
    )
    announcing = parser.add_mutually_exclusive_group()
    for name, does in (
        ("register", "open the product's links with this program, for this user, and end"),
        ("unregister", "take that back, and end"),
    ):
        announcing.add_argument(
            f"--{name}-links", dest="links", action="store_const", const=name, help=does
        )
    return parser


def _announce(options: _Options, what: str) -> int:
    from pathlib import Path

    from keystead.errors import KeysteadError
    from keystead_client import presentation
    from keystead_client.context import Context
    from keystead_client.link_handler import link_handler
    from keystead_client.window_command import window_command

    context = Context(options.profile, options.home, os.environ)
    try:
        registered = what == "register"
        command = window_command(context) if registered else ()
        handler = link_handler(command, context.product_id, os.environ, Path.home())
        (handler.register if registered else handler.unregister)()
    except KeysteadError as error:
        message = presentation.error_text(error)
        return _fail(f"{message.sentence} {message.remedy or ''}".strip().rstrip("."))
    return 0


def _has_screen() -> bool:
    # Without a screen Qt would abort the process with a core dump.
    if sys.platform in ("win32", "darwin") or "QT_QPA_PLATFORM" in os.environ:
        return True
    from keystead.screen import has_screen

    return has_screen(os.environ)


def _fail(why: str) -> int:
    print(f"{launcher_name(WINDOW)}: {why}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
