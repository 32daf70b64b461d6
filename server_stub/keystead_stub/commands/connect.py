"""`keystead-stub connect ACCOUNT_ID`: an account of `dashclicks` sells on its own Stripe account.

The account's secret key comes from standard input or from a file: on the command line everybody on
the machine could read it. Stripe is asked whose key it is before it is kept, under seal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Mapping
from getpass import getpass
from pathlib import Path

from keystead.errors import InvalidInput
from keystead_stub.billing_apis.dashclicks.merchants import connections
from keystead_stub.commands import generated_secrets
from keystead_stub.commands.database import opened
from keystead_stub.ops import config_file, production_values
from keystead_stub.settings import Settings, is_placeholder
from keystead_stub.store import merchants
from keystead_stub.store.engine import file_path, to_url
from keystead_stub.stripe_port.live import account_id_of
from keystead_stub.stripe_types.account_settings import Mode
from keystead_stub.stripe_types.errors import StripeError

_LONGEST = 500
_KEY = re.compile(r"[sr]k_(?P<mode>test|live)_[A-Za-z0-9_-]+")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Check the key, keep it, and print where the account sells now. Raises KeysteadError."""
    account_id = _checked_name(arguments.account_id)
    config = config_file.load(arguments.config, environ)
    database = _database(
        arguments.database or environ.get(production_values.DATABASE) or config.database or ""
    )
    settings = Settings.load(config.under(environ), url="", make=generated_secrets.maker(database))
    key = checked_key(_read(arguments.key_file), settings.mode)
    if key == settings.stripe_secret_key:
        raise InvalidInput("This is the key of the platform itself.", code="invalid_key")
    stripe_account_id = _whose(key, settings.stripe_api_url or None)
    _keep(database, settings.license_signing_secret, account_id, stripe_account_id, key)
    if arguments.json:
        print(json.dumps({"accountId": account_id, "stripeAccountId": stripe_account_id}))
    else:
        print(f"{account_id} sells on {stripe_account_id}.")
    return 0


def checked_key(key: str, mode: Mode) -> str:
    """The key, if it is one that can act at the Stripe of this mode.

    Raises InvalidInput (``invalid_key``, ``stripe_simulated``), which never quotes it.
    """
    if mode == "simulated":
        raise InvalidInput(
            "Stripe is simulated: there an account is connected when somebody signs in.",
            code="stripe_simulated",
            remedy="Set STRIPE_SECRET_KEY to the platform's own key, as for `serve`.",
        )
    found = _KEY.fullmatch(key)
    if found is None or is_placeholder(key) or len(key) > _LONGEST:
        raise InvalidInput("This is no secret key of Stripe.", code="invalid_key")
    if found["mode"] != mode:
        raise InvalidInput(
            f"This key is of Stripe's {found['mode']} mode, and the platform's is of {mode} mode.",
            code="invalid_key",
        )
    return key


def _checked_name(account_id: str) -> str:
    # What a session can name (`keystead_stub.auth.sessions`).
    if not 0 < len(account_id) <= 200 or not account_id.isprintable():
        raise InvalidInput("This is no name of an account.", code="invalid_account")
    return account_id


def _database(named: str) -> str:
    url = to_url(named) if named else "sqlite://"
    file = file_path(url)
    if url.startswith("sqlite") and (file is None or not file.exists()):
        raise InvalidInput(
            "There is no such database.",
            code="invalid_database",
            remedy="Name the one that is served: --database, or in the config file.",
        )
    return url


def _read(key_file: str | None) -> str:
    try:
        if key_file is not None:
            return Path(key_file).read_text("utf-8")[: _LONGEST + 2].strip()
        if sys.stdin.isatty():
            return getpass("Secret key: ").strip()
        return sys.stdin.read(_LONGEST + 2).strip()
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("The key could not be read.", code="invalid_key") from None


def _whose(key: str, api_url: str | None) -> str:
    try:
        return asyncio.run(account_id_of(key, api_url=api_url))
    except StripeError as refused:
        raise InvalidInput(
            f"Stripe does not answer for this key ({refused.code}).", code="invalid_key"
        ) from None


def _keep(database: str, secret: str, account_id: str, stripe_account_id: str, key: str) -> None:
    with opened(database) as store:
        with store.read() as connection:
            holder = merchants.find_by_stripe_account(connection, stripe_account_id)
        kept = connections.connect(
            store,
            secret,
            account_id,
            stripe_account_id=stripe_account_id,
            key=key,
            now_ms=time.time_ns() // 1_000_000,
        )
    if not kept:
        whose = holder.account_id if holder else "Somebody else"
        raise InvalidInput(f"{whose} sells on {stripe_account_id} already.", code="conflict")
