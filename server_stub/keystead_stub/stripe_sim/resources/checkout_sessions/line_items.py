"""What is in a checkout session: prices of the account, or made for it, each so many times."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from keystead_stub.stripe_sim.engine import amounts
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions import shape as checkouts
from keystead_stub.stripe_sim.resources.coupons import rules as discounting
from keystead_stub.stripe_sim.resources.products import shape as sale
from keystead_stub.stripe_sim.resources.products.requests import NewPrice, NewProduct
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import CheckoutItem, InlinePrice, NewCheckout

#: As many as Stripe takes (https://docs.stripe.com/api/checkout/sessions/create).
_MOST_ITEMS = 100
#: As many as a subscription can have (https://docs.stripe.com/api/subscriptions/create).
_MOST_SUBSCRIBED = 20
#: The highest quantity of a price that is not seeded.
MOST_UNITS = 999_999


class Chosen(msgspec.Struct, frozen=True):
    """One line: its id, its price, whose product is called `name`, and how many."""

    id: str
    price: Json
    name: str
    quantity: int

    @property
    def amount(self) -> int:
        if sale.is_metered(self.price):
            return 0
        amount: int = self.price["unit_amount"] * self.quantity
        return amount


def choose(work: UnitOfWork, request: NewCheckout) -> list[Chosen]:
    """Return what is asked for, its prices made where they are inline.

    Raises StripeError for what cannot be sold so.
    """
    if not 1 <= len(request.items) <= _MOST_ITEMS:
        raise _refused(f"A checkout has 1 to {_MOST_ITEMS} line items.")
    if request.mode == "subscription":
        return choose_recurring(work, request.items)
    chosen = [_chosen(work, item, once=True) for item in request.items]
    if len({one.price["currency"] for one in chosen}) != 1:
        raise _refused("All line items are in one currency.")
    total = sum(one.amount for one in chosen)
    # What costs nothing is not charged.
    if total:
        amounts.check_charge(total, chosen[0].price["currency"])
    return chosen


def choose_recurring(work: UnitOfWork, items: Sequence[CheckoutItem]) -> list[Chosen]:
    """Return what is to be subscribed to; raises StripeError for what cannot be."""
    chosen = [_chosen(work, item, once=False) for item in items]
    check_together([one.price for one in chosen])
    return chosen


def check_together(prices: Sequence[Json]) -> None:
    """Raise StripeError unless these can be the prices of one subscription.

    Each is there once, and all have one currency and interval (Stripe's classic billing mode,
    https://docs.stripe.com/billing/subscriptions/billing-mode).
    """
    if not 1 <= len(prices) <= _MOST_SUBSCRIBED:
        raise _refused(f"A subscription has 1 to {_MOST_SUBSCRIBED} items.")
    if len({one["id"] for one in prices}) < len(prices):
        raise _refused("Two items of a subscription cannot have the same price.")
    if len({(one["currency"], one["recurring"]["interval"]) for one in prices}) > 1:
        raise _refused("All items of a subscription have one currency and interval.")


def _refused(sentence: str) -> StripeError:
    return StripeError(sentence, code="invalid_request")


def _chosen(work: UnitOfWork, item: CheckoutItem, *, once: bool) -> Chosen:
    if (item.price_id is None) == (item.price is None):
        raise _refused("A line item has a price, or the data of one.")
    if item.price is not None:
        price = inline(work, item.price)
    else:
        price = work.get("price", item.price_id or "")
        if not price["active"]:
            raise _refused("This price is not active.")
    check_price(work, price, item.quantity, once=once)
    product = work.get("product", price["product"])
    return Chosen(work.ids.new("li_1"), price, product["name"], item.quantity)


def check_price(work: UnitOfWork, price: Json, quantity: int, *, once: bool = False) -> None:
    """Raise StripeError unless so many of the price are sold, for `once` or again and again."""
    if (price["recurring"] is None) != once:
        raise _refused("This needs a one-time price." if once else "This needs a recurring price.")
    seeded = work.rules.seed.product_of_price(price["id"])
    lowest, highest = (seeded.min_quantity, seeded.max_quantity) if seeded else (1, MOST_UNITS)
    if not lowest <= quantity <= highest:
        raise _refused(f"The quantity must be {lowest} to {highest}.")


def inline(work: UnitOfWork, wanted: InlinePrice, *, credit: bool = False) -> Json:
    """Make the price, as nothing that anybody else could buy; below nothing, it is `credit`."""
    product_id = wanted.product_id
    if (product_id is None) == (wanted.name is None):
        raise _refused("A price is of a product, or of the data of one.")
    least = -amounts.MOST_MONEY if credit else 0
    if not least <= wanted.unit_amount <= amounts.MOST_MONEY:
        raise _refused(f"The amount must be {least} to {amounts.MOST_MONEY}.")
    if product_id is None:
        product_id = _inline_product(work, wanted)["id"]
    request = NewPrice(
        product_id=work.get("product", product_id)["id"],
        currency=wanted.currency,
        unit_amount=wanted.unit_amount,
        interval=wanted.interval,
        active=False,
    )
    price = sale.new_price(request, price_id=work.ids.new("price_1"), created=work.now_s)
    work.add(price)
    work.emit("price.created", price)
    return price


def _inline_product(work: UnitOfWork, wanted: InlinePrice) -> Json:
    request = NewProduct(name=wanted.name or "", description=wanted.description, active=False)
    product = sale.new_product(request, product_id=work.ids.new("prod_"), created=work.now_s)
    work.add(product)
    work.emit("product.created", product)
    return product


# Kept beside the session


def kept(chosen: Sequence[Chosen]) -> list[Json]:
    """Return what is remembered of the lines."""
    return [{"id": one.id, "price": one.price["id"], "quantity": one.quantity} for one in chosen]


def of(items: Sequence[Json], get: Callable[[str, str], Document]) -> list[Chosen]:
    """Return the lines of what was `kept`; `get` finds an object by its kind and id."""
    found = []
    for item in items:
        price = dict(get("price", item["price"]))
        name = get("product", price["product"])["name"]
        found.append(Chosen(item["id"], price, name, item["quantity"]))
    return found


def discounts(chosen: Sequence[Chosen], coupon: Document | None) -> tuple[int, ...]:
    """Return what a coupon takes off each line. Pure."""
    plain = [one.amount for one in chosen]
    return discounting.split(plain, coupon) if coupon else (0,) * len(plain)


def documents(chosen: Sequence[Chosen], coupon: Document | None) -> list[Json]:
    """Return the lines as Stripe's API gives them, less the session's discount. Pure."""
    off = discounts(chosen, coupon)
    return [
        checkouts.line_item(
            one.price,
            item_id=one.id,
            description=one.name,
            quantity=one.quantity,
            off=less,
        )
        for one, less in zip(chosen, off, strict=True)
    ]
