"""Rules about health, plans, portal, invoices, restoring and the key manifest."""

from __future__ import annotations

import re
import secrets
from urllib.parse import urlsplit

from keystead.errors import InvalidDocument
from keystead.key_manifest import verify_key_manifest
from keystead.loopback import is_loopback
from keystead.wire import nyra as wire
from keystead_stub.conformance.exchanges import (
    Answer,
    NotChecked,
    RuleFailed,
    require_refusal,
    require_status,
)
from keystead_stub.conformance.run_state import Run, shaped

_NOT_FOUND = 404
_MS_2001 = 1_000_000_000_000
#: How secrets begin: Stripe's keys and webhook secrets, and base64url of 32 bytes.
_SECRET_TEXT = re.compile(rb"\b(sk_|rk_|whsec_)[A-Za-z0-9]|\"[A-Za-z0-9_-]{43}\"")
_SERVICE, _STATUSES = "nyra-billing-api", ("GO", "NO_GO_LIVE_MONEY")


def require_page(url: str) -> None:
    """Raise RuleFailed unless a page may be opened there: by HTTPS, or on this machine."""
    parts = urlsplit(url)
    here = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not (parts.hostname and (parts.scheme == "https" or here)):
        raise RuleFailed("url is not an https:// address")


def require_ms(name: str, value: int) -> None:
    """Raise RuleFailed unless a time is in milliseconds."""
    if not _MS_2001 < value < 100 * _MS_2001:
        raise RuleFailed(f"{name} is not in epoch milliseconds")


def health_answer(run: Run) -> Answer:
    return run.once("health does not answer", lambda: run.backend.send("GET", wire.HEALTH))


def health_shape(run: Run) -> None:
    answer = run.cite(health_answer(run))
    require_status(answer, 200, 503)
    health = shaped(answer, wire.Health)
    if health.service != _SERVICE:
        raise RuleFailed(f"service is {health.service!r} and should be {_SERVICE!r}")
    if health.ok != (answer.status == 200):
        raise RuleFailed(f"ok is {health.ok} and the status is {answer.status}")
    require_ms("time", health.time)
    if health.stripe.mode not in ("simulated", "test", "live"):
        raise RuleFailed(f"stripe.mode is {health.stripe.mode!r}")
    if health.deployability.status not in _STATUSES:
        raise RuleFailed(f"deployability.status is {health.deployability.status!r}")


def health_names_only(run: Run) -> None:
    answer = run.cite(health_answer(run))
    if _SECRET_TEXT.search(answer.content):
        raise RuleFailed("a value in it has the form of a secret")


def plans_answer(run: Run) -> None:
    answer = run.backend.send("GET", wire.PLANS)
    require_status(answer, 200)
    plans = shaped(answer, wire.PlansAnswer).plans
    if not plans or not all(plan.prices for plan in plans):
        raise RuleFailed("there is no plan, or a plan without a price")
    if any(price.amount < 0 for plan in plans for price in plan.prices):
        raise RuleFailed("a price is below 0")


def portal_answer(run: Run) -> None:
    device = run.activated().device
    answer = device.call("POST", wire.PORTAL, token=device.token, body={})
    require_status(answer, 200)
    portal = shaped(answer, wire.PortalAnswer)
    require_page(portal.url)
    require_ms("expiresAt", portal.expires_at)


def portal_credential(run: Run) -> None:
    require_refusal(run.backend.send("POST", wire.PORTAL, body={}), 401, "invalid_token")


def invoices_answer(run: Run) -> None:
    device = run.activated().device
    answer = device.call("GET", wire.INVOICES, token=device.token)
    require_status(answer, 200)
    for invoice in shaped(answer, wire.InvoicesAnswer).invoices:
        require_ms("createdAt", invoice.created_at)


def restore_silent(run: Run) -> None:
    device = run.new_device()
    unknown = f"nobody-{secrets.token_hex(6)}@example.com"
    answer = run.backend.send("POST", wire.RESTORE, body=device.identity() | {"email": unknown})
    require_status(answer, 202)
    require_ms("expiresAt", shaped(answer, wire.RestoreAnswer).expires_at)


def keys_manifest(run: Run) -> None:
    roots = run.profile.root
    if roots is None:
        raise NotChecked("the profile names no root key")
    answer = run.backend.send("GET", wire.KEYS)
    if answer.status == _NOT_FOUND:
        raise NotChecked("the backend serves no key manifest")
    require_status(answer, 200)
    text = shaped(answer, wire.KeysAnswer).manifest
    try:
        manifest = verify_key_manifest(text, roots=roots, product=run.profile.product_id)
    except InvalidDocument as refused:
        raise RuleFailed(f"{refused.sentence} ({refused.code})") from None
    run.keys = manifest.keys


CHECKS = {
    "health-shape": health_shape,
    "health-names-only": health_names_only,
    "plans-answer": plans_answer,
    "keys-manifest": keys_manifest,
}
ACCOUNT_CHECKS = {
    "portal-answer": portal_answer,
    "portal-credential": portal_credential,
    "invoices-answer": invoices_answer,
    "restore-silent": restore_silent,
}
