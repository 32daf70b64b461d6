"""`keystead-stub connect ACCOUNT_ID`: connect a `dashclicks` account to its own Stripe account.

The secret key is read from standard input or from a file, because every user of the machine can
read command lines. Stripe is asked for the key's account before the key is stored encrypted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from getpass import getpass
from pathlib import Path

from keystead.errors import InvalidInput
from keystead_stub.billing_apis.dashclicks.merchants import connections
from keystead_stub.commands import generated_secrets
from keystead_stub.commands.database import opened
from keystead_stub.ops import config_file, production_values
from keystead_stub.settings import Settings, is_placeholder
from keystead_stub.store import merchants
from keystead_stub.store.account_ids import is_name
from keystead_stub.store.engine import file_path, to_url
from keystead_stub.stripe_port.live import account_id_of
from keystead_stub.stripe_types.account_settings import Mode
from keystead_stub.stripe_types.errors import StripeError

_LONGEST = 500
_KEY = re.compile(r"[sr]k_(?P<mode>test|live)_[A-Za-z0-9_-]+")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Check and store the key, and print the connected Stripe account. Raises KeysteadError."""
    account_id = _checked_name(arguments.account_id)
    config = config_file.load(arguments.config, environ)
    database = _database(
        arguments.database or environ.get(production_values.DATABASE) or config.database or ""
    )
    settings = Settings.load(
        config.under(environ), url="", random=generated_secrets.byte_source(database)
    )
    key = checked_key(_read(arguments.key_file), settings.mode)
    # With it the account could see and charge the platform's customers.
    if key == settings.stripe_secret_key:
        raise InvalidInput("This is the platform's own key.", code="invalid_key")
    stripe_account_id = _stripe_account_of(key, settings.stripe_api_url or None)
    _store_key(database, settings.signing_secrets, account_id, stripe_account_id, key)
    if arguments.json:
        print(json.dumps({"accountId": account_id, "stripeAccountId": stripe_account_id}))
    else:
        print(f"{account_id} is connected to {stripe_account_id}.")
    return 0


def checked_key(key: str, mode: Mode) -> str:
    """Return the key if it fits Stripe's mode.

    Raises InvalidInput (``invalid_key``, ``stripe_simulated``), which never quotes the key.
    """
    if mode == "simulated":
        raise InvalidInput(
            "Stripe is simulated, so an account is connected automatically when it signs in.",
            code="stripe_simulated",
            remedy="Set STRIPE_SECRET_KEY to the platform's key, as for `serve`.",
        )
    found = _KEY.fullmatch(key)
    if found is None or is_placeholder(key) or len(key) > _LONGEST:
        raise InvalidInput("This is not a Stripe secret key.", code="invalid_key")
    if found["mode"] != mode:
        raise InvalidInput(
            f"This is a {found['mode']} mode key, but the platform's key is a {mode} mode key.",
            code="invalid_key",
        )
    return key


def _checked_name(account_id: str) -> str:
    if not is_name(account_id):
        raise InvalidInput("Invalid account id.", code="invalid_account")
    return account_id


def _database(named: str) -> str:
    url = to_url(named) if named else "sqlite://"
    file = file_path(url)
    if url.startswith("sqlite") and (file is None or not file.exists()):
        raise InvalidInput(
            "The database does not exist.",
            code="invalid_database",
            remedy="Set the stub's database with --database or in the config file.",
        )
    return url


def _read(key_file: str | None) -> str:
    try:
        if key_file is not None:
            # Two characters more, for a line ending: what is longer is refused and not cut off.
            return Path(key_file).read_text("utf-8")[: _LONGEST + 2].strip()
        if sys.stdin.isatty():
            return getpass("Secret key: ").strip()
        return sys.stdin.read(_LONGEST + 2).strip()
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("The key could not be read.", code="invalid_key") from None


def _stripe_account_of(key: str, api_url: str | None) -> str:
    try:
        return asyncio.run(account_id_of(key, api_url=api_url))
    except StripeError as error:
        raise InvalidInput(f"Stripe rejected the key ({error.code}).", code="invalid_key") from None


def _store_key(
    database: str, secrets: Sequence[str], account_id: str, stripe_account_id: str, key: str
) -> None:
    with opened(database) as store:
        with store.read() as connection:
            holder = merchants.find_by_stripe_account(connection, stripe_account_id)
            namesake = merchants.find_by_seller(connection, account_id.lower())
        if namesake is not None and namesake.account_id != account_id:
            raise InvalidInput(
                f"{namesake.account_id} is connected already, and differs in case only.",
                code="conflict",
            )
        connected = connections.connect(
            store,
            secrets,
            account_id,
            stripe_account_id=stripe_account_id,
            key=key,
            now_ms=time.time_ns() // 1_000_000,
        )
    if not connected:
        other = holder.account_id if holder else "Another account"
        raise InvalidInput(f"{other} is already connected to {stripe_account_id}.", code="conflict")
