"""A vendor's own product at every billing API with sign-in."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from keystead_stub.in_process import BillingStub
from support import vendor
from support.api_account import APIS, Account, Api
from support.billing_device import BillingDevice
from support.shared_stubs import StoppableClock

EVERY_API = pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
CALLED = pytest.mark.parametrize("called", ["studio", "plan-studio"])


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


@EVERY_API
@CALLED
def test_a_plan_activates_renews_and_ends_by_either_of_its_names(
    api: Api, called: str, billing_stub: BillingStub, http: httpx.Client, device: BillingDevice
) -> None:
    account = Account(billing_stub, http, api)
    answer = account.checkout(called, **device.identity())
    assert answer.is_success, answer.text
    session = str(answer.json()["sessionId"])
    billing_stub.pay(session, email="ada@acme.example")
    bought = device.status(checkoutSessionId=session)
    assert (bought["active"], bought["entitlement"]["key"]) == (True, "studio")
    assert device.license(bought).aud == "acme-notes"
    invoices = account.invoices().json()
    (invoice,) = invoices.get("invoices", invoices.get("data"))
    assert (invoice["amountPaid"], invoice["currency"]) == (2900, "usd")
    assert account.portal().is_success
    billing_stub.clock.advance(days=31)
    assert device.status()["active"] is True
    billing_stub.customer(device.customer_id, "cancel")
    billing_stub.clock.advance(days=31)
    assert device.status()["active"] is False


@EVERY_API
def test_the_plans_are_the_catalogues(
    api: Api, billing_stub: BillingStub, http: httpx.Client
) -> None:
    account = Account(billing_stub, http, api)
    plans = account.ask("GET", api.plans).json()["plans"]
    # `crow` sells by the module and for a period: what is paid once is none of that.
    once = [] if api.name == "crow" else ["lifetime"]
    assert [plan["plan"] for plan in plans] == ["studio", "trial", *once]
    assert {price["currency"] for plan in plans for price in plan["prices"]} == {"usd"}


@EVERY_API
def test_a_plan_of_the_example_is_refused(
    api: Api, billing_stub: BillingStub, http: httpx.Client
) -> None:
    account = Account(billing_stub, http, api)
    assert account.checkout("enterprise").status_code in {400, 404}


@pytest.mark.parametrize(
    "api", [api for api in APIS if api.name != "crow"], ids=lambda api: api.name
)
def test_what_is_paid_once_activates(
    api: Api, billing_stub: BillingStub, http: httpx.Client, device: BillingDevice
) -> None:
    account = Account(billing_stub, http, api)
    answer = account.checkout("lifetime", billingPeriod="once", **device.identity())
    assert answer.is_success, answer.text
    session = str(answer.json()["sessionId"])
    billing_stub.pay(session, email="ada@acme.example")
    bought = device.status(checkoutSessionId=session)
    assert (bought["active"], bought["entitlement"]["key"]) == (True, "lifetime")
    billing_stub.clock.advance(days=400)
    assert device.status()["active"] is True


def test_a_mission_control_tenant_has_the_plan_by_its_own_name(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    (api,) = (one for one in APIS if one.name == "mission-control")
    account = Account(billing_stub, http, api)
    account.stub.pay(account.checkout("studio", seats=90).json()["sessionId"])
    status = account.ask("GET", "/api/billing/status").json()
    assert (status["plan"], status["status"], status["seats"]) == ("studio", "active", 50)
    refused = account.checkout("trial").json()
    assert (refused["plan"], refused["change"]) == ("studio", "upgrade")
    # The example's names are none of this vendor's.
    assert account.checkout("archon").status_code == 400


def test_a_trial_begins_at_crow_too(
    billing_stub: BillingStub, http: httpx.Client, device: BillingDevice
) -> None:
    (api,) = (one for one in APIS if one.name == "crow")
    account = Account(billing_stub, http, api)
    session = account.checkout("trial", **device.identity()).json()["sessionId"]
    billing_stub.pay(session)
    assert device.status(checkoutSessionId=session)["status"] == "trialing"


def test_crow_sells_its_first_plan_where_none_is_named_and_no_pay_as_you_go(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    (api,) = (one for one in APIS if one.name == "crow")
    account = Account(billing_stub, http, api)
    for pay_as_you_go, status in ((False, 200), (True, 400)):
        draft = account.ask(
            "POST",
            "/api/v1/billing/billing-builders",
            {"modules": {"web": True}, "payAsYouGo": pay_as_you_go},
        )
        opened = account.ask(
            "POST",
            api.checkout,
            {"billingBuilderId": draft.json()["id"]},
            headers={"X-Organization-Id": account.name},
        )
        assert opened.status_code == status, opened.text
