"""Payments in the browser, with accepted and declined cards, and their effect on the device."""

import msgspec
import pytest

from keystead.local_api import CHECKOUT_PROGRESS, FollowParams
from keystead.local_client import LocalClient
from keystead.wire import nyra
from support.browser_sign_in import error_code_of
from support.device_fields import device_fields
from support.world import EMAIL, PATIENCE_S, Device, World

DECLINED = "4000000000000002"
AUTHENTICATED = "4000002500003155"


def yearly_prices(device: Device) -> dict[str, int]:
    """Return the amounts of all yearly prices by price ID."""
    plans = device.call("plans.list").plans
    prices = [price for plan in plans for price in plan.prices]
    return {price.price_id: price.amount for price in prices if price.billing_period == "yearly"}


@pytest.mark.long
def test_paying_activates_the_device_without_another_step(world: World) -> None:
    device = world.device()
    told = device.watch(
        lambda view: view.state == "active",
        meanwhile=lambda: world.stub.pay(device.start_checkout().session_id),
    )
    states = [str(view.state) for view in told]
    assert states[0] == "unactivated"
    assert "pending" in states
    assert [view.usable for view in told] == [state == "active" for state in states]
    paid = told[-1]
    assert paid.checkout is None
    assert paid.entitlement is not None
    assert paid.entitlement.features == ("export", "sync")
    assert paid.until == paid.grace_ends_at


def test_the_view_shows_the_checkout_until_it_ends(world: World) -> None:
    device = world.device()
    checkout = device.start_checkout()
    waiting = device.view()
    assert (waiting.state, waiting.usable, waiting.reason) == ("pending", False, "checkout_open")
    assert waiting.checkout == checkout
    assert waiting.next_refresh_at is not None
    world.stub.pay(checkout.session_id)
    assert device.refresh().checkout is None


@pytest.mark.long
def test_activate_prints_progress_while_it_waits(world: World) -> None:
    device = world.device()
    with LocalClient(device.paths.socket) as events:
        events.call("events.subscribe")
        checkout = device.start_checkout()
        told = (
            msgspec.json.decode(message.params)
            for message in events.notifications(timeout_s=PATIENCE_S)
            if message.method == CHECKOUT_PROGRESS
        )
        first, second = next(told), next(told)
    assert first["sessionId"] == second["sessionId"] == checkout.session_id
    assert first["elapsedMs"] < second["elapsedMs"]


def test_a_declined_card_can_be_replaced_in_the_same_checkout(world: World) -> None:
    device = world.device()
    checkout = device.start_checkout()
    refused = world.stub.pay(checkout.session_id, card=DECLINED)
    assert refused["status"] == "declined"
    assert device.refresh().state == "pending"
    assert world.stub.pay(checkout.session_id)["status"] == "paid"
    assert device.refresh().state == "active"


def test_a_card_with_3d_secure_pays_after_authentication(world: World) -> None:
    device = world.device()
    checkout = device.start_checkout()
    world.stub.pay(checkout.session_id, card=AUTHENTICATED, authenticate=False)
    assert not device.refresh().usable
    world.stub.pay(checkout.session_id, card=AUTHENTICATED, authenticate=True)
    assert device.refresh().state == "active"


def test_a_cancelled_checkout_leaves_nothing_behind(world: World) -> None:
    device = world.device()
    device.start_checkout()
    left = device.call("checkout.cancel")
    assert (left.state, left.checkout, left.next_refresh_at) == ("unactivated", None, None)
    device.restart()
    assert device.view().state == "unactivated"


def test_a_new_checkout_replaces_a_cancelled_one(world: World) -> None:
    device = world.device()
    device.start_checkout()
    second = device.start_checkout(billing_period="yearly")
    world.stub.pay(second.session_id)
    paid = device.refresh().entitlement
    assert paid is not None
    assert paid.price_id in yearly_prices(device)


@pytest.mark.long
def test_paying_the_first_of_two_open_checkouts_activates_the_device(world: World) -> None:
    device = world.device()
    first = device.start_checkout()
    second = device.start_checkout()
    assert second.session_id != first.session_id
    told = device.watch(
        lambda view: view.usable, meanwhile=lambda: world.stub.pay(first.session_id)
    )
    assert (told[-1].state, told[-1].checkout) == ("active", None)


def test_paying_a_checkout_after_cancelling_it_still_activates_the_device(world: World) -> None:
    device = world.device()
    checkout = device.start_checkout()
    device.call("checkout.cancel")
    device.restart()
    world.stub.pay(checkout.session_id)
    again = device.cli("activate", "--no-browser", "--json")
    assert again.json()["error"]["code"] == "already_entitled"
    assert device.view().state == "active"


@pytest.mark.long
def test_an_expired_checkout_is_no_longer_waited_for(world: World) -> None:
    device = world.device()
    checkout = device.start_checkout()
    told = device.watch(
        lambda view: view.state == "unactivated" and view.checkout is None,
        meanwhile=lambda: world.stub.ask("POST", f"/_stub/checkouts/{checkout.session_id}/expire"),
    )
    assert str(told[0].state) == "pending"
    assert not any(view.usable for view in told)


def test_the_license_has_the_requested_plan_period_and_seats(world: World) -> None:
    device = world.device()
    view = world.pay(device, plan="pro", billing_period="yearly", seats=4)
    assert view.entitlement is not None
    assert (view.entitlement.key, view.entitlement.seats) == ("pro", 4)
    yearly = yearly_prices(device)[view.entitlement.price_id or ""]
    (invoice,) = device.call("invoices.list").invoices
    assert (invoice.status, invoice.amount_paid) == ("paid", 4 * yearly)


def test_an_entitled_device_is_not_charged_again(world: World) -> None:
    device = world.activated()
    refused = device.cli("activate", "--no-browser", "--json")
    assert (refused.code, refused.json()["error"]["code"]) == (1, "already_entitled")
    assert device.view().state == "active"


def test_a_checkout_started_by_the_vendor_activates_the_named_device(world: World) -> None:
    device = world.device()
    checkout = world.stub.ask("POST", nyra.CHECKOUT, device_fields(device))
    waits = device.cli("activate", "--no-browser", "--session", checkout["sessionId"])
    assert waits.code == 0
    assert "whose link the vendor gave you" in waits.out
    assert device.view().state == "pending"
    world.stub.pay(checkout["sessionId"], email=EMAIL)
    assert device.until(lambda view: view.state == "active").checkout is None


def test_a_checkout_for_another_device_does_not_activate_this_one(world: World) -> None:
    device, other = world.device(), world.device("other")
    checkout = world.stub.ask("POST", nyra.CHECKOUT, device_fields(other))
    world.stub.pay(checkout["sessionId"], email=EMAIL)
    device.call("checkout.follow", FollowParams(session_id=checkout["sessionId"]))
    assert error_code_of(device, "activation.refresh") == "unknown_device"
    assert not device.view().usable
    assert device.call("checkout.cancel").state == "unactivated"
