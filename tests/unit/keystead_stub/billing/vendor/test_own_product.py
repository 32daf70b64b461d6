"""A vendor's own product, bought at the native billing API to the end of its story."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from keystead.instants import DAY_MS, HOUR_MS
from keystead.profile import load_profile
from keystead_stub.in_process import BillingStub
from support import vendor
from support.billing_device import BillingDevice
from support.shared_stubs import StoppableClock


@pytest.fixture(scope="module")
def _running(
    tmp_path_factory: pytest.TempPathFactory, real_clock: StoppableClock
) -> Iterator[BillingStub]:
    folder = tmp_path_factory.mktemp("acme")
    with BillingStub.running(
        folder, profile=vendor.PROFILE, catalogue=vendor.CATALOGUE, real_ms=real_clock
    ) as stub:
        yield stub


@pytest.fixture
def billing_stub(_running: BillingStub) -> BillingStub:
    _running.ask("POST", "/_stub/reset")
    return _running


def test_the_runs_profile_is_the_vendors_with_the_runs_backend_and_keys(
    billing_stub: BillingStub,
) -> None:
    profile = load_profile(billing_stub.profile)
    assert (profile.product_id, profile.product_name) == ("acme-notes", "Acme & Sons Notes")
    assert (profile.support_email, profile.secrets) == ("help@acme.example", "file")
    assert profile.backend_url == billing_stub.url
    assert "# Keys that are not made yet." not in billing_stub.profile.read_text()


def test_the_plans_are_the_catalogues(http: httpx.Client) -> None:
    plans = http.get("/api/billing/plans").json()["plans"]
    assert [(plan["plan"], plan["name"], plan["minSeats"], plan["maxSeats"]) for plan in plans] == [
        ("studio", "Acme Studio", 1, 50),
        ("trial", "Acme Trial", 1, 1),
        ("lifetime", "Acme for ever", 1, 1),
    ]
    prices = [price for plan in plans for price in plan["prices"]]
    assert {price["currency"] for price in prices} == {"usd"}
    assert [(price["billingPeriod"], price["amount"]) for price in prices] == [
        ("monthly", 2900),
        ("yearly", 29000),
        ("monthly", 1900),
        ("once", 49900),
    ]


@pytest.mark.parametrize(("period", "days"), [(None, 31), ("monthly", 31), ("yearly", 366)])
def test_a_subscription_activates_renews_and_ends(
    device: BillingDevice, billing_stub: BillingStub, period: str | None, days: int
) -> None:
    bought = device.activate(plan="plan-studio", seats=7, billingPeriod=period)
    assert (bought["active"], bought["status"]) == (True, "active")
    entitled = bought["entitlement"]
    assert (entitled["key"], entitled["features"]) == ("studio", ["render", "batch"])
    assert entitled["seats"] == 7
    assert bought["offlineGrace"]["endsAt"] - entitled["currentPeriodEnd"] == 48 * HOUR_MS
    assert device.license(bought).aud == "acme-notes"
    billing_stub.clock.advance(days=days)
    renewed = device.status()
    assert renewed["active"] is True
    later = renewed["entitlement"]["currentPeriodEnd"] - entitled["currentPeriodEnd"]
    assert later > 27 * DAY_MS
    billing_stub.customer(device.customer_id, "cancel")
    billing_stub.clock.advance(days=days)
    assert (device.status()["active"], device.status()["status"]) == (False, "canceled")


def test_a_trial_comes_first_and_is_paid_for_after_it(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    begun = device.activate(plan="trial")
    assert (begun["active"], begun["status"]) == (True, "trialing")
    left = begun["entitlement"]["currentPeriodEnd"] - billing_stub.clock.now_ms()
    assert abs(left - 14 * DAY_MS) < HOUR_MS
    billing_stub.clock.advance(days=15)
    paid = device.status()
    assert (paid["active"], paid["status"]) == (True, "active")
    # Trials are for new customers.
    billing_stub.customer(device.customer_id, "cancel", at_period_end=False)
    assert device.status()["active"] is False
    assert device.activate(plan="trial")["status"] == "active"


def test_what_is_paid_once_needs_no_renewal_and_ends_with_its_refund(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    bought = device.activate(plan="lifetime")
    assert (bought["active"], bought["status"]) == (True, "active")
    assert bought["entitlement"]["key"] == "lifetime"
    assert bought["entitlement"]["currentPeriodEnd"] is None
    billing_stub.clock.advance(days=800)
    assert device.status()["active"] is True
    (invoice,) = device.call("GET", "/api/billing/invoices", token=device.token).json()["invoices"]
    assert (invoice["amountPaid"], invoice["currency"]) == (49900, "usd")
    portal = device.call("POST", "/api/billing/portal", token=device.token, json={})
    assert "Acme &amp; Sons Notes" in device.http.get(portal.json()["url"]).text
    billing_stub.customer(device.customer_id, "refund")
    assert (device.status()["active"], device.status()["reason"]) == (False, "refunded")


@pytest.mark.parametrize(
    "wish",
    [
        {"plan": "pro"},
        {"plan": "modules~studio"},
        {"plan": "plan-"},
        {"plan": "lifetime", "billingPeriod": "monthly"},
        {"plan": "studio", "billingPeriod": "once"},
        {"plan": "studio", "billingPeriod": "weekly"},
        {"plan": "studio", "seats": 51},
        {"plan": "trial", "seats": 2},
    ],
)
def test_what_the_catalogue_does_not_sell_is_refused(
    device: BillingDevice, wish: dict[str, object]
) -> None:
    answer = device.call("POST", "/api/billing/checkout", json={**device.identity(), **wish})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_the_device_limit_is_the_catalogues(
    device: BillingDevice, billing_stub: BillingStub, http: httpx.Client
) -> None:
    first = device.activate(email="ada@acme.example")
    assert first["device"]["deviceLimit"] == 2
    answers = []
    for name in ("Second", "Third"):
        other = BillingDevice(billing_stub, http, name)
        activation = other.restore("ada@acme.example", "acme-notes")
        mail = billing_stub.outbox()[0]
        assert mail["subject"].startswith("Acme & Sons Notes: ")
        assert mail["body"].endswith("\nAcme & Sons Notes\nQuestions? help@acme.example\n")
        page = other.follow_newest_mail()
        assert "Acme &amp; Sons Notes" in page.text
        assert "mailto:help@acme.example" in page.text
        assert "NyrA" not in page.text
        answers.append(other.ask(activationId=activation))
    assert [one.status_code for one in answers] == [200, 409]
    assert answers[1].json()["code"] == "device_limit"


def test_the_checkout_page_names_product_plan_and_terms(
    device: BillingDevice, billing_stub: BillingStub
) -> None:
    def page(**wish: object) -> str:
        url = device.call(
            "POST", "/api/billing/checkout", json={**device.identity(), **wish}
        ).json()["url"]
        return device.http.get(url).text

    studio = page(plan="studio", seats=3)
    for text in ("Acme &amp; Sons Notes Acme Studio", "$87.00", "3 seats", "2 days of grace"):
        assert text in studio
    assert "Up to 2 devices" in studio
    assert "Free trial" in page(plan="trial")
    once = page(plan="lifetime")
    assert "You pay once" in once
    assert "$499.00" in once
    assert "NyrA" not in studio + once


@pytest.mark.parametrize(
    ("hours", "says"),
    [(0, ""), (1, "1 hour"), (12, "12 hours"), (36, "36 hours"), (24, "1 day"), (96, "4 days")],
)
def test_the_checkout_page_tells_the_grace_as_it_is(tmp_path: Path, hours: int, says: str) -> None:
    catalogue = f'currency = "usd"\noffline_grace_hours = {hours}\n'
    catalogue += '[[plans]]\nkey = "studio"\nmonthly = 900\n'
    with (
        BillingStub.running(tmp_path / "own", profile=vendor.PROFILE, catalogue=catalogue) as stub,
        httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as http,
    ):
        device = BillingDevice(stub, http)
        started = device.call("POST", "/api/billing/checkout", json=device.identity())
        page = http.get(started.json()["url"]).text
    told = f"Works offline; {says} of grace if a renewal fails<" if says else "Works offline<"
    assert told in page


def test_example_customers_and_events_are_of_the_catalogue(billing_stub: BillingStub) -> None:
    made = billing_stub.ask("POST", "/_stub/seed", {"customers": 5})["customers"]
    assert len(made) == 5
    for customer in made:
        state = billing_stub.ask("GET", f"/_stub/state?customerId={customer}")
        assert state["subscription"]["status"] == "active"
    billing_stub.ask("POST", "/_stub/trigger", {"type": "invoice.payment_failed"})
