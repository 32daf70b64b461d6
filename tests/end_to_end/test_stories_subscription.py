"""Subscriptions as devices see them: renewals, failed payments, cancellations, refunds."""

from pathlib import Path
from typing import Any

import pytest

from keystead import hints
from keystead.instants import DAY_MS, HOUR_MS
from keystead.local_api import ActivationView, PortalParams
from support.hosted_page import open_page, submit_form
from support.validity_boundary import assert_change_at
from support.world import Device, World

GRACE_MS = 72 * HOUR_MS
FAILS_LATER = "4000000000000341"
ASKS_EVERY_TIME = "4000002760003184"
CARD = "4242424242424242"


def period_end(view: ActivationView) -> int:
    assert view.current_period_end is not None
    return view.current_period_end


def submit_in_portal(device: Device, action: str, **fields: str) -> None:
    """Open the portal from the program and submit an action there."""
    answer = submit_form(device.call("portal.open").url, {"action": action, **fields})
    assert answer.status_code == 200, answer.text


def device_with_failed_renewal(world: World, *, rehearsed: bool = False) -> Device:
    """Return a device whose renewal payment failed."""
    device = world.activated(rehearsed=rehearsed)
    world.happens(device, "fail_next_payment")
    world.stub.clock.advance_to(period_end(device.view()) + 2 * HOUR_MS)
    device.refresh()
    return device


def test_a_renewal_extends_the_license(world: World) -> None:
    device = world.activated()
    first = device.view()
    world.stub.clock.advance_to(period_end(first) + 2 * HOUR_MS)
    second = device.refresh()
    assert second.state == "active"
    assert period_end(second) > period_end(first) + 27 * DAY_MS
    assert second.until == period_end(second) + GRACE_MS


def test_a_subscription_cancelled_at_period_end_ends_then_without_grace(
    world: World,
) -> None:
    device = world.activated(rehearsed=True)
    submit_in_portal(device, "cancel")
    ending = device.refresh()
    assert (ending.state, ending.reason) == ("active", "active")
    assert hints.CANCEL_AT_PERIOD_END in ending.hints
    assert ending.until == ending.current_period_end == ending.grace_ends_at
    world.stub.faults.set(drop_connection=True)
    over = assert_change_at(device, period_end(ending), before=lambda view: view.state == "active")
    assert over.state == "expired"
    world.stub.clock.advance_to(over.now)
    world.stub.faults.clear()
    heard = device.refresh()
    assert (heard.state, heard.reason) == ("inactive", "canceled")


def test_resuming_a_cancelled_subscription_restores_the_license(world: World) -> None:
    device = world.activated()
    before = device.view()
    submit_in_portal(device, "cancel")
    assert device.refresh().until == before.current_period_end
    submit_in_portal(device, "resume")
    after = device.refresh()
    assert (after.until, after.hints) == (before.until, ())


@pytest.mark.parametrize(
    ("action", "how"),
    [("refund", {}), ("dispute", {}), ("cancel", {"at_period_end": False}), ("delete", {})],
)
def test_a_revoked_license_stays_inactive_offline(
    world: World, action: str, how: dict[str, Any]
) -> None:
    device = world.activated(rehearsed=True)
    world.happens(device, action, **how)
    ended = device.refresh()
    assert (ended.state, ended.usable, ended.until) == ("inactive", False, None)
    assert ended.license is not None
    world.stub.faults.set(drop_connection=True)
    assert device.sleep(40 * DAY_MS).state == "inactive"


def test_an_older_active_license_file_is_refused_after_a_revocation(
    world: World, tmp_path: Path
) -> None:
    device = world.activated()
    kept = tmp_path / "kept.jws"
    kept.write_bytes(device.paths.license.read_bytes())
    world.happens(device, "refund")
    assert device.refresh().state == "inactive"
    again = device.cli("import", kept, "--json")
    assert (again.code, again.json()["error"]["code"]) == (1, "superseded")
    device.stop()
    device.paths.license.write_bytes(kept.read_bytes())
    world.stub.faults.set(drop_connection=True)
    device.start()
    assert device.until(lambda view: view.next_refresh_at is not None).state == "inactive"


def test_a_refund_is_noticed_by_a_background_refresh(world: World) -> None:
    device = world.activated(rehearsed=True)
    world.happens(device, "refund")
    assert device.view().usable
    assert device.sleep(7 * HOUR_MS).state == "inactive"


def test_a_customer_can_buy_again_after_a_refund(world: World) -> None:
    device = world.activated()
    world.happens(device, "refund")
    assert device.refresh().state == "inactive"
    world.pay(device)


def test_a_failed_renewal_gives_grace_until_its_exact_end(world: World) -> None:
    device = world.activated(rehearsed=True)
    paid_until = period_end(device.view())
    world.happens(device, "fail_next_payment")
    world.stub.clock.advance_to(paid_until + 2 * HOUR_MS)
    owed = device.refresh()
    assert (owed.state, owed.reason, owed.usable) == ("grace", "past_due", True)
    assert hints.PAYMENT_FAILED in owed.hints
    assert owed.until == owed.grace_ends_at == paid_until + GRACE_MS
    world.stub.faults.set(drop_connection=True)
    over = assert_change_at(
        device, paid_until + GRACE_MS, before=lambda view: view.state == "grace"
    )
    assert (over.state, over.reason) == ("expired", "boundary_passed")


