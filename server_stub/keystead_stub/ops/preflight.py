"""May this configuration take money? Each check, and a reason for each that is a no. Pure.

Names of settings, never their values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from keystead.errors import InvalidInput
from keystead.wire.nyra import WEBHOOK
from keystead_stub.ops import production_values
from keystead_stub.settings import SECRETS, Settings, is_placeholder
from keystead_stub.stripe_types.account_settings import (
    AccountEndpoint,
    AccountPrice,
    AccountSettings,
)
from keystead_stub.stripe_types.api import STRIPE_API_VERSION

#: What the native billing API listens to (contract §3).
EVENTS = (
    "charge.dispute.created",
    "charge.refunded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "entitlements.active_entitlement_summary.updated",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_succeeded",
)
#: What a customer is sent to the portal for.
PORTAL_FEATURES = (
    "invoice_history",
    "payment_method_update",
    "subscription_cancel",
    "subscription_update",
)
PRICE = "NYRA_STRIPE_PRICE_PRO_MONTHLY"
CURRENCY, INTERVAL = "eur", "month"
_SIGNS, _OPERATOR = "NYRA_LICENSE_SIGNING_SECRET", "NYRA_LICENSE_API_TOKEN"
_SHORTEST_TOKEN = 32


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at, and why it is a no; null where it is as it should be."""

    name: str
    reason: str | None = None


def of_settings(mode: str, given: Mapping[str, str]) -> list[Check]:
    """Look at every secret and variable by itself; `mode` is ``test`` or ``live``."""
    needed = [*SECRETS, "ALLOWED_ORIGIN"]
    checks = [Check(name, _wrong(mode, name, given.get(name, ""))) for name in needed]
    version = given.get("STRIPE_API_VERSION") or STRIPE_API_VERSION
    fits = version == STRIPE_API_VERSION
    checks.append(
        Check(
            "STRIPE_API_VERSION",
            None if fits else f"STRIPE_API_VERSION is not the pinned {STRIPE_API_VERSION}",
        )
    )
    if mode == "live" and given.get("STRIPE_API_URL"):
        reason = "STRIPE_API_URL leads elsewhere than to Stripe"
        checks.append(Check("STRIPE_API_URL", reason))
    return checks


def _wrong(mode: str, name: str, value: str) -> str | None:
    if is_placeholder(value):
        return f"{name} is not set, or is a placeholder"
    begins = {
        "STRIPE_SECRET_KEY": (f"sk_{mode}_", f"rk_{mode}_"),
        PRICE: ("price_",),
    }.get(name, ())
    if begins and not value.startswith(begins):
        return f"{name} does not begin with {' or '.join(begins)}"
    if name == "STRIPE_WEBHOOK_SECRET":
        parts = Settings(stripe_webhook_secret=value).webhook_secrets
        if not all(part.startswith("whsec_") for part in parts):
            return f"{name} does not begin with whsec_"
    if name == _OPERATOR and len(value) < _SHORTEST_TOKEN:
        return f"{name} has fewer than {_SHORTEST_TOKEN} characters"
    if name == _SIGNS:
        return _wrong_seed(value)
    return _wrong_value(mode, name, value)


def _wrong_seed(value: str) -> str | None:
    try:
        Settings(license_signing_secret=value).signing_key()
    except InvalidInput as error:
        return error.sentence.rstrip(".")
    return None


def _wrong_value(mode: str, name: str, value: str) -> str | None:
    """What the form would say; while testing, pages may be on this machine."""
    field = next((one for one in production_values.FIELDS if one.name == name), None)
    if field is None or (mode == "test" and value.startswith("http://")):
        return None
    return f"{name} is not an https:// address as it should be" if field.wrong(value) else None


def of_account(account: AccountSettings, *, price_id: str, url: str | None) -> list[Check]:
    """Look at Stripe's side; `url` is the backend's own address, if it is known."""
    may_charge = [] if account.charges_enabled else ["the account may not take payments yet"]
    return [
        *_checks("account", may_charge),
        *_checks("price", _price(account.prices, price_id)),
        *_checks("webhook", _webhook(account.endpoints, url)),
        *_checks("portal", _portal(account.portal_features)),
    ]


def _checks(name: str, reasons: Sequence[str]) -> list[Check]:
    return [Check(name, reason) for reason in reasons] or [Check(name)]


def _price(prices: tuple[AccountPrice, ...], price_id: str) -> list[str]:
    price = next((one for one in prices if one.id == price_id), None)
    if price is None:
        return [f"{PRICE} is no price of this account"]
    reasons = []
    if not price.active:
        reasons.append(f"{PRICE} is no longer active")
    if price.interval is None:
        reasons.append(f"{PRICE} is paid once, not again and again")
    elif (price.interval, price.interval_count) != (INTERVAL, 1):
        reasons.append(f"{PRICE} is not paid every {INTERVAL}")
    if price.currency != CURRENCY:
        reasons.append(f"{PRICE} is not in {CURRENCY}")
    return reasons


def _webhook(endpoints: tuple[AccountEndpoint, ...], url: str | None) -> list[str]:
    """Why none of the endpoints is right; the reasons are of the one that is nearest to it."""
    wanted = url.rstrip("/") + WEBHOOK if url else None
    ours = [one for one in endpoints if (one.url == wanted if wanted else _ends(one.url))]
    if not ours:
        where = "is at the backend's address" if wanted else "ends"
        return [f"no webhook endpoint of the account {where} with {WEBHOOK}"]
    return min((list(_endpoint(one)) for one in ours), key=len)


def _ends(url: str) -> bool:
    return url.endswith(WEBHOOK)


def _endpoint(endpoint: AccountEndpoint) -> Iterator[str]:
    if not endpoint.enabled:
        yield "the webhook endpoint is disabled"
    missing = [one for one in EVENTS if "*" not in endpoint.events and one not in endpoint.events]
    if missing:
        yield f"the webhook endpoint is not told of {', '.join(missing)}"
    if endpoint.api_version != STRIPE_API_VERSION:
        yield f"the webhook endpoint's version is not {STRIPE_API_VERSION}"


def _portal(features: tuple[str, ...] | None) -> list[str]:
    if features is None:
        return ["the customer portal is not set up"]
    return [
        f"the customer portal does not offer {name}"
        for name in PORTAL_FEATURES
        if name not in features
    ]
