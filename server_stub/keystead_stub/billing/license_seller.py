"""Who sold what a license is for, and what its audience is therefore (specification §3.10).

A document is worth what its audience says. The platform's catalogue is sold at the platform's own
Stripe account and has the product's audience. Whatever is sold at a merchant's Stripe account has
the merchant's audience, because the merchant can write everything there: prices, discounts,
metadata, and that an invoice is paid.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.auth.seller_audience import audience_of
from keystead_stub.billing import licensing
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.licensed_plans import entitlement_of
from keystead_stub.services import Services
from keystead_stub.store.merchant_records import account_records


class LicenseSeller(msgspec.Struct, frozen=True, kw_only=True):
    """The audience of the seller's documents.

    `sells` is whether it sells licenses at all, `gives_free` whether a price of 0 sells one.
    """

    audience: str
    sells: bool = True
    gives_free: bool = True


def find_seller(
    services: Services, connection: sa.Connection, state: BillingState
) -> LicenseSeller:
    """Return who sold what the customer in this state has."""
    if state.account is None:
        return LicenseSeller(audience=services.terms.audience)
    return find_merchant(services, connection, state.account)


def find_merchant(
    services: Services, connection: sa.Connection, stripe_account_id: str
) -> LicenseSeller:
    """Return who sells at a merchant's Stripe account."""
    product_id = services.terms.audience
    account = services.merchants.account_of(connection, stripe_account_id)
    if account is None:
        # Nobody has connected this Stripe account: no program accepts its documents.
        return LicenseSeller(audience=audience_of(product_id, stripe_account_id), sells=False)
    known = account_records.find(connection, account.account_id)
    return LicenseSeller(
        audience=audience_of(product_id, account.account_id),
        gives_free=known is not None and known.gives_free_licenses,
    )


def standing_of(
    services: Services,
    state: BillingState,
    seller: LicenseSeller,
    now_ms: int,
    *,
    removed: bool = False,
) -> licensing.Standing:
    """Decide what a device of a customer in this state may do."""
    current = licensing.state_at(state, services.terms, now_ms)
    sold = seller.sells and (seller.gives_free or not current.free)
    return licensing.decide_standing(
        current,
        entitles=entitlement_of(services.catalogue, current) if sold else None,
        now_ms=now_ms,
        terms=services.terms,
        removed=removed,
    )