def test_another_failed_payment_does_not_extend_grace(world: World) -> None:
    device = world.device()
    world.stub.pay(device.start_checkout().session_id, card=FAILS_LATER)
    paid = device.refresh()
    for days in (1, 2):
        world.stub.clock.advance_to(period_end(paid) + days * DAY_MS)
        owed = device.refresh()
        assert (owed.state, owed.until) == ("grace", period_end(paid) + GRACE_MS)
    world.stub.clock.advance_to(period_end(paid) + GRACE_MS)
    over = device.refresh()
    assert (over.state, over.reason) == ("inactive", "past_due")


def test_paying_the_invoice_in_the_portal_ends_grace(world: World) -> None:
    device = device_with_failed_renewal(world)
    assert device.view().state == "grace"
    (open_one,) = [one for one in device.call("invoices.list").invoices if one.status == "open"]
    submit_in_portal(device, "pay", invoice=open_one.id)
    paid = device.refresh()
    assert (paid.state, paid.reason) == ("active", "active")
    assert paid.until == period_end(paid) + GRACE_MS


def test_after_the_grace_the_open_invoice_is_what_the_command_offers(world: World) -> None:
    device = device_with_failed_renewal(world)
    world.stub.clock.advance_to(period_end(device.view()) + GRACE_MS)
    assert device.refresh().state == "inactive"
    told = device.cli("status").out
    assert "keystead invoices pay" in told
    assert "keystead activate" not in told
    invoice = device.cli("invoices", "pay", "--no-browser", "--json").json()
    card = {"card": CARD, "expiry": "12 / 40", "cvc": "123"}
    assert submit_form(invoice["url"], card).status_code == 200
    assert device.refresh().state == "active"


def test_a_new_card_pays_the_open_invoice_automatically(world: World) -> None:
    device = device_with_failed_renewal(world)
    world.happens(device, "update_card", card=CARD)
    world.stub.clock.advance(days=14)
    assert device.refresh().state == "active"


def test_a_renewal_that_needs_authentication_is_confirmed_in_the_portal(world: World) -> None:
    device = world.device()
    world.stub.pay(device.start_checkout().session_id, card=ASKS_EVERY_TIME)
    paid = device.refresh()
    world.stub.clock.advance_to(period_end(paid) + 2 * HOUR_MS)
    owed = device.refresh()
    assert (owed.state, owed.until) == ("grace", period_end(paid) + GRACE_MS)
    (open_one,) = [one for one in device.call("invoices.list").invoices if one.status == "open"]
    submit_in_portal(device, "pay", invoice=open_one.id)
    assert device.refresh().state == "active"


def test_a_subscription_is_canceled_if_its_invoice_is_never_paid(world: World) -> None:
    device = world.device()
    world.stub.pay(device.start_checkout().session_id, card=FAILS_LATER)
    device.refresh()
    world.stub.clock.advance(days=90)
    ended = device.refresh()
    assert (ended.state, ended.reason) == ("inactive", "canceled")


def test_a_device_stays_active_through_a_year_of_renewals_without_interaction(world: World) -> None:
    """Months pass for device and stub; the device refreshes in the background."""
    device = world.activated(rehearsed=True)
    ends = [period_end(device.view())]
    for _ in range(12):
        world.stub.clock.advance_to(ends[-1] + HOUR_MS)
        view = device.sleep_until(ends[-1] + HOUR_MS)
        assert (view.state, view.hints) == ("active", ())
        ends.append(period_end(view))
    assert ends == sorted(set(ends))
    assert 360 * DAY_MS < ends[-1] - ends[0] < 370 * DAY_MS


def test_a_change_to_yearly_billing_is_shown_after_the_next_refresh(world: World) -> None:
    device = world.activated()
    before = device.view()
    (plan,) = device.call("plans.list").plans
    (yearly,) = [price.price_id for price in plan.prices if price.billing_period == "yearly"]
    world.happens(device, "update_subscription", price_id=yearly)
    after = device.refresh()
    assert after.entitlement is not None
    assert after.entitlement.price_id == yearly
    assert period_end(after) > period_end(before) + 300 * DAY_MS


def test_resuming_a_paused_subscription_makes_the_device_active(world: World) -> None:
    device = world.activated()
    world.happens(device, "pause")
    paused = device.refresh()
    assert (paused.state, paused.reason, paused.usable) == ("inactive", "paused", False)
    world.happens(device, "resume")
    assert device.refresh().state == "active"


def test_added_seats_are_shown_after_the_next_refresh(world: World) -> None:
    device = world.activated()
    world.happens(device, "update_subscription", quantity=7)
    paid = device.refresh().entitlement
    assert paid is not None
    assert paid.seats == 7


@pytest.mark.parametrize("flow", [None, "payment_method_update", "subscription_cancel"])
def test_the_portal_opens_on_the_requested_page(world: World, flow: str | None) -> None:
    device = world.activated()
    portal = device.call("portal.open", PortalParams(flow=flow))
    assert portal.expires_at > device.view().now
    open_page(portal.url)
