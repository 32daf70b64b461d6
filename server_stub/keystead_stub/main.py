"""The command line of `keystead-stub` (contract §4, §9): each command is a module of `commands`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from keystead.errors import KeysteadError
from keystead_stub.billing_apis import REGISTRY
from keystead_stub.commands import checkout, config, connect, keys, preflight, remote, serve
from keystead_stub.ops import config_file, production_values
from keystead_stub.settings import CALLER_SECRETS, VARS


def _lines(names: Sequence[str]) -> str:
    return "\n  ".join(names)


DEFAULT_PORT = 8787
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"


SERVE_NOTES = f"""\
A value is taken from the flag, else from the environment, else from the config file; what nobody
set is made for this run, and said.

secrets, from the environment alone:
  {_lines(production_values.SECRET_NAMES)}
what callers of the other billing APIs are known by, from the environment alone:
  {_lines(list(CALLER_SECRETS))}
values, from the environment or the config file, table [{config_file.TABLE}]
(`keystead-stub config sync` writes them):
  {_lines(production_values.NAMES)}
and from the environment: {", ".join(name for name in VARS if name not in production_values.NAMES)}
"""


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments, os.environ)
    except KeysteadError as error:
        print(f"keystead-stub: {error.sentence}", file=sys.stderr)
        if error.remedy:
            print(error.remedy, file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keystead-stub", description="A billing backend and a Stripe to rehearse against."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_remote(commands)
    _add_checkout(commands)
    _add_connect(commands)
    _add_config(commands)
    _add_preflight(commands)
    _add_keys(commands)
    return parser


def _add_serve(commands: Any) -> None:
    command = commands.add_parser(
        "serve",
        help="answer until stopped",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=SERVE_NOTES,
    )
    command.add_argument("--host", default="127.0.0.1", help="a loopback address")
    command.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="0 takes a free one (default %(default)s)"
    )
    command.add_argument(
        "--database",
        help=f"SQLAlchemy URL or a file (default: {production_values.DATABASE}, else in memory)",
    )
    _add_config_option(command)
    command.add_argument(
        "--api", choices=sorted(REGISTRY), default="nyra", help="the billing API at the root"
    )
    command.add_argument(
        "--backup-taken",
        action="store_true",
        help="the database of the server was backed up: data may be dropped by a migration",
    )
    command.add_argument("--json", action="store_true", help="say where, as one line of JSON")
    command.set_defaults(run=serve.run)


def _add_remote(commands: Any) -> None:
    for name, text in remote.COMMANDS.items():
        command = commands.add_parser(name, help=text)
        _add_url(command)
        remote.ARGUMENTS[name](command)
        command.set_defaults(run=remote.run, command=name)


def _add_url(command: Any) -> None:
    command.add_argument(
        "--url", default=os.environ.get("KEYSTEAD_STUB_URL", DEFAULT_URL), help="the stub's"
    )


def _add_checkout(commands: Any) -> None:
    command = commands.add_parser(
        "checkout", help="switch buying off, the first step of a rollback, and on again"
    )
    command.add_argument("position", choices=("on", "off", "show"))
    way = command.add_mutually_exclusive_group()
    _add_url(way)
    way.add_argument(
        "--database", help="turn it there, where no stub answers: SQLAlchemy URL or a file"
    )
    command.add_argument("--json", action="store_true")
    command.epilog = (
        f"Where Stripe is real, the stub wants the operator's token: {checkout.TOKEN}, from the "
        "environment."
    )
    command.set_defaults(run=checkout.run)


def _add_connect(commands: Any) -> None:
    command = commands.add_parser(
        "connect",
        help="an account of dashclicks sells on a Stripe account of its own",
        description="The account's secret key comes from standard input, or from --key-file.",
    )
    command.add_argument("account_id", metavar="ACCOUNT_ID", help="as its sessions name it")
    command.add_argument("--key-file", metavar="FILE", help="a file that holds the key alone")
    command.add_argument("--database", help="the one that is served: SQLAlchemy URL or a file")
    _add_config_option(command)
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=connect.run)


def _add_config_option(command: Any) -> None:
    command.add_argument(
        "--config",
        metavar="FILE",
        help=f"values that are no secret (default: {config_file.VARIABLE}, else "
        f"{config_file.NAME} in the user's configuration)",
    )


def _add_config(commands: Any) -> None:
    actions = commands.add_parser("config", help="the values that are no secret").add_subparsers(
        required=True, metavar="ACTION"
    )
    command = actions.add_parser(
        "sync",
        help="a form's answers into the config file",
        description="Answers are TOML: "
        + ", ".join(production_values.NAMES)
        + ". A secret is refused.",
    )
    command.add_argument("answers", metavar="ANSWERS.toml")
    _add_config_option(command)
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=config.sync)


def _add_preflight(commands: Any) -> None:
    command = commands.add_parser("preflight", help="may this take money? a reason for each no")
    command.add_argument("--mode", choices=("test", "live"), required=True)
    _add_config_option(command)
    command.add_argument(
        "--allow-blocked", action="store_true", help="exit with 0 although it is a no-go"
    )
    command.add_argument(
        "--url", help="the backend's own address, where Stripe's webhooks have to arrive"
    )
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=preflight.run)


def _add_keys(commands: Any) -> None:
    command = commands.add_parser("keys", help="the public keys, as a JWK Set; or a new secret")
    command.add_argument("--new", action="store_true", help="print a new signing secret")
    command.set_defaults(run=keys.run)


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port
