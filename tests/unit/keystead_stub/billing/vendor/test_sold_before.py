"""A database that was served with another catalogue, or with another product."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from keystead.errors import InvalidInput
from keystead_stub.in_process import BillingStub
from support import vendor
from support.billing_device import BillingDevice

#: Everything that a start generates, so that a second one signs with the same keys.
SECRETS = {"NYRA_LICENSE_SIGNING_SECRET": "A" * 43}
PLANS = "/api/billing/plans"


class Shop:
    """One database, served again and again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def open(
        self, catalogue: str | None = vendor.CATALOGUE, profile: str | None = vendor.PROFILE
    ) -> Iterator[tuple[BillingStub, httpx.Client]]:
        database = f"sqlite:///{self._folder / 'shop.db'}"
        with (
            BillingStub.running(
                self._folder / "run",
                SECRETS,
                database=database,
                profile=profile,
                catalogue=catalogue,
            ) as stub,
            httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as http,
        ):
            yield stub, http


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def again(device: BillingDevice, stub: BillingStub, http: httpx.Client) -> BillingDevice:
    """Return the device at the stub that was started anew."""
    moved = BillingDevice(stub, http, key=device.key)
    moved.token = device.token
    return moved


def test_a_new_price_is_for_new_customers_and_the_old_one_goes_on(shop: Shop) -> None:
    with shop.open() as (stub, http):
        device = BillingDevice(stub, http)
        device.activate(plan="studio")
    dearer = vendor.CATALOGUE.replace("2900\n", "3900\n").replace('"batch"]', '"batch", "team"]')
    with shop.open(dearer) as (stub, http):
        old = again(device, stub, http)
        assert old.status()["active"] is True
        stub.clock.advance(days=31)
        renewed = old.status()
        assert renewed["active"] is True
        # The plan is still sold, and gives what it gives now.
        assert renewed["entitlement"]["features"] == ["render", "batch", "team"]
        assert renewed["entitlement"]["priceId"].endswith("_2900")
        paid = old.call("GET", "/api/billing/invoices", token=old.token).json()["invoices"]
        assert [one["amountPaid"] for one in paid] == [2900, 2900]
        new = BillingDevice(stub, http)
        assert new.activate(plan="studio", email="bo@example.com")["active"] is True
        (invoice,) = new.call("GET", "/api/billing/invoices", token=new.token).json()["invoices"]
        assert invoice["amountPaid"] == 3900
        prices = http.get("/stripe/v1/prices", headers={"Authorization": "Bearer sk_test_x"})
        by_key = {one["lookup_key"]: one for one in prices.json()["data"] if one["lookup_key"]}
        assert (by_key["studio_monthly"]["unit_amount"], by_key["studio_monthly"]["active"]) == (
            3900,
            True,
        )


def test_a_subscriber_of_a_plan_that_left_keeps_what_they_paid_for(shop: Shop) -> None:
    with shop.open() as (stub, http):
        subscriber, owner = BillingDevice(stub, http), BillingDevice(stub, http, "Desk")
        subscriber.activate(plan="studio")
        # Through the portal, so that no checkout's metadata says what the plan gives.
        stub.customer(
            subscriber.customer_id, "update_subscription", price_id="price_trial_monthly_usd_1900"
        )
        assert subscriber.status()["entitlement"]["key"] == "trial"
        owner.activate(plan="lifetime", email="bo@example.com")
    with shop.open(vendor.YEN) as (stub, http):
        assert [one["plan"] for one in http.get(PLANS).json()["plans"]] == ["nenkan"]
        for device, key, features in (
            (again(subscriber, stub, http), "trial", ["render"]),
            (again(owner, stub, http), "lifetime", ["render", "batch", "archive"]),
        ):
            status = device.status()
            assert (status["active"], status["entitlement"]["key"]) == (True, key)
            stub.clock.advance(days=31)
            status = device.status()
            assert (status["active"], status["entitlement"]["features"]) == (True, features)
        # Nobody can buy it any more, by any of its names.
        stranger = BillingDevice(stub, http)
        wish = {**stranger.identity(), "plan": "trial"}
        assert http.post("/api/billing/checkout", json=wish).status_code == 400
        bought = stranger.activate(email="chidi@example.com")
        assert bought["entitlement"]["key"] == "nenkan"
    with shop.open() as (stub, http):
        # What comes back is on sale as before.
        assert BillingDevice(stub, http).activate(plan="trial", email="d@example.com")["active"]


def test_a_database_of_another_product_is_refused(shop: Shop) -> None:
    with shop.open() as (stub, http):
        BillingDevice(stub, http).activate()
    other = vendor.PROFILE.replace("acme-notes", "acme-paint")
    for profile, named in ((other, "acme-paint"), (None, "nyra")):
        with pytest.raises(InvalidInput) as refused, shop.open(profile=profile):
            pass
        assert refused.value.code == "other_product"
        assert 'of the product "acme-notes"' in refused.value.sentence
        assert named in refused.value.sentence
    with shop.open() as (stub, http):
        assert http.get(PLANS).json()["plans"][0]["plan"] == "studio"


def test_a_yen_plan_is_billed_and_shown_without_decimals(shop: Shop) -> None:
    with shop.open(vendor.YEN) as (stub, http):
        device = BillingDevice(stub, http)
        answer = http.post("/api/billing/checkout", json=device.identity()).json()
        page = http.get(answer["url"]).text
        assert "JPY 12,000" in page
        assert "年間プラン" in page
        stub.pay(answer["sessionId"], email="ada@example.com")
        bought = device.status(checkoutSessionId=answer["sessionId"])
        assert bought["entitlement"]["key"] == "nenkan"
        (invoice,) = device.call("GET", "/api/billing/invoices", token=device.token).json()[
            "invoices"
        ]
        assert (invoice["amountPaid"], invoice["currency"]) == (12000, "jpy")
        assert "JPY 12,000" in http.get(invoice["hostedUrl"]).text
