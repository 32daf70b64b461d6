"""What the console shows: people, their money, and checkouts that are open."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead.instants import to_ms
from keystead_stub.pages import qr
from keystead_stub.rehearsal import Rehearsal
from keystead_stub.store import payment_links
from keystead_stub.store.payment_links import LinkRow
from keystead_stub.store.tables import checkout_devices
from keystead_stub.stripe_.interface import Customer, Subscription

#: So many payouts are shown.
PAYOUTS = 5
#: So many open checkouts are shown; each of them comes with a picture.
OPEN_CHECKOUTS = 5


class Person(msgspec.Struct, frozen=True):
    """A customer; `standing` is what the billing API holds of them, which may lag behind Stripe."""

    customer: Customer
    subscription: Subscription | None
    standing: str | None


class Funds(msgspec.Struct, frozen=True):
    """The account's money in one currency."""

    currency: str
    available: int
    pending: int


class PayoutView(msgspec.Struct, frozen=True):
    """Money on its way to the bank; `arrives_at` in ms."""

    id: str
    amount: int
    currency: str
    status: str
    arrives_at: int


class Money(msgspec.Struct, frozen=True):
    """What the account has, and what of it went to the bank lately."""

    funds: tuple[Funds, ...]
    payouts: tuple[PayoutView, ...]


class OpenCheckout(msgspec.Struct, frozen=True):
    """A checkout that a device started and nobody has paid; `code` is its link as a QR code."""

    device: str
    url: str
    code: str | None
    expires_at: int


def person(rehearsal: Rehearsal, customer: Customer) -> Person:
    subscription = rehearsal.controls.subscription(customer.id)
    return Person(customer, subscription, rehearsal.standing_of(customer.id))


def people(rehearsal: Rehearsal) -> list[Person]:
    """Every account's customers, the newest first."""
    found = [
        person(rehearsal.within(account_id), one)
        for account_id in rehearsal.controls.accounts()
        for one in rehearsal.within(account_id).controls.customers()
    ]
    # Of one instant the later one comes first, too.
    return sorted(found, key=lambda one: one.customer.created_ms)[::-1]


def money(rehearsal: Rehearsal) -> Money:
    """The newest payouts first."""
    balance = rehearsal.controls.balance()
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
            for one in rehearsal.controls.payouts()[:PAYOUTS]
        ),
    )


def open_checkouts(rehearsal: Rehearsal) -> list[OpenCheckout]:
    """The newest first."""
    services = rehearsal.services
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
        OpenCheckout(name or "A device", url, qr.picture(url), expires_at)
        for session_id, name, expires_at in rows
        for url in (_open_at(rehearsal, session_id, links[session_id]),)
        if url is not None
    ]


def _open_at(rehearsal: Rehearsal, session_id: str, link: LinkRow | None) -> str | None:
    """The page that is to be paid, or null where it is no longer."""
    if link is not None:
        controls = rehearsal.controls.holding("invoice", link.invoice_id)
        return link.url if controls.get_invoice(link.invoice_id).status == "open" else None
    controls = rehearsal.controls.holding("checkout.session", session_id)
    return controls.get_checkout(session_id).url
