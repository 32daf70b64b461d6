"""`dashclicks`: payment intents, and the balance that they top up, over real HTTP."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from keystead.wire.dashclicks import WEBHOOK, people
from keystead.wire.dashclicks import selling as wire
from keystead_stub.in_process import BillingStub
from keystead_stub.stripe_types.webhook_signature import sign
from support.billing_device import BillingDevice
from support.seller import Seller, error_of


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client) -> Seller:
    return Seller(billing_stub, http, "acme")


def intent(**changes: Any) -> dict[str, Any]:
    return {"purpose": "top_up", "amount": 5000, "currency": "eur", **changes}


def test_a_payment_intent_is_created_and_its_status_updated(
    acme: Seller, http: httpx.Client
) -> None:
    customer = acme.customer()
    made = acme.made(wire.PAYMENT_INTENTS, intent(purpose="purchase", customerId=customer))
    assert (made["purpose"], made["amount"], made["currency"]) == ("purchase", 5000, "eur")
    assert (made["status"], made["customerId"]) == ("requires_payment_method", customer)
    assert made["clientSecret"].startswith(made["id"] + "_secret_")
    path = f"{wire.PAYMENT_INTENTS}/{made['id']}"
    assert acme.got(path) == made
    assert http.get(made["url"]).status_code == 200
    acme.at_stripe(f"payment_intents/{made['id']}/confirm", payment_method="pm_card_visa")
    assert acme.got(path)["status"] == "succeeded"
    assert acme.balance() == 0


@pytest.mark.parametrize(
    ("card", "outcome", "code"),
    [
        ("4000000000009987", "declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "declined", "stolen_card"),
        ("pm_card_threeDSecure2Required", "requires_action", "authentication_required"),
        ("4242424242424242", "paid", None),
    ],
)
def test_a_payment_is_completed_like_a_checkout(
    acme: Seller, http: httpx.Client, card: str, outcome: str, code: str | None
) -> None:
    payment = acme.made(wire.PAYMENT_INTENTS, intent())["id"]
    path = f"/_stub/checkouts/{payment}/complete"
    answer = http.post(path, json={"card": card, "authenticate": False}).json()
    paid = outcome == "paid"
    assert answer["session"]["status"] == ("complete" if paid else "open")
    assert acme.balance() == (5000 if paid else 0)
    if outcome == "requires_action":
        assert http.post(path, json={"card": card}).json()["status"] == "paid"
    elif not paid:
        assert (answer["status"], answer["code"]) == (outcome, code)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"amount": 0}, 400),
        ({"amount": 100_000_000}, 400),
        ({"currency": "xxx"}, 400),
        ({"purpose": "gift"}, 400),
        ({"customerId": "cus_none"}, 404),
    ],
)
def test_invalid_payment_intents_are_refused(acme: Seller, fields: Any, status: int) -> None:
    assert acme.ask("POST", wire.PAYMENT_INTENTS, intent(**fields)).status_code == status


def test_a_top_up_is_credited_once_and_debited_by_its_refunds(acme: Seller) -> None:
    payment = acme.top_up(5000, customerId=acme.customer())
    assert acme.balance() == 5000
    charge = acme.at_stripe(f"payment_intents/{payment}")["latest_charge"]
    acme.at_stripe("refunds", charge=charge, amount="1500")
    assert acme.balance() == 3500
    acme.at_stripe("refunds", charge=charge)
    assert acme.balance() == 0
    assert entries(acme) == [("refund", -3500), ("refund", -1500), ("top_up", 5000)]


def test_late_shuffled_and_repeated_webhooks_credit_the_same_amount(
    acme: Seller, billing_stub: BillingStub
) -> None:
    billing_stub.faults.set(hold_webhooks=True)
    customer = acme.customer()
    for amount in (1000, 2000, 3000):
        payment = acme.top_up(amount, customerId=customer)
    charge = acme.at_stripe(f"payment_intents/{payment}")["latest_charge"]
    for part in ("500", "700"):
        acme.at_stripe("refunds", charge=charge, amount=part)
    assert acme.balance() == 0
    billing_stub.faults.set(shuffle_webhooks=True, duplicate_webhooks=True)
    billing_stub.clock.advance(seconds=1)
    assert acme.balance() == 4800


def entries(seller: Seller) -> list[tuple[str, int]]:
    return [(e["kind"], e["amount"]) for e in seller.got(wire.BALANCE)["entries"]["data"]]


def test_a_disputed_top_up_is_debited_until_the_dispute_is_won(
    acme: Seller, billing_stub: BillingStub
) -> None:
    customer = acme.customer()
    acme.top_up(5000, customerId=customer)
    billing_stub.customer(customer, "dispute")
    assert acme.balance() == 0
    billing_stub.customer(customer, "close_dispute", won=True)
    assert entries(acme) == [("dispute_reversal", 5000), ("dispute", -5000), ("top_up", 5000)]
    acme.top_up(700, customerId=customer)
    billing_stub.customer(customer, "dispute")
    billing_stub.customer(customer, "close_dispute", won=False)
    assert acme.balance() == 5000


def test_a_dispute_event_before_its_payment_event_debits_the_same_amount(
    acme: Seller, billing_stub: BillingStub
) -> None:
    billing_stub.faults.set(hold_webhooks=True)
    customer = acme.customer()
    for won in (True, False):
        acme.top_up(3000, customerId=customer)
        billing_stub.customer(customer, "dispute")
        billing_stub.customer(customer, "close_dispute", won=won)
    billing_stub.faults.set(shuffle_webhooks=True, duplicate_webhooks=True)
    billing_stub.clock.advance(seconds=1)
    billing_stub.clock.advance(days=1)
    assert acme.balance() == 3000


def send_event(seller: Seller, kind: str, body: dict[str, Any]) -> int:
    """Send an event about an object of the seller's account; return the answer."""
    event = {
        "id": f"evt_{kind}_{body['id']}",
        "type": kind,
        "created": int(time.time()),
        "account": seller.got(people.ACCOUNT)["stripeAccountId"],
        "data": {"object": body},
    }
    sent = json.dumps(event).encode()
    secrets = [seller.stub.settings.webhook_secrets[0]]
    header = sign(sent, secrets, at_s=int(time.time()))
    url = f"/dashclicks{WEBHOOK}"
    answer = seller.http.post(url, content=sent, headers={"Stripe-Signature": header})
    return answer.status_code


