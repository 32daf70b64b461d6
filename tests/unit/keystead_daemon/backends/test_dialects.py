"""Each billing API's dialect: its requests, their authorization, and the responses."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from keystead.capabilities import CAPABILITIES_BY_API
from keystead.wire.nyra import PaymentMethod
from keystead_daemon.backends.calls import Auth, Call
from keystead_daemon.backends.dialect import CheckoutRequest, dialect_of

WISH = CheckoutRequest(
    device_id="d" * 43,
    device_public_key="k" * 43,
    device_name="laptop",
    plan="pro",
    billing_period="yearly",
    seats=3,
    modules=("cctv", "social"),
    account="acme",
)
CHECKOUT = {"sessionId": "cs_1", "url": "https://pay.example/", "expiresAt": 1}
BUILDER = {
    "id": "bb_1",
    "organizationId": "acme",
    "modules": {},
    "payAsYouGo": False,
    "billingPeriod": "annual",
    "stripeCustomerId": None,
    "stripeSubscriptionId": None,
    "status": "draft",
    "onboardingId": None,
    "createdAt": 1,
}


class Backend:
    """A backend with prepared responses, which records the calls."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.calls: list[Call] = []
        self._answers = list(answers)

    async def ask(self, call: Call, kind: type[Any]) -> Any:
        self.calls.append(call)
        return msgspec.convert(self._answers.pop(0), kind)

    def body(self, number: int) -> dict[str, Any]:
        body: dict[str, Any] = msgspec.to_builtins(self.calls[number].body)
        return body


@pytest.mark.parametrize("api", CAPABILITIES_BY_API)
def test_a_checkout_uses_the_session_where_the_api_has_sign_in(api: str) -> None:
    answers = {
        "crow": (BUILDER, CHECKOUT),
        "stripe-integration": ({"sessionUrl": "https://pay.example/", **CHECKOUT},),
    }.get(api, (CHECKOUT,))
    backend = Backend(*answers)
    started = asyncio.run(dialect_of(api).checkout(backend.ask, WISH))
    assert (started.session_id, started.url) == ("cs_1", "https://pay.example/")
    by = Auth.ACCOUNT if CAPABILITIES_BY_API[api].sign_in else Auth.KEY
    assert {call.auth for call in backend.calls} == {by}
    assert backend.body(-1)["deviceId"] == "d" * 43


@pytest.mark.parametrize("api", CAPABILITIES_BY_API)
def test_plans_are_requested_with_the_required_authorization(api: str) -> None:
    backend = Backend({"plans": []})
    assert asyncio.run(dialect_of(api).plans(backend.ask)).plans == ()
    by = Auth.ACCOUNT if CAPABILITIES_BY_API[api].plans_signed_in else Auth.NONE
    assert [call.auth for call in backend.calls] == [by]


@pytest.mark.parametrize("api", CAPABILITIES_BY_API)
def test_portal_and_invoices_are_those_of_the_caller(api: str) -> None:
    page = {"url": "https://pay.example/", "portalUrl": "https://pay.example/", "expiresAt": 1}
    # One billing API answers with a page of a list, the others with all of it.
    none = {"invoices": [], "data": [], "hasMore": False, "nextCursor": None}
    backend, dialect = Backend(page, none), dialect_of(api)
    opened = asyncio.run(dialect.portal(backend.ask, return_url=None, flow="invoices"))
    assert (opened.url, opened.expires_at) == ("https://pay.example/", 1)
    assert asyncio.run(dialect.invoices(backend.ask)).invoices == ()
    by = Auth.ACCOUNT if CAPABILITIES_BY_API[api].sign_in else Auth.DEVICE
    assert [call.auth for call in backend.calls] == [by, by]


@pytest.mark.parametrize("api", CAPABILITIES_BY_API)
def test_every_billing_api_may_return_the_card(api: str) -> None:
    card = {"brand": "visa", "last4": "4242"}
    page = {"invoices": [], "data": [], "hasMore": False, "nextCursor": None}
    backend = Backend({**page, "paymentMethod": card})
    told = asyncio.run(dialect_of(api).invoices(backend.ask)).payment_method
    assert told == PaymentMethod(brand="visa", last4="4242")


