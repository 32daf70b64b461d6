"""`keystead-stub conformance`: check from outside whether a backend keeps the specification."""

from __future__ import annotations

import argparse
import json
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from keystead.errors import InvalidInput
from keystead.loopback import is_loopback
from keystead.profile import load_profile
from keystead.wire.fields import PRODUCT_HEADER
from keystead_stub.conformance.conduct import check_all
from keystead_stub.conformance.exchanges import TIMEOUT_S, Backend
from keystead_stub.conformance.payers import ControlsPayer, NobodyPays, Payer, PersonPayer
from keystead_stub.conformance.rule_table import Outcome
from keystead_stub.conformance.run_state import Options, Run
from keystead_stub.conformance.stub_controls import StubControls

SECRET = "STRIPE_WEBHOOK_SECRET"
CONTROL_TOKEN = "KEYSTEAD_STUB_CONTROL_TOKEN"
SIGNS = {"passed": "+", "failed": "x", "not checked": "?"}
_CHECKED_API = "nyra"


def add_parser(commands: Any) -> None:
    """Add the command to the parser's commands."""
    command = commands.add_parser(
        "conformance",
        help="check whether a backend keeps the specification, in whatever language it is written",
        description="Check a backend from outside, rule by rule. It buys subscriptions of test "
        "customers: use a backend in Stripe's test mode, or one whose Stripe is simulated. With a "
        "stub's controls it also turns that stub's clock forward.",
    )
    command.add_argument("url", metavar="URL", help="address of the backend, as clients use it")
    command.add_argument(
        "--profile", metavar="FILE", required=True, help="profile with its keys and product id"
    )
    command.add_argument(
        "--webhook-secret",
        metavar="SECRET",
        help=f"secret that signs its webhooks (default: {SECRET})",
    )
    command.add_argument(
        "--stub",
        metavar="URL",
        help="stub whose simulated Stripe the backend uses (default: the backend, if it is one)",
    )
    command.add_argument(
        "--pay",
        choices=("auto", "person", "no"),
        default="auto",
        help="who pays the checkout: a stub's controls, a person if there are none "
        "(default: %(default)s)",
    )
    command.add_argument(
        "--pay-within",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="how long to wait for the person (default: %(default)g)",
    )
    command.add_argument(
        "--patience",
        type=float,
        default=20.0,
        metavar="SECONDS",
        help="how long the effect of a webhook may take (default: %(default)g)",
    )
    command.add_argument("--origin", metavar="URL", help="website that may call the backend")
    command.add_argument(
        "--keep-clock", action="store_true", help="do not turn the clock of the stub forward"
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Check every rule. Return 1 if one is broken. Raises KeysteadError."""
    profile = load_profile(Path(arguments.profile).absolute())
    if profile.billing_api != _CHECKED_API:
        raise InvalidInput(
            f"This checks the billing API {_CHECKED_API}, and the profile has another one.",
            code="invalid_profile",
        )
    url = _checked(arguments.url)
    here = is_loopback(urlsplit(url).hostname or "")
    verify = _certificates(environ)
    program = {PRODUCT_HEADER: profile.product_id}
    # On this machine no proxy of the environment may come between.
    with (
        httpx.Client(timeout=TIMEOUT_S, verify=verify, trust_env=not here, headers=program) as http,
        httpx.Client(timeout=TIMEOUT_S, verify=verify, trust_env=False) as local,
    ):
        backend = Backend(http, url)
        stub = StubControls(local, _checked(arguments.stub or url), environ.get(CONTROL_TOKEN))
        controls = stub if arguments.pay != "no" and stub.available() else None
        checked = Run(
            backend,
            profile,
            _payer(arguments, controls),
            controls=controls,
            options=Options(
                webhook_secret=arguments.webhook_secret or environ.get(SECRET) or None,
                origin=arguments.origin,
                time_travel=not arguments.keep_clock,
                patience_s=arguments.patience,
            ),
            wait=threading.Event().wait,
        )
        outcomes = check_all(checked, progress=_silent if arguments.json else _print)
    failed = any(one.result == "failed" for one in outcomes)
    if arguments.json:
        print(json.dumps(_report(url, outcomes)))
    else:
        _print_sum(outcomes)
    return 1 if failed else 0


def _certificates(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Trust the authorities in SSL_CERT_FILE, or the usual ones."""
    named = environ.get("SSL_CERT_FILE")
    if named is None:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=named)
    except OSError:
        raise InvalidInput(
            f"SSL_CERT_FILE names no file of certificates: {named}", code="invalid_certificates"
        ) from None


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise InvalidInput(f"Not the URL of a backend: {url}", code="invalid_url")
    return url.rstrip("/")


def _payer(arguments: argparse.Namespace, controls: StubControls | None) -> Payer:
    if arguments.pay == "no":
        return NobodyPays("nothing is bought (--pay no)")
    if controls is not None and arguments.pay == "auto":
        return ControlsPayer(controls)
    if arguments.pay == "person" or sys.stdin.isatty():
        return PersonPayer(_tell, arguments.pay_within, threading.Event().wait)
    return NobodyPays("nobody can pay here: name the stub (--stub), or pay by hand (--pay person)")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _silent(_outcome: Outcome) -> None:
    return None


def _print(one: Outcome) -> None:
    print(f"{SIGNS[one.result]} {one.id}  (§{one.section}) {one.text}", flush=True)
    if one.detail:
        print(f"    {one.detail}")
    if one.result == "failed" and one.sent:
        print(f"    sent: {one.sent}\n    received: {one.received}")


def _report(url: str, outcomes: tuple[Outcome, ...]) -> dict[str, object]:
    return {
        "url": url,
        "ok": not any(one.result == "failed" for one in outcomes),
        "counts": _counts(outcomes),
        "rules": msgspec.to_builtins(outcomes),
    }


def _counts(outcomes: tuple[Outcome, ...]) -> dict[str, int]:
    counted = Counter(one.result for one in outcomes)
    return {"passed": counted["passed"], "failed": counted["failed"],
            "notChecked": counted["not checked"]}  # fmt: skip


def _print_sum(outcomes: tuple[Outcome, ...]) -> None:
    counts = _counts(outcomes)
    print(
        f"{counts['passed']} rules passed, {counts['failed']} failed, "
        f"{counts['notChecked']} not checked"
    )
