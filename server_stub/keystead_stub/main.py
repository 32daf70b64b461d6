"""The command line of `keystead-stub` (specification §12.1); `commands` has one module each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from keystead import __version__
from keystead.errors import KeysteadError
from keystead_stub.billing.vendor import vendor_files
from keystead_stub.billing_apis import REGISTRY
from keystead_stub.commands import (
    account,
    checklist,
    checkout,
    config,
    conformance,
    connect,
    exposures,
    keys,
    manifest,
    preflight,
    remote,
    serve,
)
from keystead_stub.ops import config_file, production_values
from keystead_stub.settings import CALLER_SECRETS, PURPOSES, VARS


def _lines(names: Sequence[str]) -> str:
    return "\n  ".join(names)


def _described(name: str) -> str:
    return f"{name}  {PURPOSES.get(name, '')}".rstrip()


DEFAULT_PORT = 8787
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"


SERVE_NOTES = f"""\
Each value is read from its flag, then the environment, then the config file. Unset values are
generated for this run, and their names are printed.

secrets, read only from the environment (STRIPE_API_KEY is another name for STRIPE_SECRET_KEY):
  {_lines(production_values.SECRET_NAMES)}
secrets that authenticate callers of the other billing APIs, read only from the environment:
  {_lines(list(CALLER_SECRETS))}
values, read from the environment or from the [{config_file.TABLE}] table of the config file
(`keystead-stub config sync` writes them):
  {_lines(production_values.NAMES)}
values, read only from the environment:
  {_lines([_described(name) for name in VARS if name not in production_values.NAMES])}
