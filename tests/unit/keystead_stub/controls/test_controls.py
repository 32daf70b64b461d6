"""The simulation controls: their effects, their protection from cross-site requests, and faults."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from keystead.instants import DAY_MS, iso
from keystead.wire import nyra as wire
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice


def test_the_clock_only_advances(billing_stub: BillingStub) -> None:
    before = billing_stub.clock.now_ms()
    assert billing_stub.clock.advance(days=1) >= before + DAY_MS
    answer = billing_stub.ask("POST", "/_stub/clock/advance", {"to": iso(before + 3 * DAY_MS)})
    assert answer["now"] >= before + 3 * DAY_MS
    assert answer["nowIso"] == iso(answer["now"])
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        billing_stub.clock.advance_to(before)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"nonsense",
        b'{"seconds": "1"}',
        b'{"seconds": -1}',
        b'{"seconds": 1e300}',
        b'{"seconds": 1, "to": 1}',
        b'{"to": "tomorrow"}',
        b'{"to": 99999999999999999}',
        b'{"years": 1}',
        b"\xff",
        b"[" * 50_000,
    ],
)
def test_invalid_advances_are_refused(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/_stub/clock/advance", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/_stub/checkouts/cs_none/complete", {}),
        ("POST", "/_stub/checkouts/cs_none/expire", {}),
        ("POST", "/_stub/customers/cus_none/cancel", {}),
        ("POST", "/_stub/customers/cus_none/dance", {}),
        ("POST", "/_stub/events/evt_none/redeliver", {}),
        ("GET", "/_stub/state?customerId=cus_none", None),
    ],
)
def test_unknown_objects_are_not_found(
    http: httpx.Client, method: str, path: str, body: Any
) -> None:
    answer = http.request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_state_of_an_unknown_device_is_empty(
    billing_stub: BillingStub, device: BillingDevice
) -> None:
    assert billing_stub.state(device.id) == {
        "customer": None,
        "subscription": None,
        "invoices": [],
        "devices": [],
        "events": [],
    }


def test_a_checkout_is_completed_once(device: BillingDevice, billing_stub: BillingStub) -> None:
    session = device.start_checkout()
    billing_stub.pay(session)
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        billing_stub.pay(session)


def test_three_d_secure_can_be_failed(device: BillingDevice, billing_stub: BillingStub) -> None:
    session = device.start_checkout()
    card = "4000002500003155"
    assert billing_stub.pay(session, card=card, authenticate=False)["status"] == "declined"
    assert billing_stub.pay(session, card=card)["status"] == "paid"


def test_examples_can_be_seeded_and_triggered(billing_stub: BillingStub) -> None:
    assert len(billing_stub.ask("POST", "/_stub/seed", {"customers": 4})["customers"]) == 4
    event = billing_stub.ask("POST", "/_stub/trigger", {"type": "invoice.payment_failed"})
    assert (event["type"], event["status"]) == ("invoice.payment_failed", "delivered")


def test_a_reset_deletes_everything(device: BillingDevice, billing_stub: BillingStub) -> None:
    device.activate()
    billing_stub.faults.set(status=503, path=wire.LICENSE_STATUS)
    billing_stub.clock.advance(days=400)
    billing_stub.ask("POST", "/_stub/reset")
    assert abs(billing_stub.clock.now_ms() - time.time() * 1000) < 60_000
    assert billing_stub.ask("GET", "/_stub/events")["events"] == []
    assert device.ask().status_code == 404
    assert device.activate()["active"] is True


def test_a_status_fault_ends_after_the_given_number_of_requests(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.faults.set(status=503, body={"a": 1}, times=2, retry_after=7)
    first, second, third = (device.ask() for _ in range(3))
    assert [first.status_code, second.status_code] == [503, 503]
    assert (first.json(), first.headers["retry-after"]) == ({"a": 1}, "7")
    assert third.status_code == 200


def test_the_captive_portal_fault_answers_html(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.faults.set(body="<html>Sign in</html>")
    answer = device.ask()
    assert (answer.status_code, answer.text) == (200, "<html>Sign in</html>")
    assert answer.headers["content-type"].startswith("text/html")


def test_the_drop_fault_closes_the_connection(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.faults.set(drop_connection=True)
    with pytest.raises(httpx.RemoteProtocolError):
        device.ask()
    billing_stub.faults.clear()
    assert device.status()["active"] is True


def test_the_latency_fault_delays_the_answer(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.faults.set(latency_ms=200, path=wire.LICENSE_STATUS)
    started = time.monotonic()
    assert device.status()["active"] is True
    assert time.monotonic() - started >= 0.2


def test_faults_do_not_affect_the_controls_and_the_webhook(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    billing_stub.faults.set(status=500)
    billing_stub.customer(device.customer_id, "cancel", at_period_end=True)
    billing_stub.faults.clear()
    assert device.status()["entitlement"]["cancelAtPeriodEnd"] is True


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"status": 99}',
        b'{"status": "x"}',
        b'{"times": 0}',
        b'{"latencyMs": -1}',
        b'{"latencyMs": 1e12}',
        b'{"clockSkewSeconds": 1e300}',
        b"{",
    ],
)
def test_invalid_faults_are_refused(http: httpx.Client, body: bytes) -> None:
    answer = http.put("/_stub/faults", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert http.get("/_stub/faults").json() == {"faults": {}}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "["},
        {"Host": "evil.example@127.0.0.1.evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_the_controls_refuse_cross_site_requests(
    http: httpx.Client, headers: dict[str, str]
) -> None:
    for method, path in (("POST", "/_stub/reset"), ("GET", "/_stub/clock")):
        answer = http.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    # Simulated Stripe as well, in Stripe's shape: a website could sell itself a subscription there.
    key = {"Authorization": "Bearer sk_test_x"}
    for method, path in (("POST", "/stripe/v1/customers"), ("GET", "/stripe/v1/customers")):
        assert http.request(method, path, headers=key).status_code == 200
        answer = http.request(method, path, headers=key | headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


def test_the_console_works_without_javascript(
    http: httpx.Client, device: BillingDevice, billing_stub: BillingStub
) -> None:
    device.activate()
    page = http.get("/_stub/")
    assert page.status_code == 200
    token = page.text.partition('name="token" value="')[2].partition('"')[0]
    before = billing_stub.clock.now_ms()

    def press(**fields: str) -> httpx.Response:
        return http.post("/_stub/console", data={"token": token, **fields})

    assert press(action="advance", by="1").status_code == 303
    assert billing_stub.clock.now_ms() >= before + DAY_MS
    assert press(action="advance", by="period").status_code == 303
    assert len(billing_stub.state(device.id)["invoices"]) == 2
    assert press(action="faults", kind="down").status_code == 303
    assert http.get("/health").status_code == 503
    assert press(action="faults", kind="none").status_code == 303
    assert press(action="seed").status_code == 303
    assert press(action="happen", what="refund", customer=device.customer_id).status_code == 303
    assert device.status()["active"] is False
    assert press(action="dance").status_code == 400
    assert http.post("/_stub/console", data={"action": "reset"}).status_code == 403
    assert press(action="reset").status_code == 303
    assert billing_stub.state(device.id)["customer"] is None


def test_controls_need_a_simulated_stripe(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("live")
    environ = {"STRIPE_SECRET_KEY": "sk_live_" + "x1" * 12}
    with BillingStub.running(folder, environ) as stub:
        answers: Callable[[str], httpx.Response] = lambda path: httpx.get(  # noqa: E731
            stub.url + path, trust_env=False, timeout=60
        )
        assert answers("/health").json()["stripe"] == {"mode": "live"}
        for path in ("/_stub/clock", "/_stub/", "/_stub/checkout/cs_1", "/_stub/portal/bps_1"):
            assert answers(path).status_code == 404
        wish = BillingDevice(
            stub, httpx.Client(base_url=stub.url, trust_env=False, timeout=60)
        ).identity()
        refused = httpx.post(stub.url + wire.CHECKOUT, json=wish, trust_env=False, timeout=60)
        assert (refused.status_code, refused.json()["code"]) == (403, "checkout_disabled")


def test_the_console_shows_balance_and_payouts_and_can_fail_a_payout(
    billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.activate()
    billing_stub.ask("POST", "/_stub/money/fail-next-payout")
    pending = billing_stub.ask("GET", "/_stub/money")["balance"]["pending"][0]["amount"]
    billing_stub.clock.advance(days=4)
    money = billing_stub.ask("GET", "/_stub/money")
    assert [one["amount"] for one in money["payouts"]] == [pending, pending]
    assert [one["status"] for one in money["payouts"]][1] == "failed"
    console = httpx.get(f"{billing_stub.url}/_stub/", timeout=60).text
    assert "Failed" in console
    assert "Available" in console


def test_winning_a_dispute_restores_the_license(
    billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.activate()
    here = f"/_stub/customers/{device.customer_id}"
    billing_stub.ask("POST", f"{here}/dispute")
    assert device.status()["active"] is False
    billing_stub.ask("POST", f"{here}/close_dispute", {"won": True})
    assert device.status()["active"] is True
