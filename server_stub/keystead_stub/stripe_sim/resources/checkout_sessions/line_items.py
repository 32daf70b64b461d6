"""Line items of checkout sessions and new subscriptions: a price and a quantity each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from keystead_stub.stripe_sim.engine import amounts, errors
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions import shape
from keystead_stub.stripe_sim.resources.discounts import rules as discount_rules
from keystead_stub.stripe_sim.resources.prices import operations as prices
from keystead_stub.stripe_sim.resources.prices import shape as price_shape
from keystead_stub.stripe_sim.resources.subscription_items import rules as item_rules
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout

#: As many as Stripe takes (https://docs.stripe.com/api/checkout/sessions/create).
_MAX_LINE_ITEMS = 100


class LineItem(msgspec.Struct, frozen=True):
    """One line: its id, its price, whose product is called `name`, and how many."""

    id: str
    price: Json
    name: str
    quantity: int

    @property
    def amount(self) -> int:
        # Usage is billed afterwards, so nothing of it is due at checkout.
        if price_shape.is_metered(self.price):
            return 0
        amount: int = self.price["unit_amount"] * self.quantity
        return amount


def for_session(work: UnitOfWork, request: NewCheckout) -> list[LineItem]:
    """Return the requested lines; inline prices are created.

    Raises StripeError for prices or quantities that cannot be sold in this mode.
    """
    if not 1 <= len(request.items) <= _MAX_LINE_ITEMS:
        raise errors.invalid_request(
            f"line_items must have between 1 and {_MAX_LINE_ITEMS} entries."
        )
    if request.mode == "subscription":
        return for_subscription(work, request.items)
    lines = [_line_item(work, item, once=True) for item in request.items]
    # One session has one payment, and a payment has one currency.
    if len({one.price["currency"] for one in lines}) != 1:
        raise errors.invalid_request("All line items must have the same currency.")
    total = sum(one.amount for one in lines)
    # Stripe's minimum applies to charges, and a free purchase has none.
    if total:
        amounts.check_charge(total, lines[0].price["currency"])
    return lines


def for_subscription(work: UnitOfWork, items: Sequence[CheckoutItem]) -> list[LineItem]:
    """Return the lines of a subscription; raises StripeError for prices that don't recur."""
    lines = [_line_item(work, item, once=False) for item in items]
    item_rules.check_together([one.price for one in lines])
    return lines


def _line_item(work: UnitOfWork, item: CheckoutItem, *, once: bool) -> LineItem:
    if (item.price_id is None) == (item.price is None):
        raise errors.invalid_request(
            "You must specify exactly one of these parameters: price, price_data."
        )
    if item.price is not None:
        price = prices.create_inline(work, item.price)
    else:
        price = work.get("price", item.price_id or "")
        if not price["active"]:
            raise errors.invalid_request(
                "The price specified is inactive. This field only accepts active prices."
            )
    prices.check_sellable(work, price, item.quantity, once=once)
    product = work.get("product", price["product"])
    return LineItem(work.ids.new("li_1"), price, product["name"], item.quantity)


# Kept beside the session


def to_private(lines: Sequence[LineItem]) -> list[Json]:
    """Return the lines as they are stored beside the session."""
    return [{"id": one.id, "price": one.price["id"], "quantity": one.quantity} for one in lines]


def from_private(items: Sequence[Json], get: Callable[[str, str], Document]) -> list[LineItem]:
    """Return the stored lines; `get` finds an object by its kind and id."""
    found = []
    for item in items:
        # Copied, because a snapshot's objects are read only.
        price = dict(get("price", item["price"]))
        name = get("product", price["product"])["name"]
        found.append(LineItem(item["id"], price, name, item["quantity"]))
    return found


def discount_amounts(lines: Sequence[LineItem], coupon: Document | None) -> tuple[int, ...]:
    """Return what a coupon takes off each line. Pure."""
    plain = [one.amount for one in lines]
    return discount_rules.split(plain, coupon) if coupon else (0,) * len(plain)


def documents(lines: Sequence[LineItem], coupon: Document | None) -> list[Json]:
    """Return the lines as Stripe's API gives them, less the session's discount. Pure."""
    off = discount_amounts(lines, coupon)
    return [
        shape.line_item(
            one.price,
            item_id=one.id,
            description=one.name,
            quantity=one.quantity,
            off=less,
        )
        for one, less in zip(lines, off, strict=True)
    ]
