"""Connected accounts: separate customers, money and events, on one clock."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keystead_stub import stripe_sim
from keystead_stub.stripe_sim import account_setup, customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine import lookup, records
from keystead_stub.stripe_sim.engine.rows import ACCOUNT_ID
from keystead_stub.stripe_sim.engine.search import Query
from keystead_stub.stripe_sim.resources.balance import queries as balance_queries
from keystead_stub.stripe_sim.resources.checkout_sessions import queries as checkout_sessions
from keystead_stub.stripe_sim.resources.customers import deletion as customer_deletion
from keystead_stub.stripe_sim.resources.customers import operations as customers_operations
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.customers.requests import NewCustomer
from keystead_stub.stripe_sim.resources.entitlements import queries as entitlements
from keystead_stub.stripe_sim.resources.events import operations as event_operations
from keystead_stub.stripe_sim.resources.events import queries as events_queries
from keystead_stub.stripe_sim.resources.invoices import queries as invoices_queries
from keystead_stub.stripe_sim.resources.payouts import queries as payouts
from keystead_stub.stripe_sim.resources.products import operations as products
from keystead_stub.stripe_sim.resources.products.requests import NewProduct
from keystead_stub.stripe_sim.resources.webhook_endpoints import operations as webhook_endpoints
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout
from support.stripe_shapes import shape_errors
from support.stripe_world import MONTHLY, StripeWorld

CARD = "4242424242424242"


@pytest.fixture
def world() -> StripeWorld:
    return StripeWorld()


def opened(world: StripeWorld, name: str) -> SimulatedStripe:
    """Open an account that sells the seeded products under the same ids."""
    made = world.stripe.within(world.stripe.open_account(name).id)
    made.run(account_setup.add_products, world.stripe.rules.seed.products)
    return made


def buy(stripe: SimulatedStripe, *, quantity: int = 1) -> str:
    request = NewCheckout(
        items=(CheckoutItem(price_id=MONTHLY, quantity=quantity),),
        success_url="https://a.example/",
        cancel_url="https://b.example/",
    )
    session = asyncio.run(stripe.create_checkout_session(request))
    stripe.run(hosted_payments.complete_checkout, session.id, card=CARD, email="ada@example.com")
    customer_id = stripe.read(checkout_sessions.get, session.id).customer_id
    assert customer_id is not None
    return customer_id


def objects(stripe: SimulatedStripe, kind: str) -> list[Document]:
    with stripe.reading() as rows:
        return [document for document, _ in records.objects(rows, kind)]


def test_a_new_account_has_stripes_shape_and_is_found_by_its_key(world: StripeWorld) -> None:
    made = world.stripe.open_account("Acme")
    assert made.id.startswith("acct_")
    assert made.secret_key.startswith("sk_test_")
    acme = world.stripe.by_key(made.secret_key)
    assert acme.account() == world.stripe.within(made.id).account()
    assert acme.account()["id"] == made.id
    assert shape_errors(acme.account()) == shape_errors(world.stripe.account()) == []
    assert world.stripe.by_key("sk_test_nobodys").account_id == ACCOUNT_ID
    with world.store.read() as connection:
        dumped = "".join(
            str(row) for row in connection.exec_driver_sql("SELECT * FROM stripe_keys").all()
        )
    assert made.secret_key not in dumped


def test_only_the_platform_sells_the_seeded_products(world: StripeWorld) -> None:
    acme = world.stripe.within(world.stripe.open_account("Acme").id)
    assert not any(objects(acme, kind) for kind in ("product", "price"))
    assert {
        one["id"] for one in objects(world.stripe, "price")
    } == world.stripe.rules.seed.price_ids


def test_a_change_in_one_account_does_not_affect_another(world: StripeWorld) -> None:
    acme = opened(world, "Acme")
    acme.run(products.update, "prod_pro", {"name": "Acme Pro"})
    assert world.stripe.read(lookup.retrieve, "product", "prod_pro")["name"] == "Pro"
    acme.submit(products.create, NewProduct(name="Mine", id="prod_mine"))
    opened(world, "Zenith").submit(products.create, NewProduct(name="Mine too", id="prod_mine"))
    assert acme.read(lookup.retrieve, "product", "prod_mine")["name"] == "Mine"


def test_idempotency_keys_are_separate_by_account(world: StripeWorld) -> None:
    first, second = opened(world, "Acme"), opened(world, "Zenith")
    request = NewCustomer(email="ada@example.com", idempotency_key="once")
    made = first.submit(customers_operations.create, request)
    assert first.submit(customers_operations.create, request) == made
    assert second.submit(customers_operations.create, request)["id"] != made["id"]
    other = NewCustomer(email="bo@example.com", idempotency_key="once")
    with pytest.raises(StripeError, match="idempotent requests"):
        second.submit(customers_operations.create, other)


def test_renewals_pay_into_the_balance_of_their_account(world: StripeWorld) -> None:
    """Prices, fees and payouts of each account add up by themselves, to the cent."""
    first, second = opened(world, "Acme"), opened(world, "Zenith")
    customers = {first.account_id: buy(first), second.account_id: buy(second, quantity=3)}
    world.pass_time(days=100)
    for stripe, seats in ((first, 1), (second, 3)):
        invoices = stripe.read(invoices_queries.of_customer, customers[stripe.account_id])
        assert [one.total for one in invoices] == [1200 * seats] * 4
        charged = objects(stripe, "charge")
        assert [one["amount"] for one in charged] == [1200 * seats] * 4
        booked = objects(stripe, "balance_transaction")
        fee = (1200 * seats * 150 + 5000) // 10_000 + 25
        earned = sum(one["net"] for one in booked if one["type"] == "charge")
        assert earned == 4 * (1200 * seats - fee)
        paid_out = sum(one["amount"] for one in stripe.read(payouts.list_all))
        assert paid_out + held(stripe) == earned
        assert len(stripe.read(payouts.list_all)) == 4
        for payout in stripe.read(payouts.list_all):
            taken = stripe.read(payouts.transactions, payout["id"])
            assert sum(one["net"] for one in taken) == payout["amount"]
            assert payout["status"] == "paid"
    assert world.stripe.read(payouts.list_all) == ()
    assert held(world.stripe) == 0


def held(stripe: SimulatedStripe) -> int:
    balance = stripe.read(balance_queries.get)
    return sum(one["amount"] for part in ("available", "pending") for one in balance[part])


def test_timers_of_all_accounts_run_in_order_of_time(world: StripeWorld) -> None:
    first, second = opened(world, "Acme"), opened(world, "Zenith")
    buy(first)
    world.pass_time(days=1)
    buy(second)
    world.pass_time(days=1)
    buy(world.stripe)
    world.pass_time(days=70)
    events = list(
        reversed(world.stripe.read(events_queries.newest, limit=10_000, all_accounts=True))
    )
    assert [one.created_ms for one in events] == sorted(one.created_ms for one in events)
    renewed = [one.account for one in events if one.type == "invoice.paid"]
    assert renewed == [first.account_id, second.account_id, None] * 3


def test_an_event_names_its_account_and_is_visible_only_there(world: StripeWorld) -> None:
    acme = opened(world, "Acme")
    customer_id = buy(acme)
    own_events = acme.read(events_queries.newest, customer_id=customer_id)
    assert own_events
    assert {one.account for one in own_events} == {acme.account_id}
    assert {one.document["account"] for one in own_events} == {acme.account_id}
    assert [f for one in own_events for f in shape_errors(one.document)] == []
    assert world.stripe.read(events_queries.newest) == ()
    buy(world.stripe)
    assert not any("account" in one.document for one in world.stripe.read(events_queries.newest))
    assert acme.read(events_queries.newest, customer_id=customer_id) == own_events


_WAYS: list[Callable[[SimulatedStripe, str], Any]] = [
    lambda stripe, customer_id: stripe.read(customer_queries.get, customer_id),
    lambda stripe, customer_id: stripe.run(customer_controls.cancel, customer_id),
    lambda stripe, customer_id: stripe.run(customer_controls.refund, customer_id),
    lambda stripe, customer_id: stripe.run(
        customers_operations.update, customer_id, {"name": "Eve"}
    ),
    lambda stripe, customer_id: stripe.run(customer_deletion.delete, customer_id),
    lambda stripe, customer_id: stripe.read(entitlements.active, customer_id),
    lambda stripe, customer_id: stripe.read(
        lookup.list_objects, Query(kind="customer", starting_after=customer_id)
    ),
]


@pytest.mark.parametrize("way", _WAYS)
def test_another_accounts_customer_does_not_exist(
    world: StripeWorld, way: Callable[[SimulatedStripe, str], Any]
) -> None:
    acme, zenith = opened(world, "Acme"), opened(world, "Zenith")
    customer_id = buy(acme)
    for other in (zenith, world.stripe):
        with pytest.raises(StripeError) as refused:
            way(other, customer_id)
        assert refused.value.code == "resource_missing"
    assert acme.holding("customer", customer_id) is acme
    assert world.stripe.holding("customer", customer_id).account_id == acme.account_id
    assert way(world.stripe.holding("customer", customer_id), customer_id) != []


def test_platform_endpoints_get_the_events_of_all_accounts(world: StripeWorld) -> None:
    acme, zenith = opened(world, "Acme"), opened(world, "Zenith")
    acme.run(webhook_endpoints.register, "http://127.0.0.1:9/acme", ["whsec_a"])
    world.stripe.run(webhook_endpoints.register, "http://127.0.0.1:9/platform", ["whsec_p"])
    assert [one.url for one in acme.read(records.endpoints)] == ["http://127.0.0.1:9/acme"]
    assert zenith.read(records.endpoints) == ()
    for stripe in (acme, zenith, world.stripe):
        buy(stripe)
    assert {one.pending_webhooks for one in acme.read(events_queries.newest)} == {2}
    assert {one.pending_webhooks for one in zenith.read(events_queries.newest)} == {1}
    assert {one.pending_webhooks for one in world.stripe.read(events_queries.newest)} == {1}
    event_id = acme.read(events_queries.newest)[0].id
    acme.run(event_operations.resend, event_id)
    assert acme.read(events_queries.get, event_id).pending_webhooks == 2
    with pytest.raises(StripeError):
        zenith.run(event_operations.resend, event_id)


def test_a_reset_deletes_connected_accounts(world: StripeWorld) -> None:
    made = world.stripe.open_account("Acme")
    world.stripe.within(made.id).run(
        webhook_endpoints.register, "http://127.0.0.1:9/acme", ["whsec_a"]
    )
    world.stripe.reset()
    with pytest.raises(StripeError) as refused:
        world.stripe.within(made.id)
    assert (refused.value.code, refused.value.status) == ("account_invalid", 403)
    assert world.stripe.by_key(made.secret_key).account_id == ACCOUNT_ID
    buy(world.stripe)
    assert {one.pending_webhooks for one in world.stripe.read(events_queries.newest)} == {0}


#: Modules with their own SQL, on tables that no account owns or that all accounts share.
_BEYOND_ACCOUNTS = {
    "account",
    "clock_and_lock",
    "delivery_queue",
    "records",
    "rows",
    "simulated_stripe",
}
_STATEMENTS = {"select", "insert", "update", "delete"}


def test_sql_on_account_tables_is_built_in_one_module_only() -> None:
    found = set()
    for file in Path(stripe_sim.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="sa"), attr=name)) if (
                    name in _STATEMENTS
                ):
                    found.add(file.stem)
                case ast.Call(func=ast.Attribute(attr="insert"), args=[]):
                    # Pending deliveries belong to events, which belong to an account.
                    found |= {file.stem} - {"unit_of_work"}
    assert found == _BEYOND_ACCOUNTS
