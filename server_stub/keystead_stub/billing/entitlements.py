"""Line items, what they entitle to, and how that is written into Stripe's metadata. Pure.

The metadata is on the checkout session and on the subscription or payment that it creates, so that
Stripe's events alone say what was bought.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from keystead.wire.sign_in import ACCOUNT_CLAIMS
from keystead_stub.billing.catalogue import Plan, PlanPrice
from keystead_stub.stripe_types.events import text, within

_KEY = "key"
_FEATURES = "features"
#: Metadata keys by which other programs name a plan, after their billing API's documents.
_PLAN = ("plan", "planId")
#: The plan of metadata that names an account and no plan.
UNNAMED = ""


class LineItem(msgspec.Struct, frozen=True, kw_only=True):
    """`seats` of a price, paid `once` or each period; sold from `min_seats` to `max_seats`."""

    plan: str
    price_id: str
    key: str
    features: tuple[str, ...]
    seats: int
    min_seats: int = 1
    max_seats: int = 1000
    once: bool = False
    #: Whether the price is 0.
    free: bool = False
    #: The trial that a new customer's subscription begins with.
    trial_days: int = 0

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata of the session, and of what it creates."""
        return {
            "plan": self.plan,
            "priceId": self.price_id,
            "seats": str(self.seats),
            **to_metadata(ProductEntitlement(self.key, self.features)),
        }


class ProductEntitlement(msgspec.Struct, frozen=True):
    """What a purchase entitles to, whoever sold it: the license's key and features."""

    key: str
    features: tuple[str, ...] = ()


def to_metadata(entitled: ProductEntitlement) -> dict[str, str]:
    """The metadata that `entitlement_in` reads."""
    named = {_FEATURES: ",".join(entitled.features)} if entitled.features else {}
    return {_KEY: entitled.key, **named}


def entitlement_in(metadata: Any) -> ProductEntitlement | None:
    """The entitlement that `to_metadata` wrote, null if there is none."""
    if not isinstance(metadata, Mapping):
        return None
    key, features = metadata.get(_KEY), metadata.get(_FEATURES)
    if not isinstance(key, str) or not key:
        return None
    named = features.split(",") if isinstance(features, str) else ()
    return ProductEntitlement(key, tuple(name for name in named if name))


def entitlement_of_product(product: Mapping[str, Any]) -> ProductEntitlement | None:
    """What a merchant's product entitles to. Its id is the key if its metadata names none."""
    metadata = product.get("metadata")
    key = text(within(metadata, _KEY)) or product.get("id")
    return entitlement_in({_FEATURES: within(metadata, _FEATURES), _KEY: key})


def plan_in(metadata: Any) -> str | None:
    """The plan that metadata names, `UNNAMED` if it names an account only, null for neither."""
    named = (text(within(metadata, name)) for name in _PLAN)
    of_account = any(text(within(metadata, claim)) for claim in ACCOUNT_CLAIMS.values())
    return next((plan for plan in named if plan), UNNAMED if of_account else None)


def item_of_plan(plan: Plan, price: PlanPrice, seats: int | None) -> LineItem:
    """Seats of a plan in the catalogue, by default its fewest."""
    once = price.interval is None
    return LineItem(
        plan=plan.id,
        price_id=price.id,
        once=once,
        free=price.amount == 0,
        trial_days=0 if once else plan.trial_days,
        key=plan.entitlement_key,
        features=plan.features,
        seats=seats or plan.min_seats,
        min_seats=plan.min_seats,
        max_seats=plan.max_seats,
    )
