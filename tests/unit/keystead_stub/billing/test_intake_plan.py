"""The changes that one event makes to a billing record."""

from __future__ import annotations

from typing import Any

import msgspec

from keystead_stub.billing.billing_history import EMPTY, BillingHistory, merge
from keystead_stub.billing.catalogue import Catalogue, Plan, PlanPrice
from keystead_stub.billing.entitlements import ProductEntitlement
from keystead_stub.billing.event_facts import facts_of, replay
from keystead_stub.billing.event_subject import Subject
from keystead_stub.billing.intake_plan import Intake, decide_record, plan_intake
from keystead_stub.billing.known_subscriptions import Products
from keystead_stub.store.account_ids import Account
from keystead_stub.stripe_types.events import StripeEvent
from support.billing_events import BOUGHT, CUSTOMER, T0, checkout_completed, subscription_event

PRO = Plan(
    id="pro", name="Pro", features=("export",), prices=(PlanPrice("price_1", "month", 1200),)
)
CATALOGUE = Catalogue((PRO,))
ACME = Account("crow", "acme")


def no_products(_history: BillingHistory) -> Products:
    return {}


def planned(event: StripeEvent, history: BillingHistory = EMPTY, **changes: Any) -> Intake:
    subject = Subject(customer_id=CUSTOMER, account=ACME, checkout_id="cs_1")
    given: dict[str, Any] = {"is_new": True, "products": no_products, **changes}
    return plan_intake(CUSTOMER, subject, history, event, catalogue=CATALOGUE, **given)


def test_an_event_extends_the_history_and_decides_the_state() -> None:
    plan = planned(BOUGHT[3], replay(BOUGHT[:3]))
    assert plan.record.history == replay(BOUGHT)
    assert (plan.record.state.customer_id, plan.record.state.status) == (CUSTOMER, "active")
    assert plan.record.entitlement == ProductEntitlement("pro", ("export",))


def test_the_account_is_linked_and_the_checkout_completed_at_the_events_time() -> None:
    plan = planned(checkout_completed(1))
    assert (plan.customer_id, plan.link, plan.completed_checkout) == (CUSTOMER, ACME, "cs_1")
    assert plan.event_ms == T0 * 1000


def test_an_event_that_is_not_new_is_ignored() -> None:
    history = replay(BOUGHT)
    other = subscription_event(9, "updated", T0 + 60, "canceled")
    merged = merge(history, facts_of(other))
    assert merged != history
    assert planned(other, history, is_new=False).record.history == history
    assert planned(other, history).record.history == merged


def test_products_are_looked_up_for_the_history_including_the_event() -> None:
    asked: list[BillingHistory] = []

    def products(history: BillingHistory) -> Products:
        asked.append(history)
        return {"prod_gold": ProductEntitlement("gold")}

    item = {"price": {"id": "price_2", "product": "prod_gold"}, "current_period_end": T0 + 9}
    event = msgspec.structs.replace(
        subscription_event(
            1, "updated", T0, "active", items={"data": [item]}, metadata={"key": "basic"}
        ),
        account="acct_1",
    )
    plan = planned(event, products=products)
    assert asked == [facts_of(event)]
    assert plan.record.entitlement == plan.record.state.entitles == ProductEntitlement("gold")


def test_a_record_can_be_decided_without_an_event() -> None:
    record = decide_record(CUSTOMER, replay(BOUGHT), CATALOGUE, no_products)
    assert record == planned(BOUGHT[0], replay(BOUGHT)).record


def test_the_platforms_prices_count_at_the_platforms_account_only() -> None:
    extra = {"price": {"id": "price_addon"}, "quantity": 7}
    item = {"price": {"id": "price_1"}, "quantity": 2}
    event = subscription_event(1, "created", T0, "active", items={"data": [extra, item]})
    assert planned(event).record.state.seats == 2
    theirs = msgspec.structs.replace(event, account="acct_shop")
    record = planned(theirs).record
    assert (record.state.seats, record.entitlement) == (7, None)
