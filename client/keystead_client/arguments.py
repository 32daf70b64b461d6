"""The command line of ``keystead`` (specification §11.4): its commands and their flags.

Each command names its function as ``module:function`` under `keystead_client.commands`, so that
only the module of the chosen command is loaded.
"""

from __future__ import annotations

import argparse
import re
from typing import Any

from keystead_client.terminal_messages import COMMAND_NAME

_EXIT_CODES = """\
exit codes:
  0 usable  1 an error  2 usage  3 not activated  4 in grace (with --strict)
  5 expired or not entitled  6 daemon unreachable  7 backend unreachable
"""


class _Version(argparse.Action):
    def __init__(self, option_strings: list[str], dest: str) -> None:
        super().__init__(
            option_strings,
            dest,
            nargs=0,
            default=argparse.SUPPRESS,
            help="show the version and exit",
        )

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        # Imported here: only this flag needs it, and every command pays for this module's imports.
        from importlib.metadata import version

        print(f"keystead {version('keystead')}")
        parser.exit()


#: A device's id, or the beginning of one, that starts with a hyphen as base64url may: no flag of
#: these commands has one hyphen but `-h`.
_DEVICE_ID = re.compile(r"-(?!-|h$)[\w-]+|-[\w-]{42}")


class _Parser(argparse.ArgumentParser):
    """A parser that takes a device's id for a value, not for an unknown flag."""

    def _parse_optional(self, arg_string: str) -> Any:
        # The only place where argparse tells flags from values; null stands for a value.
        if _DEVICE_ID.fullmatch(arg_string):
            return None
        return super()._parse_optional(arg_string)


def parse(argv: list[str]) -> argparse.Namespace:
    """Parse the arguments; ``run`` names the command's function.

    Raises SystemExit with code 2 for wrong usage, 0 after help or version.
    """
    return argument_parser().parse_args(argv)


def argument_parser(prog: str = COMMAND_NAME) -> argparse.ArgumentParser:
    """Return the parser of a command line that is called ``prog``."""
    parser: argparse.ArgumentParser = _Parser(
        prog=prog,
        description="Pay for, activate and look after a program on this device.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # An abbreviation that works today would become ambiguous with the next flag.
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version)
    parser.set_defaults(json=False)
    _add_places(parser, default=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_own, _add_account, _add_offline, _add_support):
        add(commands)
    return parser


# Subcommands have no defaults: a default would overwrite a value that was given before the command.


def _add_json(command: argparse.ArgumentParser, help: str) -> None:  # noqa: A002 - as argparse has it
    command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=help)


def _add_places(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--profile", metavar="FILE", default=default, help="the vendor's profile, keystead.toml"
    )
    parser.add_argument(
        "--home", metavar="DIR", default=default, help="keep this user's files under DIR"
    )


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: str,
    help: str,  # noqa: A002 - argparse's own word
    *,
    json: bool = True,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
    command.set_defaults(run=run)
    _add_places(command, argparse.SUPPRESS)
    if json:
        _add_json(command, "one JSON object on stdout")
    return command


