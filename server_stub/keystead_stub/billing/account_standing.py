"""The standing of an account of a billing API, by the state of the customer who pays for it."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead_stub.auth.seller_audience import audience_of
from keystead_stub.billing import customer_states
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.catalogue import Plan
from keystead_stub.billing.checkouts import is_entitled
from keystead_stub.billing.licensed_plans import plan_of
from keystead_stub.billing.licensing import state_at
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import accounts
from keystead_stub.store.account_ids import Account, own_shop


class AccountStanding(msgspec.Struct, frozen=True, kw_only=True):
    """`entitled` is decided for the present instant; `plan` is null for a price of no plan."""

    customer_id: str | None
    state: BillingState | None
    entitled: bool
    plan: Plan | None


def standing_of(
    services: Services, account: Account, product: str | None = None
) -> AccountStanding:
    """Decide what the account has now: for the program with this product id, or for any.

    Raises ProblemError (``other_product``) for a program that the account can buy nothing for.
    """
    now_ms = services.now_ms()
    with services.store.read() as connection:
        if product is None:
            return standing_in(services, connection, account, now_ms)
        buyer = _buyer_for(services, account, product)
        return _standing_in(services, connection, buyer, now_ms)


def _buyer_for(services: Services, account: Account, product: str) -> Account:
    """The account as a customer of the seller whose licenses the program accepts."""
    if product == services.terms.audience:
        return account
    if product == audience_of(services.terms.audience, account.account_id):
        return own_shop(account)
    raise ProblemError("This account buys for another product.", code="other_product")


def standing_in(
    services: Services, connection: sa.Connection, account: Account, now_ms: int
) -> AccountStanding:
    """Decide what the account has at `now_ms`, within the caller's transaction.

    What it has bought from the platform counts first, then what it has bought in its own shop.
    """
    platforms = _standing_in(services, connection, account, now_ms)
    if platforms.entitled:
        return platforms
    own = _standing_in(services, connection, own_shop(account), now_ms)
    return own if own.entitled or platforms.customer_id is None else platforms


def _standing_in(
    services: Services, connection: sa.Connection, account: Account, now_ms: int
) -> AccountStanding:
    customer_id = accounts.find_customer(connection, account)
    found = customer_states.state_of(connection, customer_id) if customer_id else None
    state = state_at(found, services.terms, now_ms) if found else None
    return AccountStanding(
        customer_id=customer_id,
        state=state,
        entitled=state is not None and is_entitled(services, connection, state, now_ms),
        plan=plan_of(services.catalogue, state) if state else None,
    )


def paying_customer(services: Services, account: Account, product: str | None = None) -> str:
    """The account's customer at Stripe, for a program as in `standing_of`.

    Raises ProblemError (``nothing_bought``, ``other_product``).
    """
    customer_id = standing_of(services, account, product).customer_id
    if customer_id is None:
        raise ProblemError("This account has no purchase yet.", code="nothing_bought")
    return customer_id
