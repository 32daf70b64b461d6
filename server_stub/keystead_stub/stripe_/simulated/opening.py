"""What an account has from the start: the catalogue, and where its payouts go."""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.catalogue import Plan
from keystead_stub.stripe_.simulated import coupons, entitlements, funds
from keystead_stub.stripe_.simulated.ledger import Ledger
from keystead_stub.stripe_.simulated.shapes import sale

#: The billing API whose plans a connected account sells.
CONNECTED_API = "dashclicks"


def stock(ledger: Ledger) -> None:
    """Put what the account sells into it, where it is not there; tells nobody.

    The platform sells everything. A connected account sells its part under the same ids.
    """
    catalogue = ledger.rules.catalogue
    _goods(ledger, catalogue.plans if ledger.rows.is_platform else catalogue.sold_at(CONNECTED_API))
    for promotion in catalogue.promotions:
        coupons.stock(ledger, promotion)


def _goods(ledger: Ledger, plans: Sequence[Plan]) -> None:
    for plan in plans:
        if ledger.find("product", plan.product_id) is None:
            ledger.add(sale.product(plan, created=ledger.now_s))
        for feature in plan.features:
            entitlements.stock(ledger, feature)
        for offer in plan.prices:
            funds.stock_bank(ledger, offer.currency)
            if ledger.find("price", offer.id) is None:
                ledger.add(sale.price(plan, offer, created=ledger.now_s))
