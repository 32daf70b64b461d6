"""The customer, account and checkout that a Stripe event belongs to."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from keystead_stub.billing.event_subject import (
    Subject,
    identify,
    keeps_unclaimed,
    must_wait,
    payments_named,
    stripe_customer_of,
)
from keystead_stub.store.account_ids import Account, own_shop
from keystead_stub.stripe_types.events import StripeEvent
from support.billing_events import T0

ACME = Account("mission-control", "acme")
SHOP = Account("dashclicks", "shop")


class Known(msgspec.Struct, kw_only=True):
    """Known objects, customers, links and guest charges, in dictionaries instead of a database."""

    objects: dict[str, str] = {}
    customers: dict[Account, str] = {}
    links: dict[str, str] = {}
    guests: set[str] = set()
    platform_guests: set[str] = set()

    def customer_of_object(self, object_id: str) -> str | None:
        return self.objects.get(object_id)

    def customer_of_account(self, account: Account) -> str | None:
        return self.customers.get(account)

    def account_of_merchant(self, stripe_account_id: str) -> Account | None:
        return SHOP if stripe_account_id == "acct_shop" else None

    def link_of_invoice(self, invoice_id: str) -> str | None:
        return self.links.get(invoice_id)

    def is_guests(self, stripe_account_id: str | None, payment_id: str) -> bool:
        guests = self.guests if stripe_account_id == "acct_shop" else self.platform_guests
        return payment_id in guests


def event_of(kind: str, account: str | None = None, **body: Any) -> StripeEvent:
    return StripeEvent(
        id="evt_1", type=kind, created_ms=T0 * 1000, object={"id": "x_1", **body}, account=account
    )


def subject(event: StripeEvent, api: str = "mission-control", **known: Any) -> Subject:
    return identify(event, Known(**known), api)


def test_the_customer_of_the_object_takes_precedence() -> None:
    event = event_of("invoice.created", customer="cus_1", subscription="sub_1")
    assert subject(event, objects={"sub_1": "cus_2"}) == Subject(customer_id="cus_1")
    assert subject(event_of("customer.updated", object="customer")).customer_id == "x_1"


@pytest.mark.parametrize("name", ["charge", "payment_intent", "invoice", "subscription"])
def test_an_object_without_a_customer_belongs_to_the_customer_of_its_reference(name: str) -> None:
    event = event_of("charge.dispute.created", **{name: "known_1"})
    assert subject(event, objects={"known_1": "cus_1"}).customer_id == "cus_1"
    assert subject(event).customer_id is None


def test_a_known_object_without_a_customer_is_found_by_its_id() -> None:
    assert subject(event_of("charge.succeeded"), objects={"x_1": "cus_1"}).customer_id == "cus_1"


def test_an_invoice_without_a_customer_is_found_by_its_subscription() -> None:
    event = event_of("invoice.created", parent={"subscription_details": {"subscription": "sub_1"}})
    assert subject(event, objects={"sub_1": "cus_1"}).customer_id == "cus_1"


def test_an_account_in_metadata_identifies_its_customer() -> None:
    event = event_of("invoice.created", metadata={"tenantId": "acme"})
    assert subject(event, customers={ACME: "cus_1"}) == Subject(customer_id="cus_1", account=ACME)
    assert subject(event) == Subject(customer_id="account:mission-control:acme", account=ACME)
    known = subject(event, objects={"x_1": "cus_2"}, customers={ACME: "cus_1"})
    assert known == Subject(customer_id="cus_2", account=ACME)


def test_events_of_a_connected_account_concern_its_own_merchant_only() -> None:
    metadata = {"billingApi": "dashclicks", "accountId": "shop"}
    own = event_of("invoice.created", "acct_shop", metadata=metadata)
    # As a buyer in its own shop: the platform's customer of the account is another one.
    in_own_shop = own_shop(SHOP)
    stand_in = "account:dashclicks-own:shop"
    assert subject(own, customers={SHOP: "cus_1"}) == Subject(
        customer_id=stand_in, account=in_own_shop
    )
    assert subject(own, customers={in_own_shop: "cus_2"}).customer_id == "cus_2"
    assert subject(
        event_of("invoice.created", "acct_shop", metadata={"tenantId": "acme"})
    ) == Subject(customer_id=None)
    assert subject(event_of("invoice.created", "acct_other", metadata=metadata)).account is None
    assert subject(event_of("invoice.created", metadata=metadata)).account == SHOP


def test_a_completed_session_and_a_paid_link_complete_a_checkout() -> None:
    links = {"x_1": "link_1"}
    assert subject(event_of("checkout.session.completed")).checkout_id == "x_1"
    for kind in ("invoice.paid", "invoice.payment_succeeded"):
        assert subject(event_of(kind), links=links).checkout_id == "link_1"
        assert subject(event_of(kind)).checkout_id is None
    assert subject(event_of("invoice.created"), links=links).checkout_id is None
    assert subject(event_of("invoice.paid", id=None), links=links).checkout_id is None


@pytest.mark.parametrize("kind", ["charge.dispute.created", "invoice_payment.paid"])
def test_an_event_about_an_unknown_payment_is_deferred(kind: str) -> None:
    assert must_wait(event_of(kind), Known())
    assert must_wait(event_of(kind, charge="ch_1"), Known(guests={"ch_1"}))
    assert must_wait(event_of(kind, "acct_shop"), Known(guests={"ch_1"}))
    assert must_wait(event_of(kind, "acct_shop", charge="ch_2"), Known(guests={"ch_1"}))


def test_a_dispute_of_a_guests_charge_concerns_no_customer() -> None:
    event = event_of("charge.dispute.created", "acct_shop", charge="ch_1")
    assert not must_wait(event, Known(guests={"ch_1"}))
    assert not must_wait(event_of("invoice.created"), Known())


@pytest.mark.parametrize("name", ["charge", "payment_intent"])
def test_a_dispute_of_a_guest_of_the_platform_concerns_no_customer(name: str) -> None:
    event = event_of("charge.dispute.created", **{name: "pay_1"})
    assert must_wait(event, Known(guests={"pay_1"}))
    assert not must_wait(event, Known(platform_guests={"pay_1"}))


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}, {"ch_1", "pi_1"}),
        ({"object": "payment_intent", "id": "pi_1", "latest_charge": "ch_1"}, {"ch_1", "pi_1"}),
        ({"object": "dispute", "charge": {"id": "ch_1"}}, {"ch_1"}),
        ({"object": "invoice_payment", "payment": {"payment_intent": "pi_1"}}, {"pi_1"}),
        ({"object": "invoice", "charge": "ch_1", "payment_intent": None}, {"ch_1"}),
        ({"object": "customer"}, set()),
    ],
)
def test_events_name_the_payments_that_they_are_about(body: Any, named: set[str]) -> None:
    assert payments_named(event_of("x", **body)) == named


def test_events_of_guests_payments_are_kept_on_the_platforms_own_account() -> None:
    assert keeps_unclaimed(event_of("charge.succeeded"))
    assert not keeps_unclaimed(event_of("charge.succeeded", "acct_shop"))
    assert not keeps_unclaimed(event_of("product.created"))


def test_a_stand_in_is_no_customer_at_stripe() -> None:
    event = event_of("payment_intent.succeeded", metadata={"tenantId": "acme"})
    found = identify(event, Known(), "mission-control").customer_id
    assert found is not None
    assert stripe_customer_of(found) is None
    assert stripe_customer_of("cus_1") == "cus_1"
