"""The marketplace: what the platform sells to accounts, as rows of `_store.products` and `…prices`.

The catalogue decides what is sold; the rows show it, apart from what merchants sell.
"""

from __future__ import annotations

from keystead.wire.nyra import ONCE
from keystead_stub.billing.catalogue import Catalogue
from keystead_stub.billing_apis.dashclicks.merchants import API
from keystead_stub.store.engine import Store
from keystead_stub.store.merchant_records import marketplace


def publish(store: Store, catalogue: Catalogue) -> None:
    """Write the catalogue's plans for accounts to the store."""
    plans = catalogue.sold_at(API)
    marketplace.publish(
        store,
        [
            marketplace.ProductRow(
                id=plan.product_id, name=plan.name, plan=plan.id, features=",".join(plan.features)
            )
            for plan in plans
        ],
        [
            marketplace.PriceRow(
                id=price.id,
                product_id=plan.product_id,
                amount=price.amount,
                currency=price.currency,
                interval=price.interval or ONCE,
            )
            for plan in plans
            for price in plan.prices
        ],
    )
