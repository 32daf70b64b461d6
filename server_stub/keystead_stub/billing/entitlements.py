"""What is bought, wherever it is sold: so many of a price, and what that entitles to. Pure.

It stands in the metadata of the checkout and of the subscription or payment that comes of it, so
that the fold over Stripe's events knows it without asking anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from keystead.wire.sign_in import ACCOUNT_CLAIMS
from keystead_stub.billing.catalogue import Plan
from keystead_stub.stripe_types.events import text, within

_KEY = "key"
_FEATURES = "features"
#: Where metadata that another program wrote names the plan, in the billing API's own word.
_PLAN = ("plan", "planId")
#: The plan that is meant where an account is named and no plan is.
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

    @property
    def metadata(self) -> dict[str, str]:
        """What the session, and what comes of it, carry of this."""
        return {
            "plan": self.plan,
            "priceId": self.price_id,
            "seats": str(self.seats),
            **to_metadata(ProductEntitlement(self.key, self.features)),
        }


class ProductEntitlement(msgspec.Struct, frozen=True):
    """What somebody is entitled to by their purchase, whoever has sold it."""

    key: str
    features: tuple[str, ...] = ()


def to_metadata(entitled: ProductEntitlement) -> dict[str, str]:
    """The metadata that `entitlement_in` reads."""
    named = {_FEATURES: ",".join(entitled.features)} if entitled.features else {}
    return {_KEY: entitled.key, **named}


def entitlement_in(metadata: Any) -> ProductEntitlement | None:
    """What the metadata of `LineItem` says; null where an object carries none."""
    if not isinstance(metadata, Mapping):
        return None
    key, features = metadata.get(_KEY), metadata.get(_FEATURES)
    if not isinstance(key, str) or not key:
        return None
    named = features.split(",") if isinstance(features, str) else ()
    return ProductEntitlement(key, tuple(name for name in named if name))


def entitlement_of_product(product: Mapping[str, Any]) -> ProductEntitlement | None:
    """What a product of a merchant's entitles to: by its metadata, and by its id without a key."""
    metadata = product.get("metadata")
    key = text(within(metadata, _KEY)) or product.get("id")
    return entitlement_in({_FEATURES: within(metadata, _FEATURES), _KEY: key})


def plan_in(metadata: Any) -> str | None:
    """The plan that metadata names, `UNNAMED` where it names an account alone, null for neither."""
    words = (text(within(metadata, name)) for name in _PLAN)
    of_account = any(text(within(metadata, claim)) for claim in ACCOUNT_CLAIMS.values())
    return next((word for word in words if word), UNNAMED if of_account else None)


def item_of_plan(plan: Plan, price_id: str, seats: int | None) -> LineItem:
    """So many seats of a plan of the catalogue, as few as there can be where nobody says."""
    return LineItem(
        plan=plan.id,
        price_id=price_id,
        key=plan.entitlement_key,
        features=plan.features,
        seats=seats or plan.min_seats,
        min_seats=plan.min_seats,
        max_seats=plan.max_seats,
    )
