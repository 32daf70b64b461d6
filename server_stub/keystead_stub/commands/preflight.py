"""`keystead-stub preflight`: whether this configuration may take payments, and why not."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping

import msgspec

from keystead_stub.ops import config_file
from keystead_stub.ops.deployment_manifest import confirmations_of
from keystead_stub.ops.preflight import PRICE, Check, check_account, check_settings, is_blocked
from keystead_stub.settings import confirmations_in, with_own_names
from keystead_stub.stripe_port.live import connected
from keystead_stub.stripe_types.account_settings import Mode
from keystead_stub.stripe_types.errors import StripeError


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print each check. Return 1 if one failed, unless `--allow-blocked` is given.

    Confirmations are listed apart, because no program can check them; live mode needs all.
    """
    given = with_own_names(config_file.load(arguments.config, environ).under(environ))
    checks = all_checks(arguments.mode, given, arguments.url)
    reasons = [check.reason for check in checks if check.reason is not None]
    confirmed = confirmations_in(given, config_file.latest_date())
    confirmations = confirmations_of(confirmed)
    blocked = is_blocked(arguments.mode, checks, confirmed)
    status = "NO_GO" if blocked else "GO"
    if arguments.json:
        report = {"mode": arguments.mode, "status": status, "reasons": reasons}
        lists = {"checks": checks, "confirmations": confirmations}
        print(json.dumps(report | msgspec.to_builtins(lists)))
    else:
        print(f"{arguments.mode}: {status}")
        for check in checks:
            print(f"  - {check.reason}" if check.reason else f"  + {check.name}")
        print("Confirmed by a person:")
        for one in confirmations:
            on = f", on {one.confirmed_on}" if one.confirmed_on else f": not yet ({one.name})"
            print(f"  {'+' if one.confirmed_on else '-'} {one.what}{on}")
    return 1 if blocked and not arguments.allow_blocked else 0


def all_checks(mode: Mode, given: Mapping[str, str], url: str | None) -> list[Check]:
    """Check the settings and the Stripe account; `url` is the backend's public URL, if known."""
    checks = check_settings(mode, given)
    return checks + asyncio.run(_account(mode, given, checks, url))


async def _account(
    mode: Mode, given: Mapping[str, str], checks: list[Check], url: str | None
) -> list[Check]:
    """Check the Stripe account, if there is a key for it."""
    if any(one.name == "STRIPE_SECRET_KEY" and one.reason for one in checks):
        return [
            Check("account", "The Stripe account was not checked, because there is no valid key")
        ]
    price_id = given.get(PRICE, "")
    sellable = price_id.startswith("price_")
    key, api_url = given["STRIPE_SECRET_KEY"], given.get("STRIPE_API_URL") or None
    try:
        async with connected(key, mode, api_url=api_url) as stripe:
            account = await stripe.get_account([price_id] if sellable else [])
    except StripeError as error:
        return [Check("account", f"Stripe rejected the request ({error.code})")]
    return check_account(account, price_id=price_id, url=url)
