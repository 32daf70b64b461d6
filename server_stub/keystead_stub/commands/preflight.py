"""`keystead-stub preflight`: whether this configuration may take payments, and why not."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Mapping

import msgspec

from keystead.errors import InvalidInput
from keystead.profile import Profile, load_profile
from keystead_stub.auth.seller_audience import is_own_audience
from keystead_stub.commands.exposures import configured_url
from keystead_stub.http.product import EXAMPLE
from keystead_stub.ops import config_file, key_manifests, manifest_file
from keystead_stub.ops.deployment_manifest import confirmations_of
from keystead_stub.ops.preflight import PRICE, Check, check_account, check_settings, is_blocked
from keystead_stub.settings import Settings, confirmations_in, with_own_names
from keystead_stub.store.signing_secrets import VARIABLE
from keystead_stub.stripe_port.live import connected
from keystead_stub.stripe_types.account_settings import Mode
from keystead_stub.stripe_types.errors import StripeError


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print each check. Return 1 if one failed, unless `--allow-blocked` is given.

    Confirmations are listed apart, because no program can check them; live mode needs all.
    """
    config = config_file.load(arguments.config, environ)
    given = with_own_names(config.under(environ))
    url = arguments.url or configured_url(environ, config)
    profile = load_profile(arguments.profile) if arguments.profile else None
    checks = all_checks(arguments.mode, given, url, profile)
    reasons = [check.reason for check in checks if check.reason is not None]
    warnings = [check.warning for check in checks if check.warning is not None]
    confirmed = confirmations_in(given, config_file.latest_date())
    confirmations = confirmations_of(confirmed)
    blocked = is_blocked(arguments.mode, checks, confirmed)
    status = "NO_GO" if blocked else "GO"
    if arguments.json:
        report = {
            "mode": arguments.mode,
            "status": status,
            "reasons": reasons,
            "warnings": warnings,
        }
        lists = {"checks": checks, "confirmations": confirmations}
        print(json.dumps(report | msgspec.to_builtins(lists)))
    else:
        print(f"{arguments.mode}: {status}")
        for check in checks:
            print(_shown(check))
        print("Confirmed by a person:")
        for one in confirmations:
            on = f", on {one.confirmed_on}" if one.confirmed_on else f": not yet ({one.name})"
            print(f"  {'+' if one.confirmed_on else '-'} {one.what}{on}")
    return 1 if blocked and not arguments.allow_blocked else 0


def _shown(check: Check) -> str:
    if check.reason is not None:
        return f"  - {check.reason}"
    return f"  ! {check.warning}" if check.warning is not None else f"  + {check.name}"


def all_checks(
    mode: Mode, given: Mapping[str, str], url: str | None, profile: Profile | None = None
) -> list[Check]:
    """Check the settings, the key manifest and the Stripe account.

    `url` is the backend's public URL, `profile` is what the vendor ships, both null if unknown.
    """
    checks = check_settings(mode, given)
    keys = check_keys(given, profile, now_ms=time.time_ns() // 1_000_000)
    return checks + keys + asyncio.run(_account(mode, given, checks, url))


def check_keys(given: Mapping[str, str], profile: Profile | None, *, now_ms: int) -> list[Check]:
    """Check that programs take what the backend signs, by its key manifest and their profile."""
    settings = Settings(
        license_signing_secret=given.get(VARIABLE, ""),
        key_manifest=given.get(key_manifests.VARIABLE, ""),
    )
    try:
        signing = settings.signing_keys()[0]
    # Reported as one of the settings.
    except InvalidInput:
        signing = None
    product = profile.product_id if profile else EXAMPLE.id
    found = key_manifests.findings(
        manifest_file.read_all(settings.key_manifests),
        signing=signing,
        product=product,
        is_ours=lambda audience: is_own_audience(audience, product),
        now_ms=now_ms,
        trust=key_manifests.Trust(keys=profile.keys, roots=profile.root) if profile else None,
    )
    if not found and not settings.key_manifests and profile is None:
        return []
    return [
        Check("keys", one.sentence) if one.urgent else Check("keys", warning=one.sentence)
        for one in found
    ] or [Check("keys")]


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
