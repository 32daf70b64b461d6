"""The data that the console shows: customers, money, and open checkouts."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead.instants import to_ms
from keystead_stub.controls.billing_sandbox import BillingSandbox
from keystead_stub.http.pages import qr
from keystead_stub.store import payment_links
from keystead_stub.store.payment_links import LinkRow
from keystead_stub.store.tables import checkout_devices
from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.rows import ACCOUNT_ID
from keystead_stub.stripe_sim.engine.search import Query
from keystead_stub.stripe_sim.resources.balance import queries as balance_queries
from keystead_stub.stripe_sim.resources.checkout_sessions import queries as checkout_sessions
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_sim.resources.payouts import queries as payouts_queries
from keystead_stub.stripe_sim.resources.subscriptions import queries as subscriptions
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.values import Customer, Subscription

#: How many payouts are shown.
PAYOUTS = 5
#: How many payments of a customer are shown.
PAYMENTS = 25
#: How many open checkouts are shown; each needs a QR code.
OPEN_CHECKOUTS = 5


class Person(msgspec.Struct, frozen=True):
    """A customer. `standing` is the billing API's view of them, which may lag behind Stripe.

    `account` is the name of the connected account that they belong to; null for the platform's.
    """

    customer: Customer
    subscription: Subscription | None
    standing: str | None
    account: str | None


class Funds(msgspec.Struct, frozen=True):
    """The account's balance in one currency."""

    currency: str
    available: int
    pending: int


class PayoutView(msgspec.Struct, frozen=True):
    """A payout to the bank; `arrives_at` in ms."""

    id: str
    amount: int
    currency: str
    status: str
    arrives_at: int


class Money(msgspec.Struct, frozen=True):
    """The account's balances and its latest payouts."""

    funds: tuple[Funds, ...]
    payouts: tuple[PayoutView, ...]


class ConnectedAccount(msgspec.Struct, frozen=True):
    """An account that is connected to the platform's."""

    id: str
    name: str
    customers: int
    money: Money


class PaymentView(msgspec.Struct, frozen=True):
    """A customer's charge, and whether it was refunded or disputed."""

    id: str
    created_ms: int
    status: str
    amount: int
    refunded: int
    currency: str


class OpenCheckout(msgspec.Struct, frozen=True):
    """A checkout that a device started and nobody has paid; `code` is its link as a QR code."""

    device: str
    url: str
    code: str | None
    expires_at: int


def account_names(sandbox: BillingSandbox) -> dict[str, str]:
    """Return the connected accounts' names by their ids, the oldest first."""
    found = sandbox.stripe.accounts()
    return {one: sandbox.within(one).seller for one in found if one != ACCOUNT_ID}


def person(sandbox: BillingSandbox, customer: Customer) -> Person:
    """Return a customer of the account that the sandbox acts in."""
    controls = sandbox.stripe
    account = sandbox.seller if controls.account_id != ACCOUNT_ID else None
    subscription = controls.read(subscriptions.current, customer.id)
    return Person(customer, subscription, sandbox.standing_of(customer.id), account)


def people(sandbox: BillingSandbox) -> list[Person]:
    """Return every account's customers, the newest first."""
    found = [
        person(sandbox.within(account_id), one)
        for account_id in sandbox.stripe.accounts()
        for one in sandbox.within(account_id).stripe.read(customer_queries.list_all)
    ]
    # Reversed rather than sorted in reverse, so that of one instant the later comes first, too.
    return sorted(found, key=lambda one: one.customer.created_ms)[::-1]


def connected_accounts(sandbox: BillingSandbox) -> list[ConnectedAccount]:
    """Return the connected accounts, the newest first."""
    found = []
    for account_id, name in account_names(sandbox).items():
        account = sandbox.within(account_id)
        customers = len(account.stripe.read(customer_queries.list_all))
        found.append(ConnectedAccount(account_id, name, customers, money(account)))
    return found[::-1]


def money(sandbox: BillingSandbox) -> Money:
    """Return the money of the account that the sandbox acts in, with the newest payouts first."""
    balance = sandbox.stripe.read(balance_queries.get)
    pending = {one["currency"]: one["amount"] for one in balance["pending"]}
    return Money(
        tuple(
            Funds(one["currency"], one["amount"], pending[one["currency"]])
            for one in balance["available"]
        ),
        tuple(
            PayoutView(
                one["id"],
                one["amount"],
                one["currency"],
                one["status"],
                to_ms(one["arrival_date"]),
            )
            for one in sandbox.stripe.read(payouts_queries.list_all)[:PAYOUTS]
        ),
    )


def payments(sandbox: BillingSandbox, customer_id: str) -> list[PaymentView]:
    """Return a customer's charges, the newest first."""
    query = Query(kind="charge", customer_id=customer_id, limit=PAYMENTS)
    return [
        PaymentView(
            one["id"],
            to_ms(one["created"]),
            _standing(one),
            one["amount"],
            one["amount_refunded"],
            one["currency"],
        )
        for one in sandbox.stripe.read(lookup.list_objects, query).data
    ]


def _standing(charge: Document) -> str:
    # The most serious first, because a charge can be several of these.
    if charge["disputed"]:
        return "disputed"
    if charge["refunded"]:
        return "refunded"
    if charge["status"] == "succeeded":
        return "paid" if charge["captured"] else "held"
    return str(charge["status"])


def open_checkouts(sandbox: BillingSandbox) -> list[OpenCheckout]:
    """Return the open checkouts, the newest first."""
    services = sandbox.services
    table = checkout_devices.c
    query = (
        sa.select(table.session_id, table.name, table.expires_at)
        .where(table.completed_at.is_(None), table.expires_at > services.stripe_now_ms())
        .order_by(table.created_at.desc())
        .limit(OPEN_CHECKOUTS)
    )
    with services.store.read() as connection:
        rows = connection.execute(query).all()
        links = {row.session_id: payment_links.find(connection, row.session_id) for row in rows}
    return [
        OpenCheckout(name or "A device", url, qr.data_url(url), expires_at)
        for session_id, name, expires_at in rows
        for url in (_open_at(sandbox, session_id, links[session_id]),)
        if url is not None
    ]


def _open_at(sandbox: BillingSandbox, session_id: str, link: LinkRow | None) -> str | None:
    """Return the page to pay on, or null where it is no longer open."""
    if link is not None:
        controls = sandbox.stripe.holding("invoice", link.invoice_id)
        return link.url if controls.read(invoices.get, link.invoice_id).status == "open" else None
    controls = sandbox.stripe.holding("checkout.session", session_id)
    return controls.read(checkout_sessions.get, session_id).url
