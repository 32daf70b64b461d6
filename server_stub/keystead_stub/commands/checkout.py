"""`keystead-stub checkout on|off|show`: turn checkouts on or off.

It requests this from the running stub (with the operator's token if its Stripe is real), or writes
to the database if no stub is running. The switch applies from the next request on, in all processes
over the database, and after a restart.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping

from keystead.errors import InvalidInput
from keystead_stub.commands.database import opened
from keystead_stub.commands.exposures import control_headers
from keystead_stub.commands.remote import ask
from keystead_stub.controls.operator import CHECKOUT_SWITCH
from keystead_stub.store import switches
from keystead_stub.store.engine import file_path, to_url

TOKEN = "NYRA_LICENSE_API_TOKEN"


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Turn the switch, and print its position. Raises KeysteadError."""
    wanted = {"on": True, "off": False}.get(arguments.position)
    if arguments.database is not None:
        enabled = _in_database(to_url(arguments.database), wanted)
    else:
        enabled = _at_stub(arguments.url, wanted, environ)
    if arguments.json:
        print(json.dumps({"enabled": enabled}))
    else:
        print(f"Checkout is {'on' if enabled else 'off'}.")
    return 0


def operator_headers(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of an operator at a stub: its token, and the control token."""
    token = environ.get(TOKEN)
    return control_headers(environ) | ({"Authorization": f"Bearer {token}"} if token else {})


def _at_stub(url: str, wanted: bool | None, environ: Mapping[str, str]) -> bool:
    body = None if wanted is None else {"enabled": wanted}
    method = "GET" if wanted is None else "PUT"
    return bool(ask(url, method, CHECKOUT_SWITCH, body, operator_headers(environ))["enabled"])


def _in_database(url: str, wanted: bool | None) -> bool:
    file = file_path(url)
    # SQLite would create the file, and the switch would be turned where nobody reads it.
    if file is not None and not file.exists():
        raise InvalidInput("The database does not exist.", code="invalid_database")
    with opened(url) as store:
        if wanted is not None:
            now_ms = time.time_ns() // 1_000_000
            switches.set_on(store, switches.CHECKOUT, on=wanted, now_ms=now_ms)
        with store.read() as connection:
            return switches.is_on(connection, switches.CHECKOUT)
