"""Stripe's webhooks: late, duplicated, out of order, and forged."""

import json

import httpx
import pytest

from keystead.errors import DaemonRefused
from keystead.instants import DAY_MS
from keystead.wire.nyra import WEBHOOK
from support.validity_boundary import assert_change_at
from support.world import NETWORK_S, Device, World

DEBIT = "DE89370400440532013000"
DEBIT_FAILS = "DE62370400440532013001"


def settling_device(world: World, *, rehearsed: bool = False) -> Device:
    """Return a device whose payment is known before its subscription is."""
    device = world.device(rehearsed=rehearsed)
    world.stub.faults.set(hold_webhooks=True)
    world.stub.pay(device.start_checkout().session_id)
    view = device.refresh()
    assert (view.state, view.reason, view.usable) == ("pending", "settling", True)
    return device


@pytest.mark.long
def test_a_device_is_usable_while_its_payment_s_webhooks_are_late(world: World) -> None:
    device = settling_device(world)
    before = device.view()
    assert before.until is not None
    assert DAY_MS - 60_000 < before.until - before.now <= DAY_MS
    assert before.current_period_end is None
    told = device.watch(lambda view: view.state == "active", meanwhile=world.stub.faults.clear)
    assert all(view.usable for view in told)
    assert told[-1].current_period_end is not None


@pytest.mark.long
def test_settling_ends_when_the_bank_payment_succeeds(world: World) -> None:
    device = world.device()
    world.stub.pay(device.start_checkout().session_id, card=DEBIT)
    view = device.refresh()
    assert (view.state, view.usable, view.reason) == ("pending", False, "payment_not_confirmed")
    device.watch(
        lambda view: view.state == "active", meanwhile=lambda: world.stub.clock.advance(minutes=4)
    )


@pytest.mark.long
def test_settling_ends_when_the_bank_payment_fails(world: World) -> None:
    device = world.device()
    world.stub.pay(device.start_checkout().session_id, card=DEBIT_FAILS)
    assert device.refresh().state == "pending"
    views = device.watch(
        lambda view: view.state == "inactive", meanwhile=lambda: world.stub.clock.advance(minutes=4)
    )
    assert not any(view.usable for view in views)


@pytest.mark.long
@pytest.mark.parametrize(("card", "state"), [(DEBIT, "active"), (DEBIT_FAILS, "inactive")])
def test_a_former_customer_waits_for_the_bank_like_a_new_one(
    world: World, card: str, state: str
) -> None:
    device = world.activated()
    world.happens(device, "cancel", at_period_end=False)
    assert device.refresh().state == "inactive"
    world.stub.pay(device.start_checkout().session_id, card=card)
    view = device.refresh()
    assert (view.state, view.usable, view.reason) == ("pending", False, "payment_not_confirmed")
    # A second subscription is not sold meanwhile.
    assert device.cli("activate", "--no-browser").code == 1
    world.stub.clock.advance(minutes=4)
    assert device.refresh().state == state
    assert device.view().checkout is None


def test_another_refresh_does_not_extend_settling(world: World) -> None:
    device = settling_device(world)
    until = device.view().until
    world.stub.clock.advance(hours=23)
    assert device.refresh().until == until
    world.stub.clock.advance(hours=1)
    over = device.refresh()
    assert (over.state, over.usable) == ("pending", False)


def test_settling_offline_lasts_a_day_and_keeps_the_payment(world: World) -> None:
    device = settling_device(world, rehearsed=True)
    until = device.view().until or 0
    world.stub.faults.set(drop_connection=True)
    over = assert_change_at(device, until, before=lambda view: view.usable)
    assert over.state == "expired"
    world.stub.clock.advance_to(over.now)
    world.stub.faults.clear()
    assert device.refresh().state == "active"


def test_webhooks_delivered_twice_change_nothing(world: World) -> None:
    world.stub.faults.set(duplicate_webhooks=True)
    device = world.activated()
    once = device.view().entitlement
    for event in world.stub.ask("GET", "/_stub/events")["events"]:
        world.stub.ask("POST", f"/_stub/events/{event['id']}/redeliver")
    assert device.refresh().entitlement == once


def test_webhooks_out_of_order_end_in_the_same_state(world: World) -> None:
    world.stub.faults.set(shuffle_webhooks=True)
    device = world.device()
    world.pay(device, seats=2)
    world.happens(device, "cancel", at_period_end=True)
    world.happens(device, "resume")
    world.stub.clock.advance(days=40)
    view = device.refresh()
    assert view.state == "active"
    subscription = world.stub.state(str(view.device_id))["subscription"]
    assert view.current_period_end == subscription["currentPeriodEnd"]
    assert view.entitlement is not None
    assert view.entitlement.seats == 2


def test_webhooks_that_failed_are_delivered_again(world: World) -> None:
    device = world.device()
    world.stub.faults.set(status=503, path=WEBHOOK)
    world.stub.pay(device.start_checkout().session_id)
    assert device.refresh().reason == "settling"
    world.stub.faults.clear()
    world.stub.clock.advance(hours=3)
    assert device.refresh().state == "active"


def test_a_forged_webhook_is_refused(world: World) -> None:
    device = world.activated()
    customer = world.customer(device)
    forged = {
        "id": "evt_forged",
        "object": "event",
        "type": "customer.deleted",
        "created": world.stub.clock.now_ms() // 1000,
        "data": {"object": {"id": customer, "object": "customer", "deleted": True}},
    }
    now_s = world.stub.clock.now_ms() // 1000
    for signature in (f"t={now_s},v1={'0' * 64}", "t=1,v1=", "", "v1"):
        answer = httpx.post(
            world.stub.url + WEBHOOK,
            content=json.dumps(forged),
            headers={"stripe-signature": signature, "content-type": "application/json"},
            timeout=NETWORK_S,
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")
    assert device.refresh().state == "active"


def test_a_webhook_with_a_wrong_signature_takes_effect_once_signed_correctly(world: World) -> None:
    device = world.activated()
    world.stub.faults.set(wrong_signature=True)
    world.happens(device, "refund")
    assert device.refresh().state == "active"
    world.stub.faults.clear()
    world.stub.clock.advance(hours=12)
    assert device.refresh().state == "inactive"


def test_another_device_cannot_use_a_checkout_that_it_did_not_start(world: World) -> None:
    """A browser's history shows the checkout ID, which only its own device can use."""
    device, stranger = world.device(), world.device("stranger")
    checkout = device.start_checkout()
    stranger.start_checkout()
    world.stub.pay(checkout.session_id)
    assert not stranger.refresh().usable
    with pytest.raises(DaemonRefused) as refused:
        stranger.call("devices.list")
    assert refused.value.code == "invalid_token"
    assert device.refresh().usable
