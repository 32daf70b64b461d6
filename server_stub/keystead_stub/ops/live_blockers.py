"""The live blockers: what has to be done before live payments, by machines and by people. Pure."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from keystead_stub.ops import production_values
from keystead_stub.settings import CONFIRMATIONS, OWN_PAGES

_BACKEND = "NYRA_CONFIRMED_BACKEND_ADDRESS"
_PRICE = "NYRA_CONFIRMED_MONTHLY_PRICE"
_WEBHOOK = "NYRA_CONFIRMED_WEBHOOK_ENDPOINT"


class LiveBlocker(msgspec.Struct, frozen=True, kw_only=True):
    """A blocker, open until its settings are given and its confirmation has a date."""

    what: str
    settings: tuple[str, ...] = ()
    confirmation: str | None = None


def _confirmed(name: str, *settings: str) -> LiveBlocker:
    return LiveBlocker(what=CONFIRMATIONS[name], settings=settings, confirmation=name)


LIVE_BLOCKERS = (
    LiveBlocker(
        what=f"Database that outlives the process, and its {production_values.DATABASE}",
        settings=(production_values.DATABASE,),
    ),
    _confirmed(_BACKEND, "ALLOWED_ORIGIN", *OWN_PAGES),
    LiveBlocker(
        what="Stripe test/live secrets in the secret store",
        settings=(
            *("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"),
            *("NYRA_LICENSE_API_TOKEN", "NYRA_LICENSE_SIGNING_SECRET"),
        ),
    ),
    _confirmed(_PRICE, "NYRA_STRIPE_PRICE_PRO_MONTHLY"),
    _confirmed("NYRA_CONFIRMED_CUSTOMER_PORTAL"),
    _confirmed(_WEBHOOK, "STRIPE_WEBHOOK_SECRET"),
    _confirmed("NYRA_CONFIRMED_SUPPORT_INBOX"),
    _confirmed("NYRA_CONFIRMED_REVIEW"),
    _confirmed("NYRA_CONFIRMED_HOSTED_AI_CAP"),
    _confirmed("NYRA_CONFIRMED_RELEASE_PATH"),
)


def open_blockers(given: Collection[str], confirmed: Collection[str]) -> tuple[LiveBlocker, ...]:
    """Return the blockers that still stand; `given` are the settings that have a value."""
    return tuple(
        one
        for one in LIVE_BLOCKERS
        if not set(one.settings) <= set(given)
        or (one.confirmation is not None and one.confirmation not in confirmed)
    )
