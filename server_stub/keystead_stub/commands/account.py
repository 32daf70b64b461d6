"""`keystead-stub account ACCOUNT_ID`: show or change what the operator knows of an account.

That is its parent, and whether a price of 0 gives a license there. It is asked of the running stub
(with the operator's token if its Stripe is real), or written to the database.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from keystead.errors import InvalidInput
from keystead_stub.billing_apis.dashclicks.merchants import account_parents
from keystead_stub.billing_apis.dashclicks.merchants.account_parents import AccountChange
from keystead_stub.commands.checkout import operator_headers
from keystead_stub.commands.database import opened
from keystead_stub.commands.remote import ask
from keystead_stub.controls.account_records import ACCOUNT_RECORDS, shown
from keystead_stub.store.engine import file_path, to_url


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Change what is given, and print the account's record. Raises KeysteadError."""
    changes: dict[str, Any] = {}
    if arguments.parent is not None or arguments.no_parent:
        changes["parentAccountId"] = arguments.parent
    if arguments.free_licenses is not None:
        changes["freeLicenses"] = arguments.free_licenses == "on"
    if arguments.database is not None:
        record = _in_database(to_url(arguments.database), arguments.account_id, changes)
    else:
        record = _at_stub(arguments.url, arguments.account_id, changes, environ)
    if arguments.json:
        print(json.dumps(record))
        return 0
    print(f"Account: {record['accountId']}")
    print(f"Parent account: {record['parentAccountId'] or 'none'}")
    print(f"Licenses for a price of 0: {'allowed' if record['freeLicenses'] else 'not allowed'}")
    return 0


def _at_stub(
    url: str, account_id: str, changes: dict[str, Any], environ: Mapping[str, str]
) -> dict[str, Any]:
    path = f"{ACCOUNT_RECORDS}/{quote(account_id, safe='')}"
    found: dict[str, Any] = ask(url, "PATCH", path, changes, operator_headers(environ))
    return found


def _in_database(url: str, account_id: str, changes: dict[str, Any]) -> dict[str, Any]:
    file = file_path(url)
    # SQLite would create the file, and nobody would read what is written there.
    if file is not None and not file.exists():
        raise InvalidInput("The database does not exist.", code="invalid_database")
    change = msgspec.convert(changes, AccountChange)
    with opened(url) as store:
        now_ms = time.time_ns() // 1_000_000
        return shown(account_parents.change(store, account_id, change, now_ms))
