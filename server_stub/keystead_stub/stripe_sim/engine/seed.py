"""The products, prices and promotions that a simulated account has from the start. Pure.

Whoever builds the simulation passes them in: it knows no catalogue of its own. Amounts are in the
currency's smallest unit.
"""

from __future__ import annotations

import msgspec

from keystead_stub.stripe_types.values import Interval


class SeedPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price of a product; without an interval it is paid once."""

    id: str
    currency: str
    unit_amount: int
    interval: Interval | None
    lookup_key: str


class SeedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its prices.

    `features` become entitlements of whoever subscribes to it. It is sold in quantities from
    `min_quantity` to `max_quantity`. `retired_prices` are ids of prices that were on sale before;
    a product without `prices` is no longer on sale itself.
    """

    id: str
    name: str
    metadata: dict[str, str]
    features: tuple[str, ...]
    prices: tuple[SeedPrice, ...]
    min_quantity: int
    max_quantity: int
    retired_prices: tuple[str, ...] = ()

    @property
    def price_ids(self) -> frozenset[str]:
        """The ids of its prices, also of those that are no longer on sale."""
        return frozenset((*(price.id for price in self.prices), *self.retired_prices))


class SeedPromotion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion code with its coupon: a percentage or an amount off, for `months` or once."""

    code: str
    name: str
    percent_off: float | None
    amount_off: int | None
    currency: str
    months: int | None
    active: bool


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """What accounts are created with: only the platform `products`, all of them promotions."""

    products: tuple[SeedProduct, ...] = ()
    promotions: tuple[SeedPromotion, ...] = ()

    @property
    def price_ids(self) -> frozenset[str]:
        """The ids of all seeded prices."""
        return frozenset().union(*(product.price_ids for product in self.products))

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the prices, each once."""
        prices = (price for product in self.products for price in product.prices)
        return tuple(dict.fromkeys(price.currency for price in prices))

    def product(self, product_id: str) -> SeedProduct | None:
        return next((one for one in self.products if one.id == product_id), None)

    def product_of_price(self, price_id: str) -> SeedProduct | None:
        found = (one for one in self.products if price_id in one.price_ids)
        return next(found, None)