def test_a_refund_that_fails_later_is_credited_again(acme: Seller) -> None:
    payment = acme.top_up(5000, customerId=acme.customer())
    refund = acme.at_stripe("refunds", payment_intent=payment, amount="1500")
    assert acme.balance() == 3500
    failed = refund | {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    assert (
        send_event(acme, "refund.failed", failed)
        == send_event(acme, "refund.updated", failed)
        == 200
    )
    assert entries(acme) == [("refund_failure", 1500), ("refund", -1500), ("top_up", 5000)]


def test_a_dispute_of_a_payment_without_a_customer_debits_the_balance(acme: Seller) -> None:
    payment = acme.top_up(900)
    charge = acme.at_stripe(f"payment_intents/{payment}")["latest_charge"]
    dispute = {
        "id": "dp_1",
        "object": "dispute",
        "amount": 900,
        "currency": "eur",
        "charge": charge,
        "payment_intent": payment,
        "status": "needs_response",
        "created": int(time.time()),
    }
    assert send_event(acme, "charge.dispute.created", dispute) == 200
    assert acme.balance() == 0
    assert (
        send_event(acme, "charge.dispute.created", dispute | {"id": "dp_2", "charge": "ch_0"})
        == 503
    )


def test_a_one_time_price_can_be_paid_from_the_balance(acme: Seller, device: BillingDevice) -> None:
    product = acme.product(features=["export"], amount=1900)
    fields = {"priceId": product["prices"][0]["id"], "quantity": 2, "fromBalance": True}
    assert error_of(acme.ask("POST", wire.CHARGES, fields)) == (409, "conflict")
    acme.top_up(4000)
    bought = acme.made(wire.CHARGES, {**fields, **device.identity()})
    assert acme.balance() == 200
    status = device.status(checkoutSessionId=bought["id"])
    assert (status["active"], status["status"]) == (True, "active")
    assert status["entitlement"]["key"] == product["id"]
    assert status["entitlement"]["seats"] == 2
    has = acme.got(wire.SUBSCRIPTION)
    assert (has["active"], has["plan"]) == (True, product["id"])
    (spent, _paid_in) = acme.got(wire.BALANCE)["entries"]["data"]
    assert (spent["kind"], spent["amount"], spent["source"]) == ("spent", -3800, bought["id"])
    assert error_of(acme.ask("POST", wire.CHARGES, fields)) == (409, "conflict")
    assert acme.balance() == 200


def test_a_recurring_price_cannot_be_paid_from_the_balance(acme: Seller) -> None:
    acme.top_up(9000)
    answer = acme.ask("POST", wire.CHARGES, {"plan": "pro", "fromBalance": True})
    assert error_of(answer) == (400, "invalid_request")
    assert acme.balance() == 9000


def test_balances_are_per_currency(acme: Seller) -> None:
    acme.top_up(9000, "usd")
    fields = {"priceId": acme.price(amount=100), "fromBalance": True}
    assert error_of(acme.ask("POST", wire.CHARGES, fields)) == (409, "conflict")
    assert (acme.balance("usd"), acme.balance()) == (9000, 0)


def test_concurrent_purchases_cannot_overdraw_the_balance(acme: Seller) -> None:
    acme.top_up(3500)
    fields = {
        "priceId": acme.price(amount=1000),
        "fromBalance": True,
        "customerId": acme.customer(),
    }
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: acme.ask("POST", wire.CHARGES, fields), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
    assert acme.balance() == 500


def test_balance_entries_are_paginated(acme: Seller) -> None:
    for amount in (1000, 2000, 3000):
        acme.top_up(amount)
    first = acme.got(wire.BALANCE, limit=2)["entries"]
    assert [one["amount"] for one in first["data"]] == [3000, 2000]
    rest = acme.got(wire.BALANCE, cursor=first["nextCursor"])["entries"]
    assert [one["amount"] for one in rest["data"]] == [1000]
    assert (rest["hasMore"], rest["nextCursor"]) == (False, None)
    assert error_of(acme.ask("GET", wire.BALANCE, cursor="be_none")) == (404, "not_found")


def test_balances_are_per_account(
    acme: Seller, billing_stub: BillingStub, http: httpx.Client
) -> None:
    globex = Seller(billing_stub, http, "globex")
    payment = acme.top_up(1000)
    assert (acme.balance(), globex.balance()) == (1000, 0)
    known = f"{wire.PAYMENT_INTENTS}/{payment}"
    assert error_of(globex.ask("GET", known)) == (404, "not_found")
    entry = acme.got(wire.BALANCE)["entries"]["data"][0]["id"]
    assert error_of(globex.ask("GET", wire.BALANCE, cursor=entry)) == (404, "not_found")


def test_a_merchants_metadata_cannot_name_another_account(
    acme: Seller, billing_stub: BillingStub, http: httpx.Client
) -> None:
    """A merchant can write any metadata in their own Stripe account, so it is not trusted."""
    globex = Seller(billing_stub, http, "globex")
    stripe_account = acme.got(people.ACCOUNT)["stripeAccountId"]
    for api, claim in (("dashclicks", "accountId"), ("mission-control", "tenantId")):
        customer = {
            "object": "customer",
            "id": f"cus_{api}",
            "metadata": {"billingApi": api, claim: "globex"},
        }
        event = {
            "id": f"evt_{api}",
            "type": "customer.updated",
            "created": int(time.time()),
            "account": stripe_account,
            "data": {"object": customer},
        }
        body = json.dumps(event).encode()
        secrets = [billing_stub.settings.webhook_secrets[0]]
        header = sign(body, secrets, at_s=int(time.time()))
        answer = http.post(
            f"/dashclicks{WEBHOOK}", content=body, headers={"Stripe-Signature": header}
        )
        assert answer.status_code == 200
    assert globex.got(wire.SUBSCRIPTION)["customerId"] is None
    state = billing_stub.ask("GET", "/_stub/state?tenantId=globex")
    assert state["customer"] is None