def _add_own(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    status = _command(commands, "status", "status:status", "may this device work, until when")
    status.add_argument("--strict", action="store_true", help="exit with 4 while in grace")
    activate = _command(commands, "activate", "activate:activate", "pay in the browser, then work")
    activate.add_argument("--plan", metavar="PLAN", help="a plan that `plans` lists")
    activate.add_argument("--seats", metavar="N", type=_seats, help="for how many people")
    activate.add_argument(
        "--modules", metavar="NAMES", type=_names, default=(), help="which modules, with commas"
    )
    activate.add_argument(
        "--period",
        metavar="PERIOD",
        type=_period,
        help="how often to pay: month or year; as-you-go or once where that is offered",
    )
    activate.add_argument(
        "--session", metavar="ID", help="wait for what the vendor asked you to pay, by its id"
    )
    activate.add_argument("--email", metavar="ADDRESS", help="to fill in on the payment page")
    _add_no_browser(activate)
    restore = _command(
        commands, "restore", "restore:restore", "you paid already: get a link by mail, then work"
    )
    restore.add_argument(
        "email",
        metavar="ADDRESS",
        nargs="?",
        default="-",
        help="the address that you paid with; without it, it is read from stdin, because other"
        " users can see the arguments of a running command",
    )
    restore.add_argument("--no-wait", action="store_true", help="ask for the mail and return")
    _command(commands, "refresh", "refresh:refresh", "ask the billing service now")
    deactivate = _command(
        commands, "deactivate", "refresh:deactivate", "give this device's place free"
    )
    deactivate.add_argument("--yes", action="store_true", help="do not ask first")


def _add_account(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    portal = _command(commands, "portal", "portal:portal", "manage billing in the browser")
    portal.add_argument(
        "--flow",
        metavar="PAGE",
        help="the page to land on: payment_method_update, subscription_cancel or invoices",
    )
    _add_no_browser(portal)
    devices = _command(commands, "devices", "devices:list_devices", "the devices of the account")
    actions = devices.add_subparsers(title="actions", metavar="ACTION")
    remove = _command(actions, "remove", "devices:remove_device", "let one of the devices go")
    remove.add_argument("device", metavar="ID", help="the id, or enough of its beginning")
    signin = _command(
        commands, "signin", "session:sign_in", "sign in at the billing service, in the browser"
    )
    _add_no_browser(signin)
    _command(commands, "signout", "session:sign_out", "end that on this device")
    _command(commands, "plans", "plans:list_plans", "what can be bought")
    invoices = _command(commands, "invoices", "invoices:list_invoices", "what was billed")
    actions = invoices.add_subparsers(title="actions", metavar="ACTION")
    pay = _command(actions, "pay", "invoices:pay_invoice", "pay an open one in the browser")
    pay.add_argument(
        "invoice", metavar="INVOICE", nargs="?", help="its number or id; the oldest if not given"
    )
    _add_no_browser(pay)


def _add_offline(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    load = _command(
        commands,
        "import",
        "offline_activation:import_license",
        "activate by a license file or a typed code",
    )
    load.add_argument(
        "file", metavar="FILE", help="the license file or activation code, or - for stdin"
    )
    request = _command(
        commands,
        "request",
        "offline_activation:write_request",
        "write a file that asks for a license file",
    )
    request.add_argument(
        "file", metavar="FILE", nargs="?", help="where to write it, or - for stdout"
    )
    request.add_argument(
        "--qr", action="store_true", help="show it as a QR code that a phone can follow"
    )
    inspect = _command(
        commands, "inspect", "inspect:inspect", "verify signed documents, one a line", json=False
    )
    inspect.add_argument("file", metavar="FILE", nargs="?", default="-", help="- is stdin")
    inspect.add_argument("--keys", metavar="KEYS", required=True, help="JWK Set of public keys")
    inspect.add_argument(
        "--at", metavar="TIME", help="an RFC 3339 instant, or epoch milliseconds; now if not given"
    )
    inspect.add_argument("--device", metavar="JKT", help="the device's key thumbprint")
    _add_json(inspect, "one JSON object a document")


def _add_support(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _command(commands, "doctor", "doctor:doctor", "find out why it does not work")
    bundle = _command(
        commands, "diagnostics", "diagnostics:diagnostics", "save what support needs, no secrets"
    )
    bundle.add_argument("file", metavar="FILE.zip", help="where to write it")
    demo = _command(commands, "demo", "demo:demo", "the whole story on this machine", json=False)
    demo.add_argument("--api", metavar="API", default="nyra", help="the billing API to speak")
    demo.add_argument("--keep", action="store_true", help="leave the files and logs behind")
    demo.add_argument("--no-window", action="store_true", help="tell it in the terminal only")


def _add_no_browser(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-browser", action="store_true", help="print the link and open nothing"
    )


def _seats(text: str) -> int:
    # int() alone also accepts signs, spaces, underscores, and digits of other scripts.
    seats = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not 1 <= seats <= 1000:
        raise argparse.ArgumentTypeError("a whole number from 1 to 1000")
    return seats


#: The words for each billing period of the wire.
_PERIODS = {
    "month": "monthly",
    "monthly": "monthly",
    "year": "yearly",
    "yearly": "yearly",
    "as-you-go": "pay_as_you_go",
    "once": "once",
}


def _period(text: str) -> str:
    period = _PERIODS.get(text)
    if period is None:
        raise argparse.ArgumentTypeError("month, year, as-you-go or once")
    return period


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in text.split(","))))
