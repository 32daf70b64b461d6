"""What an account has from the start: the catalogue, and where its payouts go."""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.billing.catalogue import Plan
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.balance_transactions import operations as funds
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.entitlements import operations as entitlements
from keystead_stub.stripe_sim.resources.products import shape as sale

#: The billing API whose plans a connected account sells.
CONNECTED_API = "dashclicks"


def stock(work: UnitOfWork) -> None:
    """Put what the account sells into it, where it is not there; tells nobody.

    The platform sells everything. A connected account sells its part under the same ids.
    """
    catalogue = work.rules.catalogue
    _goods(work, catalogue.plans if work.rows.is_platform else catalogue.sold_at(CONNECTED_API))
    for promotion in catalogue.promotions:
        coupons.stock(work, promotion)


def _goods(work: UnitOfWork, plans: Sequence[Plan]) -> None:
    for plan in plans:
        if work.find("product", plan.product_id) is None:
            work.add(sale.product(plan, created=work.now_s))
        for feature in plan.features:
            entitlements.stock(work, feature)
        for offer in plan.prices:
            funds.stock_bank(work, offer.currency)
            if work.find("price", offer.id) is None:
                work.add(sale.price(plan, offer, created=work.now_s))
