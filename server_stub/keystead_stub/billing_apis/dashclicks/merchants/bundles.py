"""The setup fee of a bundle: the price of the product that SETUP_PRODUCT names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keystead_stub.billing.entitlements import LineItem
from keystead_stub.billing_apis.dashclicks.merchants import products
from keystead_stub.http.errors import ProblemError
from keystead_stub.settings import Settings
from keystead_stub.stripe_types.requests import CheckoutItem

if TYPE_CHECKING:
    from stripe._v1_services import V1Services


async def setup_fee(
    api: V1Services, settings: Settings, item: LineItem
) -> tuple[CheckoutItem, ...]:
    """Return the setup fee as what is sold beside the item: the product's newest one-time price.

    Raises ProblemError (``invalid_request``) for a recurring item, or where nothing is sold as the
    setup fee; and what Stripe refuses.
    """
    if not item.once:
        raise not_once()
    if not settings.setup_product:
        raise ProblemError("SETUP_PRODUCT is not set.", code="invalid_request")
    listed = await api.prices.list_async(
        {
            "product": settings.setup_product,
            "active": True,
            "type": "one_time",
            "limit": products.WHOLE_PAGE,
        }
    )
    if not listed.data:
        raise ProblemError("SETUP_PRODUCT has no one-time price here.", code="invalid_request")
    return (CheckoutItem(price_id=listed.data[0].id, quantity=1),)


def not_once() -> ProblemError:
    return ProblemError("A bundle needs a one-time price.", code="invalid_request")