def test_seats_are_sent_to_dashclicks_as_a_quantity() -> None:
    backend = Backend(CHECKOUT)
    asyncio.run(dialect_of("dashclicks").checkout(backend.ask, WISH))
    assert backend.calls[0].path == "/v1/billing/charges"
    told = backend.body(0)
    assert (told["plan"], told["billingPeriod"], told["quantity"]) == ("pro", "yearly", 3)


def test_crow_creates_a_billing_builder_and_sends_its_organisation() -> None:
    backend = Backend(BUILDER, CHECKOUT)
    asyncio.run(dialect_of("crow").checkout(backend.ask, WISH))
    assert backend.body(0)["modules"] == {"web": False, "cctv": True, "social": True}
    assert backend.body(0)["billingPeriod"] == "annual"
    assert backend.body(1)["billingBuilderId"] == "bb_1"
    assert backend.calls[1].headers == {"X-Organization-Id": "acme"}


@pytest.mark.parametrize("api", ["mission-control", "stripe-integration"])
def test_without_a_plan_the_first_one_on_sale_is_bought(api: str) -> None:
    sold = {"plan": "studio", "name": "Studio", "features": [], "prices": []}
    opened = CHECKOUT | {"sessionUrl": CHECKOUT["url"]}
    backend = Backend({"plans": [sold, sold | {"plan": "solo"}]}, opened)
    asyncio.run(dialect_of(api).checkout(backend.ask, msgspec.structs.replace(WISH, plan=None)))
    bought = backend.calls[1].query.get("planId") or backend.body(1).get("plan")
    assert bought == "studio"


def test_without_any_plan_on_sale_the_backend_refuses_the_checkout() -> None:
    backend = Backend({"plans": []}, CHECKOUT)
    wish = msgspec.structs.replace(WISH, plan=None)
    asyncio.run(dialect_of("mission-control").checkout(backend.ask, wish))
    assert backend.body(1)["plan"] == ""


def test_pay_as_you_go_is_billed_monthly_at_crow() -> None:
    backend = Backend(BUILDER, CHECKOUT)
    wish = msgspec.structs.replace(WISH, billing_period="pay_as_you_go", modules=())
    asyncio.run(dialect_of("crow").checkout(backend.ask, wish))
    assert (backend.body(0)["payAsYouGo"], backend.body(0)["billingPeriod"]) == (True, "monthly")
    assert sum(backend.body(0)["modules"].values()) == 1


def test_crow_plans_are_returned_with_their_modules() -> None:
    price = {"priceId": "p", "amount": 5, "currency": "eur", "payAsYouGo": False}
    sold = {
        "plan": "pro",
        "name": "Pro",
        "features": [],
        "modules": ["web", "cctv"],
        "prices": [
            price | {"billingPeriod": "annual"},
            price | {"billingPeriod": "monthly", "payAsYouGo": True},
        ],
    }
    (plan,) = asyncio.run(dialect_of("crow").plans(Backend({"plans": [sold]}).ask)).plans
    assert list(plan.modules) == ["web", "cctv"]
    assert [one.billing_period for one in plan.prices] == ["yearly", "pay_as_you_go"]


def test_an_overdue_invoice_has_its_hosted_page() -> None:
    invoice = {
        "id": "in_1",
        "number": None,
        "status": "overdue",
        "amountDue": 5,
        "amountPaid": 0,
        "currency": "eur",
        "createdAt": 1,
        "periodEnd": None,
        "hostedUrl": "https://pay.example/in_1",
        "stripeInvoiceId": "in_1",
        "stripeSubscriptionId": None,
    }
    backend = Backend({"invoices": [invoice]})
    (told,) = asyncio.run(dialect_of("stripe-integration").invoices(backend.ask)).invoices
    assert (told.status, told.hosted_url) == ("overdue", "https://pay.example/in_1")
