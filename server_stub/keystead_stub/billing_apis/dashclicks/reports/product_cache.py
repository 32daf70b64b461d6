"""The cache of Stripe's products: the mirror, filled from Stripe where it misses one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keystead_stub.billing_apis.dashclicks.merchants.connections import Merchant
from keystead_stub.billing_apis.dashclicks.merchants.mirror import fetched
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import api_of, stripe_errors
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import mirror


async def products(
    services: Services, merchant: Merchant, product_ids: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Return these products by id; those that Stripe doesn't have are left out.

    Raises ProblemError (as `stripe_errors`).
    """
    wanted, account = sorted(product_ids), merchant.stripe_account_id
    with services.store.read() as connection:
        found = mirror.find_documents(connection, account, "product", wanted)
    for product_id in wanted:
        if product_id not in found and (fetched := await _fetch(services, merchant, product_id)):
            found[product_id] = fetched
    return found


async def _fetch(services: Services, merchant: Merchant, product_id: str) -> dict[str, Any] | None:
    try:
        with stripe_errors():
            product = await api_of(services, merchant).products.retrieve_async(product_id)
    except ProblemError as refused:
        if refused.code != "not_found":
            raise
        return None
    document = product.to_dict()
    # Older than any event of the product, so that its next event replaces it.
    record = fetched("product", document, rank=-1)
    with services.store.write() as connection:
        mirror.insert(services.store, connection, merchant.stripe_account_id, record)
    return document
