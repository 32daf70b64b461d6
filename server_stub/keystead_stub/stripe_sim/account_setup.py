"""What an account has from the start: the catalogue, and where its payouts go."""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.billing.catalogue import Plan
from keystead_stub.stripe_sim.engine.unit_of_work import Ledger
from keystead_stub.stripe_sim.resources.balance_transactions import operations as funds
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.entitlements import operations as entitlements
from keystead_stub.stripe_sim.resources.products import shape as sale

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
