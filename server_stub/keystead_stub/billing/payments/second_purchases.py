"""Refuse a checkout for a second subscription beside a live one (specification §7.7)."""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.billing import customer_states
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.license_seller import find_seller, standing_of
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import customers
from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_types.errors import StripeError

_OPEN_INVOICE = "open_invoice"
#: Statuses of a subscription that goes on once its open invoice is paid.
_OWED = frozenset({"past_due", "unpaid"})


class AlreadyEntitled(ProblemError):
    """The refusal; `hint` says what helps: ``portal``, ``open_invoice`` or ``restore``."""

    def __init__(self, sentence: str, hint: str, customer_id: str) -> None:
        super().__init__(sentence, code="already_entitled", extra={"hint": hint})
        self.hint = hint
        self.customer_id = customer_id


def check_customer(state: BillingState, *, entitled: bool) -> None:
    """Raise AlreadyEntitled if the customer has a live subscription, paid or to be paid."""
    if entitled:
        raise AlreadyEntitled(
            "There is already an active purchase. Change it in the customer portal.",
            "portal",
            state.customer_id,
        )
    # Stripe goes on with such a subscription: a second one would be paid for beside it.
    if state.status in _OWED:
        raise AlreadyEntitled(
            "There is already a subscription with an open invoice. Pay that invoice.",
            _OPEN_INVOICE,
            state.customer_id,
        )
    if state.reason == "payment_not_confirmed":
        raise AlreadyEntitled(
            "The payment of a purchase is still under way. See the customer portal.",
            "portal",
            state.customer_id,
        )


def check_address(
    services: Services, connection: sa.Connection, email: str | None, now_ms: int
) -> None:
    """Raise AlreadyEntitled if someone with this address has an active purchase."""
    for customer_id in customers.list_by_email(connection, email) if email else ():
        state = customer_states.state_of(connection, customer_id)
        # What a merchant has sold to this address is not the platform's.
        if state is None or state.account is not None:
            continue
        seller = find_seller(services, connection, state)
        if standing_of(services, state, seller, now_ms).active:
            raise AlreadyEntitled(
                "There is already an active purchase for this address. Restore it on this device.",
                "restore",
                customer_id,
            )


async def with_invoice(refused: AlreadyEntitled, stripe: StripeApi) -> ProblemError:
    """Return the refusal with the address of the open invoice, where one helps."""
    if refused.hint != _OPEN_INVOICE:
        return refused
    try:
        invoices = await stripe.list_invoices(refused.customer_id)
    except StripeError:
        return refused
    payable = (one.hosted_invoice_url for one in invoices if one.status == "open")
    url = next((one for one in payable if one), None)
    extra = {**refused.extra, "url": url} if url else refused.extra
    return ProblemError(refused.sentence, code=refused.code, extra=extra)
