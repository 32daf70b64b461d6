"""Preflight checks: whether a configuration may take payments, and the reasons if not. Pure.

A reason contains names of settings, never a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from keystead.errors import InvalidInput
from keystead.wire.nyra import WEBHOOK
from keystead_stub.ops import production_values
from keystead_stub.settings import CONFIRMATIONS, SECRETS, Settings, is_placeholder
from keystead_stub.stripe_types.account_settings import (
    AccountEndpoint,
    AccountPrice,
    AccountSettings,
)
from keystead_stub.stripe_types.api import STRIPE_API_VERSION

#: The event types that the native billing API needs (specification §7.13), with those by which it
#: knows which payment went back, and that it did not.
EVENTS = (
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.updated",
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
    "invoice_payment.paid",
    "refund.failed",
)
#: The portal features that the native billing API needs.
PORTAL_FEATURES = (
    "invoice_history",
    "payment_method_update",
    "subscription_cancel",
    "subscription_update",
)
PRICE = "NYRA_STRIPE_PRICE_PRO_MONTHLY"
CURRENCY, INTERVAL = "eur", "month"
_SIGNS, _OPERATOR = "NYRA_LICENSE_SIGNING_SECRET", "NYRA_LICENSE_API_TOKEN"
#: 128 bits in hexadecimal have this many characters.
_SHORTEST_TOKEN = 32


class Check(msgspec.Struct, frozen=True):
    """A check, and the reason why it failed; null if it passed.

    A `warning` says what will need attention, and blocks nothing.
    """

    name: str
    reason: str | None = None
    warning: str | None = None


def is_blocked(mode: str, checks: Sequence[Check], confirmed: Mapping[str, object]) -> bool:
    """Whether a check failed or, in live mode, a person's confirmation is missing."""
    unconfirmed = mode == "live" and not set(CONFIRMATIONS) <= set(confirmed)
    return unconfirmed or any(check.reason for check in checks)


def check_settings(mode: str, given: Mapping[str, str]) -> list[Check]:
    """Check each secret and variable; `mode` is ``test`` or ``live``."""
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
        reason = "STRIPE_API_URL is set, so requests don't go to Stripe"
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
        return f"{name} does not start with {' or '.join(begins)}"
    if name == "STRIPE_WEBHOOK_SECRET":
        parts = Settings(stripe_webhook_secret=value).webhook_secrets
        if not all(part.startswith("whsec_") for part in parts):
            return f"{name} does not start with whsec_"
    if name == _OPERATOR and len(value) < _SHORTEST_TOKEN:
        return f"{name} has fewer than {_SHORTEST_TOKEN} characters"
    if name == _SIGNS:
        return _wrong_seed(value)
    return _wrong_value(mode, name, value)


def _wrong_seed(value: str) -> str | None:
    try:
        Settings(license_signing_secret=value).signing_keys()
    except InvalidInput as error:
        return error.sentence.rstrip(".")
    return None


def _wrong_value(mode: str, name: str, value: str) -> str | None:
    """Check a value as the form does; in test mode, pages may be http:// pages of this machine."""
    field = next((one for one in production_values.FIELDS if one.name == name), None)
    if field is None or (mode == "test" and value.startswith("http://")):
        return None
    return f"{name} is not a valid https:// URL" if field.wrong(value) else None


def check_account(account: AccountSettings, *, price_id: str, url: str | None) -> list[Check]:
    """Check the Stripe account; `url` is the backend's public URL, if known."""
    may_charge = (
        []
        if account.charges_enabled
        else ["the account may not take payments yet (charges_enabled)"]
    )
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
        return [f"{PRICE} is not a price of this account"]
    reasons = []
    if not price.active:
        reasons.append(f"{PRICE} is not active")
    if price.interval is None:
        reasons.append(f"{PRICE} is a one-time price, not a recurring one")
    elif (price.interval, price.interval_count) != (INTERVAL, 1):
        reasons.append(f"{PRICE} does not recur every {INTERVAL}")
    if price.currency != CURRENCY:
        reasons.append(f"{PRICE} is not in {CURRENCY}")
    return reasons


def _webhook(endpoints: tuple[AccountEndpoint, ...], url: str | None) -> list[str]:
    """Check the webhook endpoints, and return the reasons of the one with the fewest."""
    wanted = url.rstrip("/") + WEBHOOK if url else None
    ours = [one for one in endpoints if (one.url == wanted if wanted else _ends(one.url))]
    if not ours:
        expected = wanted or f"a URL that ends with {WEBHOOK}"
        return [f"the account has no webhook endpoint at {expected}"]
    return min((list(_endpoint(one)) for one in ours), key=len)


def _ends(url: str) -> bool:
    return url.endswith(WEBHOOK)


def _endpoint(endpoint: AccountEndpoint) -> Iterator[str]:
    if not endpoint.enabled:
        yield "the webhook endpoint is disabled"
    missing = [one for one in EVENTS if "*" not in endpoint.events and one not in endpoint.events]
    if missing:
        yield f"the webhook endpoint does not receive {', '.join(missing)}"
    if endpoint.api_version != STRIPE_API_VERSION:
        yield f"the webhook endpoint's API version is not {STRIPE_API_VERSION}"


def _portal(features: tuple[str, ...] | None) -> list[str]:
    if features is None:
        return ["the customer portal is not set up"]
    return [
        f"the customer portal does not offer {name}"
        for name in PORTAL_FEATURES
        if name not in features
    ]
