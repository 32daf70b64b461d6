"""Simulated Stripe: an account with its resources, and the way to the other accounts."""

from __future__ import annotations

from hashlib import sha256
from typing import Self

import sqlalchemy as sa

from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim import account_setup, timers
from keystead_stub.stripe_sim.engine import clock_and_lock, records
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.clock_and_lock import Timer
from keystead_stub.stripe_sim.engine.rows import ACCOUNT_ID, Rows
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.accounts import shape
from keystead_stub.stripe_sim.resources.accounts.shape import OpenedAccount
from keystead_stub.stripe_sim.resources.billing_portal import operations as billing_portal
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout_sessions
from keystead_stub.stripe_sim.resources.entitlements import operations as entitlements
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import NewCheckout, NewPortal
from keystead_stub.stripe_types.values import CheckoutSession, PortalSession

KIND = "account"
_PLATFORM_NAME = "Keystead"


class SimulatedStripe(Account):
    """One account of simulated Stripe, and the way to the others.

    What can be done in an account is an operation or a query of a resource: see `run`, `submit`,
    `preview` and `read`.
    """

    def open_account(self, name: str) -> OpenedAccount:
        """Connect a new account to the platform, with the seed of connected accounts."""
        # The lock is taken by hand, because the account's object belongs to the platform and its
        # seed to itself: two units of work in one transaction.
        opened = OpenedAccount(id=self.new_id("acct_1"), secret_key=self.new_id("sk_test_51"))
        with self.store.write() as connection:
            moment = clock_and_lock.take(connection, self._real_ms())
            platform = self._unit_of_work(Rows(connection, ACCOUNT_ID), moment, automatic=True)
            platform.add(shape.account(account_id=opened.id, name=name, created=platform.now_s))
            # Only the hash is stored: the key is shown once, as Stripe's dashboard shows it.
            row = {"key_hash": _hash(opened.secret_key), "account_id": opened.id}
            connection.execute(stripe_tables.keys.insert().values(row))
            self.set_up(self._unit_of_work(Rows(connection, opened.id), moment, automatic=True))
        return opened

    def account(self) -> Document:
        """Return this account as Stripe's object."""
        with self.store.read() as connection:
            return self._account(connection, self.account_id)

    def _account(self, connection: sa.Connection, account_id: str) -> Document:
        # The platform is not an object of its own account, so its account object is built on
        # request.
        if account_id == ACCOUNT_ID:
            return shape.account(account_id=ACCOUNT_ID, name=_PLATFORM_NAME, created=0)
        found = records.find_document(Rows(connection, ACCOUNT_ID), KIND, account_id)
        if found is None:
            raise no_access()
        return found

    def within(self, account_id: str) -> Self:
        """Return the simulation for an account; only the platform may name another than its own.

        Raises StripeError `account_invalid`.
        """
        if account_id == self.account_id:
            return self
        # The same error as for a missing account, so that a key cannot find out which accounts
        # exist.
        if self.account_id != ACCOUNT_ID:
            raise no_access()
        with self.store.read() as connection:
            self._account(connection, account_id)
        return self.acting_in(account_id)

    def by_key(self, secret_key: str) -> Self:
        """Return the simulation for a key's account; an unknown key acts in the platform's."""
        table = stripe_tables.keys
        query = sa.select(table.c.account_id).where(table.c.key_hash == _hash(secret_key))
        with self.store.read() as connection:
            found = connection.execute(query).scalar_one_or_none()
        # Stripe's test keys are the developer's own; the stub takes any of them for the platform's.
        return self.acting_in(found or ACCOUNT_ID)

    def holding(self, kind: str, object_id: str) -> Self:
        """Return the simulation for the account that has an object or event of this id.

        If several accounts have it, this one is preferred. An unknown id returns this account.
        """
        table = stripe_tables.events if kind == "event" else stripe_tables.objects
        query = sa.select(table.c.account_id).where(table.c.id == object_id)
        if kind != "event":
            query = query.where(table.c.kind == kind)
        with self.store.read() as connection:
            found = connection.execute(query.order_by(table.c.seq)).scalars().all()
        # Seeded ids exist in several accounts. An unknown id is left to the caller, whose lookup
        # raises Stripe's error.
        if self.account_id in found or not found:
            return self
        return self.acting_in(found[0])

    def set_up(self, work: UnitOfWork) -> None:
        account_setup.stock(work)

    def run_timer(self, work: UnitOfWork, timer: Timer) -> None:
        timers.run(work, timer)

    def update_entitlements(self, work: UnitOfWork, customer_id: str) -> None:
        entitlements.publish_summary(work, customer_id)

    async def create_checkout_session(self, request: NewCheckout) -> CheckoutSession:
        return views.checkout_session(self.submit(checkout_sessions.create, request))

    async def create_portal_session(self, request: NewPortal) -> PortalSession:
        return views.portal_session(self.submit(billing_portal.create, request))


def no_access() -> StripeError:
    """Return the error for a key without access to the account."""
    return StripeError(
        "The provided key does not have access to this account, or there is no such account.",
        code="account_invalid",
        status=403,
    )


def _hash(secret_key: str) -> str:
    return sha256(secret_key.encode()).hexdigest()
