"""The license status over a device's life, by the expiry table of specification §3.8."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from keystead.instants import DAY_MS, HOUR_MS, iso
from keystead.wire import nyra as wire
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice, new_nonce

GRACE_MS = 72 * HOUR_MS


def test_an_open_checkout_entitles_to_nothing(device: BillingDevice) -> None:
    body = device.status(checkoutSessionId=device.start_checkout())
    assert (body["active"], body["status"]) == (False, "checkout_open")
    assert body["license"] is None
    assert body["deviceAccessToken"] is None


def test_a_paid_device_is_active_until_period_end_and_grace(device: BillingDevice) -> None:
    body = device.activate()
    document = device.license(body)
    period_end = body["entitlement"]["currentPeriodEnd"]
    ends_at = period_end + GRACE_MS
    assert (body["active"], body["status"]) == (True, "active")
    assert body["offlineGrace"] == {"seconds": 259200, "endsAt": ends_at, "endsAtIso": iso(ends_at)}
    assert body["deviceAccessTokenExpiresAt"] == ends_at == document.exp * 1000
    assert body["deviceAccessTokenExpiresAtIso"] == iso(ends_at)
    assert body["refreshAfterSeconds"] == 21600
    assert body["entitlement"]["features"] == ["export", "sync"]
    assert body["device"]["activeDevices"] == 1
    assert body["device"]["deviceLimit"] == 3
    assert body["device"]["name"] == "Laptop"


def test_the_signed_license_contains_the_nonce_of_the_request(device: BillingDevice) -> None:
    device.activate()
    nonce = new_nonce()
    assert device.license(device.status(nonce=nonce)).nonce == nonce


def test_license_ids_of_one_second_sort_in_order_of_issue(device: BillingDevice) -> None:
    device.activate()
    issued = [device.license(device.status()) for _ in range(20)]
    places = [(one.iat, one.jti) for one in issued]
    assert places == sorted(places)
    assert len(set(places)) == 20


def test_a_renewal_extends_the_license_boundary(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    before = device.activate()["entitlement"]["currentPeriodEnd"]
    billing_stub.clock.advance_to(before + HOUR_MS)
    after = device.status()
    assert after["status"] == "active"
    assert after["entitlement"]["currentPeriodEnd"] > before + 27 * DAY_MS


def test_cancelling_at_the_period_end_leaves_no_grace(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    period_end = device.activate()["entitlement"]["currentPeriodEnd"]
    billing_stub.customer(device.customer_id, "cancel", at_period_end=True)
    body = device.status()
    assert body["entitlement"]["cancelAtPeriodEnd"] is True
    assert body["offlineGrace"]["endsAt"] == period_end
    billing_stub.clock.advance_to(period_end + 1000)
    ended = device.status()
    assert (ended["active"], ended["status"]) == (False, "canceled")
    assert device.license(ended).active is False


def test_a_failed_renewal_does_not_extend_the_license_boundary(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    paid_until = device.activate()["entitlement"]["currentPeriodEnd"]
    billing_stub.customer(device.customer_id, "fail_next_payment")
    billing_stub.clock.advance_to(paid_until + 2 * HOUR_MS)
    body = device.status()
    assert (body["active"], body["status"]) == (True, "past_due")
    assert body["entitlement"]["currentPeriodEnd"] == paid_until
    assert body["offlineGrace"]["endsAt"] == paid_until + GRACE_MS
    billing_stub.clock.advance_to(paid_until + GRACE_MS)
    over = device.status()
    assert over["active"] is False
    assert over["reason"] == "payment_failed"
    assert over["deviceAccessToken"] is None


@pytest.mark.parametrize(("action", "reason"), [("refund", "refunded"), ("dispute", "disputed")])
def test_a_refund_or_dispute_ends_the_entitlement(
    device: BillingDevice, billing_stub: BillingStub, action: str, reason: str
) -> None:
    device.activate()
    billing_stub.customer(device.customer_id, action)
    body = device.status()
    assert (body["active"], body["reason"]) == (False, reason)
    assert body["deviceAccessToken"] is None
    assert device.license(body).active is False
    assert device.license(body).exp - device.license(body).iat <= DAY_MS // 1000


def test_a_refund_that_fails_later_entitles_again(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.customer(device.customer_id, "refund")
    refunded = device.status()
    assert (refunded["active"], device.license(refunded).reason) == (False, "refunded")
    billing_stub.customer(device.customer_id, "fail_refund")
    body = device.status()
    assert (body["active"], body["status"], body["reason"]) == (True, "active", None)
    assert body["deviceAccessToken"] is not None


def test_an_inquiry_takes_nothing_until_it_becomes_a_dispute(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.customer(device.customer_id, "dispute", inquiry=True)
    assert device.status()["active"] is True
    billing_stub.customer(device.customer_id, "escalate_inquiry")
    assert (device.status()["active"], device.status()["reason"]) == (False, "disputed")
    billing_stub.customer(device.customer_id, "close_dispute", won=True)
    assert device.status()["active"] is True


def test_a_closed_inquiry_takes_nothing(device: BillingDevice, billing_stub: BillingStub) -> None:
    device.activate()
    billing_stub.customer(device.customer_id, "dispute", inquiry=True)
    billing_stub.customer(device.customer_id, "close_dispute", won=False)
    assert device.status()["active"] is True


def test_a_partial_refund_keeps_the_entitlement(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.customer(device.customer_id, "refund", amount=100)
    assert device.status()["active"] is True


def test_a_renewal_after_a_refund_entitles_again(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.customer(device.customer_id, "refund")
    billing_stub.clock.advance(days=32)
    assert device.status()["active"] is True


def test_pausing_deactivates_and_resuming_activates_the_device(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.customer(device.customer_id, "pause")
    assert device.status()["active"] is False
    billing_stub.customer(device.customer_id, "resume")
    assert device.status()["active"] is True


def test_a_deleted_customer_has_no_entitlement(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.customer(device.customer_id, "delete")
    body = device.status()
    assert (body["active"], body["reason"]) == (False, "customer_deleted")


def test_settling_ends_a_day_after_the_checkout_however_often_it_is_refreshed(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    billing_stub.faults.set(hold_webhooks=True)
    session = device.start_checkout()
    billing_stub.pay(session)
    first = device.status(checkoutSessionId=session)
    assert (first["active"], first["status"]) == (True, "settling")
    assert first["entitlement"]["currentPeriodEnd"] is None
    assert first["entitlement"]["key"] == "pro"
    assert 0 < first["offlineGrace"]["endsAt"] - first["serverTime"] <= DAY_MS
    billing_stub.clock.advance(hours=10)
    later = device.status(checkoutSessionId=session)
    assert later["offlineGrace"]["endsAt"] == first["offlineGrace"]["endsAt"]
    billing_stub.clock.advance(hours=15)
    over = device.status(checkoutSessionId=session)
    assert (over["active"], over["reason"]) == (False, "payment_not_confirmed")
    assert over["entitlement"] is None
    billing_stub.faults.clear()
    assert device.status(checkoutSessionId=session)["status"] == "active"


def test_a_bank_debit_is_settling_until_the_bank_responds(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    session = device.start_checkout()
    assert billing_stub.pay(session, card="sepa_debit")["status"] == "processing"
    body = device.status(checkoutSessionId=session)
    assert (body["active"], body["status"]) == (False, "settling")
    assert (body["reason"], body["deviceAccessToken"]) == ("payment_not_confirmed", None)
    assert device.license(body).reason == "payment_not_confirmed"
    billing_stub.clock.advance(days=1)
    assert device.status(checkoutSessionId=session)["status"] == "active"


def test_an_expired_checkout_is_reported(device: BillingDevice, billing_stub: BillingStub) -> None:
    session = device.start_checkout()
    billing_stub.ask("POST", f"/_stub/checkouts/{session}/expire")
    body = device.status(checkoutSessionId=session)
    assert (body["active"], body["status"], body["license"]) == (False, "checkout_expired", None)


def test_another_devices_paid_session_is_not_found(
    device: BillingDevice, new_device: Callable[..., BillingDevice], billing_stub: BillingStub
) -> None:
    session = device.start_checkout()
    billing_stub.pay(session)
    other = new_device("Thief")
    answer = other.ask(checkoutSessionId=session)
    missing = other.ask(checkoutSessionId="cs_test_nothing")
    assert answer.status_code == missing.status_code == 404
    assert answer.json()["code"] == missing.json()["code"] == "unknown_device"
    assert answer.json()["detail"] == missing.json()["detail"]


def test_the_operator_can_read_a_devices_status(
    device: BillingDevice, billing_stub: BillingStub, http: httpx.Client
) -> None:
    device.activate()
    seen = device.status()["device"]["lastCheckedAt"]
    headers = {"Authorization": f"Bearer {billing_stub.settings.license_api_token}"}
    answer = http.get(wire.LICENSE_STATUS, params={"deviceId": device.id}, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["active"] is True
    assert answer.json()["device"]["lastCheckedAt"] == seen
    unknown = http.get(wire.LICENSE_STATUS, params={"deviceId": "A" * 43}, headers=headers)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_device")


def test_a_device_offline_for_a_year_is_active_again_while_still_paid(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.clock.advance(days=365)
    assert device.status()["status"] == "active"


def test_a_clock_skew_fault_changes_signed_times_but_not_stripes(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.faults.set(clock_skew_seconds=7200)
    body = device.status()
    assert abs(device.license(body).iat * 1000 - billing_stub.clock.now_ms() - 2 * HOUR_MS) < 60_000
    assert body["serverTime"] // 1000 == device.license(body).iat
    billing_stub.customer(device.customer_id, "cancel", at_period_end=True)
    assert device.status()["entitlement"]["cancelAtPeriodEnd"] is True
