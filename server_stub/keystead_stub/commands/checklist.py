"""`keystead-stub checklist`: go through a deployment's checklist, and run what can be run."""

from __future__ import annotations

import argparse
import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import httpx
import msgspec

from keystead.wire import nyra as wire
from keystead_stub.commands import preflight
from keystead_stub.commands.exposures import configured_url, control_headers
from keystead_stub.commands.rehearsed_purchase import ApiPurchase, Purchase, SimulatedPurchase
from keystead_stub.commands.verification import Verification
from keystead_stub.ops import checklist, config_file, key_manifests, production_values
from keystead_stub.ops.checklist import Line, Part, line
from keystead_stub.ops.preflight import check_settings
from keystead_stub.settings import Settings, with_own_names
from keystead_stub.store.engine import IN_MEMORY, is_in_memory, to_url
from keystead_stub.stripe_port.live import blocking_client

TIMEOUT_S = 60
_SIGNS = {"passed": "+", "failed": "x", "blocked": "-", "not_run": "?", "person": " "}


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the checklist. Return 1 if a step that was run has failed."""
    config = config_file.load(arguments.config, environ)
    given = with_own_names(config.under(environ))
    database = to_url(environ.get(production_values.DATABASE) or config.database or IN_MEMORY)
    settings = msgspec.structs.replace(
        Settings.load(given, url="", random=secrets.token_bytes, latest=config_file.latest_date()),
        in_memory=is_in_memory(database),
    )
    answered = {name: given[name] for name in production_values.NAMES if given.get(name)}
    waiting = production_values.decide({}, answered).waiting
    url = arguments.url.rstrip("/")
    public_url = configured_url(environ, config)
    # Without the environment's proxies, because the backend may be on this machine.
    with httpx.Client(
        base_url=url, headers=control_headers(environ), timeout=TIMEOUT_S, trust_env=False
    ) as http:
        health = _health(http)
        with _purchase(http, health, given, public_url or _origin_of(url)) as purchase:
            proven_url = _proven_url(url, public_url)
            verification = Verification(http, health, purchase, public_url=proven_url)
            hosted = verification.run()
    parts = (
        checklist.before_deployment(settings, waiting=waiting, url=url, health=health),
        Part("Required verification: here", tuple(_local(given, waiting, url))),
        Part(f"Required verification: {url}", hosted),
        checklist.no_go_rules(
            settings,
            health,
            token_expires=verification.token_expires,
            checkout_refused=verification.checkout_refused,
        ),
        checklist.ROLLBACK,
    )
    if arguments.json:
        print(json.dumps({"url": url, "parts": msgspec.to_builtins(parts)}, indent=2))
    else:
        _print(parts)
    return 1 if any(one.outcome == "failed" for part in parts for one in part.lines) else 0


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _proven_url(url: str, public_url: str | None) -> str:
    """Return what proofs name of a backend at `url`, which may have a billing API's prefix."""
    if public_url is None or url.startswith(public_url):
        return url
    return public_url + urlsplit(url).path


def _health(http: httpx.Client) -> wire.Health | None:
    """Return the backend's health, null where none answers as documented."""
    try:
        answer = http.get(wire.HEALTH)
        return msgspec.json.decode(answer.content, type=wire.Health)
    except (httpx.HTTPError, msgspec.MsgspecError):
        return None


@contextmanager
def _purchase(
    http: httpx.Client, health: wire.Health | None, given: Mapping[str, str], public_url: str
) -> Iterator[Purchase | str]:
    """Open a way to pay at this backend without real money; or say why there is none.

    What was bought is canceled afterwards.
    """
    key = given.get("STRIPE_SECRET_KEY", "")
    hooks = Settings(stripe_webhook_secret=given.get("STRIPE_WEBHOOK_SECRET", "")).webhook_secrets
    if health is None:
        yield "no backend answers"
    elif health.stripe.mode == "live":
        yield "Stripe is live: run this against a backend in Stripe's test mode"
    elif health.stripe.mode == "simulated":
        with closing(SimulatedPurchase(http, public_url)) as simulated:
            yield simulated
    elif Settings(stripe_secret_key=key).mode != "test" or not hooks:
        yield "set the backend's STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET here, too"
    else:
        api_url = given.get("STRIPE_API_URL") or None
        with (
            blocking_client(key, api_url=api_url) as client,
            closing(ApiPurchase(http, client, given, hooks[0])) as purchase,
        ):
            yield purchase


def _local(given: Mapping[str, str], waiting: Sequence[str], url: str) -> Iterator[Line]:
    settings = [one.reason for one in check_settings("test", given) if one.reason]
    yield line("The settings are complete for Stripe's test mode", settings)
    yield line(
        "Nothing waits in `keystead-stub config sync`",
        [f"{one} is not answered" for one in waiting],
    )
    yield Line("The tests of `config sync` pass", "person", "make test, in the source tree")
    yield Line("The tests of the backend pass", "person", "make test, in the source tree")
    keys = preflight.check_keys(given, None, now_ms=time.time_ns() // 1_000_000)
    signing = [one.reason for one in keys if one.reason]
    if given.get(key_manifests.VARIABLE):
        yield line("The key manifest is in order", signing)
    known = {*settings, *signing}
    reasons = [one.reason for one in preflight.all_checks("test", given, url) if one.reason]
    yield line(
        "`keystead-stub preflight --mode test --allow-blocked` finds the Stripe account in order",
        [one for one in reasons if one not in known],
    )


def _print(parts: tuple[Part, ...]) -> None:
    for part in parts:
        print(part.title)
        for one in part.lines:
            print(f"  {_SIGNS[one.outcome]} {one.what}")
            if one.detail:
                print(f"      {one.detail}")
    print("+ passed, x failed, - blocks live payments, ? not run; the rest is for a person")
    print("This is no legal, tax, accounting or Stripe support advice.")
