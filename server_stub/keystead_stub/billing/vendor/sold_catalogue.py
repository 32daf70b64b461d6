"""What this database has sold before: plans that left the catalogue, and prices that changed.

At Stripe a price's amount never changes, so a plan at a new price has another price, and whoever
subscribed before keeps paying the old one. Such a price, and a plan that is no longer sold, still
give what they gave.
"""

from __future__ import annotations

import msgspec

from keystead.errors import InvalidInput
from keystead_stub.billing.catalogue import Catalogue, Plan
from keystead_stub.http.product import EXAMPLE, Product
from keystead_stub.store import customers
from keystead_stub.store.catalogue import sold_prices
from keystead_stub.store.catalogue.sold_prices import SoldPrice
from keystead_stub.store.engine import Store

_plan = msgspec.json.Decoder(Plan)


def take_over(store: Store, *, product: Product, catalogue: Catalogue) -> Catalogue:
    """Record the catalogue, and return it with what was sold in its place before.

    Raises InvalidInput (``other_product``) for a database of another product: its customers would
    get licenses for what they have never bought.
    """
    with store.write() as connection:
        # Before products were recorded there was only the example.
        older = sold_prices.product_of(connection) is None and customers.any_known(connection)
        owner = sold_prices.claim(store, connection, EXAMPLE.id if older else product.id)
        if owner != product.id:
            raise InvalidInput(
                f'The database holds the customers of the product "{owner}", '
                f'and the profile is of "{product.id}".',
                code="other_product",
                remedy=f'Name another --database, or serve it with the profile of "{owner}".',
            )
        known = [_plan.decode(row.plan) for row in sold_prices.list_all(connection)]
        on_sale = catalogue.price_ids
        before = [plan for plan in known if plan.prices[0].id not in on_sale]
        for plan in catalogue.plans:
            # A plan that is still sold gives what it gives now, at its old prices, too.
            earlier = [price for old in before if old.id == plan.id for price in old.prices]
            for price in (*plan.prices, *earlier):
                alone = msgspec.structs.replace(plan, prices=(price,))
                row = SoldPrice(price_id=price.id, plan=msgspec.json.encode(alone).decode())
                sold_prices.save(store, connection, row)
    return msgspec.structs.replace(catalogue, retired=tuple(before))