"""


def run(argv: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    arguments = argument_parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments, os.environ)
    # Only expected errors: anything else is a bug and keeps its traceback.
    except KeysteadError as error:
        print(f"keystead-stub: {error.sentence}", file=sys.stderr)
        if error.remedy:
            print(error.remedy, file=sys.stderr)
        return 2 if error.code in vendor_files.CODES else 1
    return code


def argument_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="keystead-stub",
        description="Simulated billing backend and Stripe, for development and tests.",
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"keystead-stub {__version__}",
        help="show the version",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_remote(commands)
    _add_checkout(commands)
    _add_connect(commands)
    _add_account(commands)
    _add_config(commands)
    _add_preflight(commands)
    _add_manifest(commands)
    _add_checklist(commands)
    conformance.add_parser(commands)
    keys.add_parser(commands)
    return parser


def _add_serve(commands: Any) -> None:
    command = commands.add_parser(
        "serve",
        help="start the stub and run until stopped",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=SERVE_NOTES,
    )
    command.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (default: %(default)s); one that is not loopback needs "
        f"--public-url, or with a simulated Stripe {exposures.CONTROL_TOKEN}",
    )
    command.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="port to listen on; 0 selects a free port (default: %(default)s)",
    )
    _add_proxy_options(command)
    command.add_argument(
        "--database",
        help="SQLAlchemy URL or SQLite file "
        f"(default: {production_values.DATABASE}, or in memory if unset)",
    )
    _add_config_option(command)
    command.add_argument(
        "--api",
        choices=sorted(REGISTRY),
        help="billing API to serve at the root "
        f"(default: the profile's, or {vendor_files.DEFAULT_API} without a profile)",
    )
    _add_vendor_options(command)
    command.add_argument(
        "--backup-taken",
        action="store_true",
        help="confirm that the PostgreSQL database is backed up; allows migrations that drop data",
    )
    command.add_argument(
        "--json", action="store_true", help="print the URL and file paths as one line of JSON"
    )
    command.set_defaults(run=serve.run)


def _add_proxy_options(command: Any) -> None:
    command.add_argument(
        "--public-url",
        metavar="URL",
        help="address that clients use, where a proxy stands before this backend "
        f"(default: {exposures.PUBLIC_URL}, or the address that it listens on)",
    )
    command.add_argument(
        "--trusted-proxies",
        metavar="CIDR,...",
        help="networks of proxies whose X-Forwarded-For counts for rate limits "
        f"(default: {exposures.TRUSTED_PROXIES}, or none)",
    )
    command.add_argument(
        "--drain-delay",
        type=_seconds,
        default=0,
        metavar="SECONDS",
        help="how long to accept connections after SIGTERM, while /health/ready says 503 "
        "(default: %(default)s)",
    )
    command.add_argument(
        "--drain-limit",
        type=_seconds,
        default=30,
        metavar="SECONDS",
        help="how long running requests may take to finish after that (default: %(default)s)",
    )


def _add_vendor_options(command: Any) -> None:
    command.add_argument(
        "--profile",
        metavar="FILE",
        help="the profile that you ship, keystead.toml; its backend and keys are replaced "
        "(default: the example product)",
    )
    command.add_argument(
        "--catalogue",
        metavar="FILE",
        help="what you sell: currency, plans, prices and terms (default: the example product's)",
    )


def _add_remote(commands: Any) -> None:
    for name, text in remote.COMMANDS.items():
        command = commands.add_parser(name, help=text)
        _add_url(command)
        remote.ARGUMENTS[name](command)
        command.set_defaults(run=remote.run, command=name)


def _add_url(command: Any) -> None:
    command.add_argument(
        "--url",
        default=os.environ.get("KEYSTEAD_STUB_URL", DEFAULT_URL),
        help="URL of the running stub (default: KEYSTEAD_STUB_URL if set, or " + DEFAULT_URL + ")",
    )


def _add_checkout(commands: Any) -> None:
    command = commands.add_parser(
        "checkout",
        help="turn checkouts on or off; turning them off is the first step of a rollback",
    )
    command.add_argument("position", choices=("on", "off", "show"))
    way = command.add_mutually_exclusive_group()
    _add_url(way)
    way.add_argument(
        "--database",
        help="database to write to if no stub is running (SQLAlchemy URL or SQLite file)",
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.epilog = (
        f"With a real Stripe account, set the operator's token in the environment variable "
        f"{checkout.TOKEN}."
    )
    command.set_defaults(run=checkout.run)


def _add_connect(commands: Any) -> None:
    command = commands.add_parser(
        "connect",
        help="connect a dashclicks account to its own Stripe account",
        description="The secret key is read from standard input, or from --key-file.",
    )
    command.add_argument(
        "account_id", metavar="ACCOUNT_ID", help="ID of the account, as in its sessions"
    )
    command.add_argument("--key-file", metavar="FILE", help="file that contains only the key")
    command.add_argument("--database", help="the stub's database (SQLAlchemy URL or SQLite file)")
    _add_config_option(command)
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run=connect.run)


def _add_account(commands: Any) -> None:
    command = commands.add_parser(
        "account", help="show or change a dashclicks account's parent and permissions"
    )
    command.add_argument(
        "account_id", metavar="ACCOUNT_ID", help="ID of the account, as in its sessions"
    )
    parent = command.add_mutually_exclusive_group()
    parent.add_argument("--parent", metavar="ACCOUNT_ID", help="the account that owns it")
    parent.add_argument("--no-parent", action="store_true", help="make it an account of its own")
    command.add_argument(
        "--free-licenses",
        choices=("on", "off"),
        help="whether a price of 0 gives a license there (default: off)",
    )
    way = command.add_mutually_exclusive_group()
    _add_url(way)
    way.add_argument(
        "--database",
        help="database to write to if no stub is running (SQLAlchemy URL or SQLite file)",
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run=account.run)


def _add_config_option(command: Any) -> None:
    command.add_argument(
        "--config",
        metavar="FILE",
        help=f"config file with non-secret values (default: {config_file.VARIABLE}, or "
        f"{config_file.NAME} in the user's configuration folder)",
    )


def _add_config(commands: Any) -> None:
    actions = commands.add_parser("config", help="manage the config file").add_subparsers(
        required=True, metavar="ACTION"
    )
    command = actions.add_parser(
        "sync",
        help="write the answers of a form to the config file",
        description="Write answers from a TOML file to the config file. Allowed names: "
        + ", ".join(production_values.NAMES)
        + ". Secrets are rejected.",
    )
    command.add_argument("answers", metavar="ANSWERS.toml")
    _add_config_option(command)
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run=config.sync)


def _add_preflight(commands: Any) -> None:
    command = commands.add_parser(
        "preflight", help="check whether this configuration is ready to take payments"
    )
    command.add_argument("--mode", choices=("test", "live"), required=True)
    _add_config_option(command)
    command.add_argument(
        "--allow-blocked", action="store_true", help="exit with status 0 even if a check fails"
    )
    command.add_argument(
        "--url",
        help="public URL of the backend, where Stripe sends its webhooks "
        f"(default: {exposures.PUBLIC_URL}, or public_url in the config file)",
    )
    command.add_argument(
        "--profile",
        metavar="FILE",
        help="the profile that you ship, to check that programs take what this backend signs",
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run=preflight.run)


def _add_manifest(commands: Any) -> None:
    command = commands.add_parser(
        "manifest", help="print the deployment manifest as JSON, with the live blockers that stand"
    )
    _add_config_option(command)
    command.set_defaults(run=manifest.run)


def _add_checklist(commands: Any) -> None:
    command = commands.add_parser(
        "checklist",
        help="go through the deployment checklist, and run each step that can be run",
        description="Verify a running backend by a whole purchase without real money. For a "
        "backend in Stripe's test mode, the environment needs its STRIPE_SECRET_KEY and "
        "STRIPE_WEBHOOK_SECRET. In live mode nothing is bought.",
    )
    _add_url(command)
    _add_config_option(command)
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run=checklist.run)


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) > 3600:
        raise argparse.ArgumentTypeError("use whole seconds, at most 3600")
    return int(text)


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("use a port number from 0 to 65535")
    return port
