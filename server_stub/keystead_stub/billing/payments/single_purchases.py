"""What a customer has bought once: licenses without a period. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from keystead_stub.billing.billing_history import BillingHistory, Checkout, Tracked
from keystead_stub.billing.entitlements import ProductEntitlement
from keystead_stub.billing.payments import returned_payments


class SinglePurchase(msgspec.Struct, frozen=True, kw_only=True):
    """What was bought once and is paid; `returned` is why its payment no longer stands."""

    id: str
    bought_ms: int
    entitles: ProductEntitlement
    price_id: str | None
    seats: int
    returned: str | None
    free: bool


def single_purchases(
    history: BillingHistory, checkouts: Iterable[Tracked[Checkout]], returned: Mapping[str, str]
) -> Iterator[SinglePurchase]:
    """Yield the paid single purchases; `returned` are the invoices whose money went back."""
    for one in checkouts:
        checkout = one.value
        if checkout.once and checkout.paid is not None and checkout.entitles is not None:
            yield SinglePurchase(
                id=checkout.intent or "",
                bought_ms=one.first[0],
                entitles=checkout.entitles,
                price_id=checkout.price_id,
                seats=checkout.seats,
                returned=returned_payments.of_purchase(
                    history, returned, checkout.intent, checkout.amount, checkout.currency
                ),
                free=checkout.free,
            )
    for invoice_id, bought in history.purchases.items():
        yield SinglePurchase(
            id=invoice_id,
            bought_ms=bought.first[0],
            entitles=bought.value.entitles,
            price_id=bought.value.price_id,
            seats=bought.value.seats,
            returned=returned.get(invoice_id),
            free=bought.value.free,
        )
