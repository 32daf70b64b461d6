"""`keystead-stub preflight`: may this configuration take money? A reason for each no-go."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping

from keystead.errors import InvalidInput
from keystead.wire.nyra import WEBHOOK
from keystead_stub import config_file
from keystead_stub.settings import OWN_PAGES, SECRETS, Settings, is_placeholder
from keystead_stub.stripe_.interface import STRIPE_API_VERSION, StripeRefused
from keystead_stub.stripe_.live import LiveStripe, connect


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print each check and its reason; 1 on a no-go unless `--allow-blocked`."""
    config = config_file.load(arguments.config, environ)
    environ = config.under(environ)
    given = {name: environ.get(name, "") for name in (*SECRETS, "ALLOWED_ORIGIN")}
    version = environ.get("STRIPE_API_VERSION", "") or STRIPE_API_VERSION
    reasons = no_gos(arguments.mode, given, version)
    if not reasons:
        reasons = asyncio.run(account_no_gos(given, environ.get("STRIPE_API_URL") or None))
    status = "NO_GO" if reasons else "GO"
    if arguments.json:
        print(json.dumps({"mode": arguments.mode, "status": status, "reasons": reasons}))
    else:
        print(f"{arguments.mode}: {status}")
        for reason in reasons:
            print(f"  - {reason}", file=sys.stdout)
    return 1 if reasons and not arguments.allow_blocked else 0


def no_gos(mode: str, given: Mapping[str, str], version: str) -> list[str]:
    """A reason for each no-go; names of settings, never values."""
    reasons = [
        f"{name} is not set, or is a placeholder"
        for name in (*SECRETS, "ALLOWED_ORIGIN")
        if is_placeholder(given[name])
    ]
    reasons += _forms(mode, given)
    if version != STRIPE_API_VERSION:
        reasons.append(f"STRIPE_API_VERSION is not the pinned {STRIPE_API_VERSION}")
    return reasons


def _forms(mode: str, given: Mapping[str, str]) -> list[str]:
    """What is set, but cannot be right."""
    expected = {
        "STRIPE_SECRET_KEY": (f"sk_{mode}_", f"rk_{mode}_"),
        "STRIPE_WEBHOOK_SECRET": ("whsec_",),
        "NYRA_STRIPE_PRICE_PRO_MONTHLY": ("price_",),
    }
    if mode == "live":
        expected |= dict.fromkeys((*OWN_PAGES, "ALLOWED_ORIGIN"), ("https://",))
    reasons = [
        f"{name} does not begin with {' or '.join(beginnings)}"
        for name, beginnings in expected.items()
        if not is_placeholder(given[name]) and not given[name].startswith(beginnings)
    ]
    try:
        if not is_placeholder(given["NYRA_LICENSE_SIGNING_SECRET"]):
            Settings(license_signing_secret=given["NYRA_LICENSE_SIGNING_SECRET"]).signing_key()
    except InvalidInput as error:
        reasons.append(error.sentence.rstrip("."))
    if not is_placeholder(given["NYRA_LICENSE_API_TOKEN"]) and (
        len(given["NYRA_LICENSE_API_TOKEN"]) < 32
    ):
        reasons.append("NYRA_LICENSE_API_TOKEN has fewer than 32 characters")
    return reasons


async def account_no_gos(given: Mapping[str, str], api_url: str | None) -> list[str]:
    """What the account itself says: a reason for each no-go."""
    key = given["STRIPE_SECRET_KEY"]
    stripe = LiveStripe(
        connect(key, api_url=api_url, retries=0), "live" if "_live_" in key[:9] else "test"
    )
    try:
        account = await stripe.get_account()
    except StripeRefused as refused:
        return [f"Stripe does not answer for this key ({refused.code})"]
    reasons = []
    if not account.charges_enabled:
        reasons.append("the account may not take payments yet")
    if not account.portal_configured:
        reasons.append("the customer portal is not set up")
    if given["NYRA_STRIPE_PRICE_PRO_MONTHLY"] not in account.price_ids:
        reasons.append("NYRA_STRIPE_PRICE_PRO_MONTHLY is no price of this account")
    if not any(url.endswith(WEBHOOK) for url in account.endpoint_urls):
        reasons.append(f"no webhook endpoint of the account ends in {WEBHOOK}")
    return reasons
