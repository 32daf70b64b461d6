"""The Stripe port for real Stripe, over the official SDK and a local HTTP server."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_port.live import LiveStripe, connect_over
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.invoices import queries as invoice_queries
from keystead_stub.stripe_types.api import STRIPE_API_VERSION
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout, NewPortal
from support.fake_stripe_server import FakeStripeServer, fake_stripe_server
from support.stripe_world import MONTHLY, StripeWorld

# The SDK hands its body to httpx in a way that httpx would like to see gone.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

KEY = "sk_test_not_a_real_key"
SESSIONS = "/v1/checkout/sessions"


@pytest.fixture
def face() -> Iterator[FakeStripeServer]:
    with fake_stripe_server() as made:
        yield made


def live_at(url: str) -> LiveStripe:
    # Each call below runs in an event loop of its own, so that no connection outlives it.
    http = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
    return LiveStripe(connect_over(KEY, http, api_url=url), "test")


@pytest.fixture
def live(face: FakeStripeServer) -> StripeApi:
    return live_at(face.url)


def _page(*documents: Any) -> Any:
    return {"object": "list", "data": list(documents), "has_more": False, "url": "/v1/x"}


def test_a_checkout_session_is_created_with_stripes_parameters(
    face: FakeStripeServer, live: StripeApi
) -> None:
    session = StripeWorld().checkout()
    face.answers["POST", SESSIONS] = dict(session.document)
    request = NewCheckout(
        items=(CheckoutItem(price_id=MONTHLY, quantity=2),),
        success_url="https://a.example/?s={CHECKOUT_SESSION_ID}",
        cancel_url="https://a.example/",
        client_reference_id="device-1",
        metadata={"deviceId": "device-1"},
        subscription_metadata={"deviceId": "device-1"},
        customer_email="ada@example.com",
        locale="de",
    )
    assert asyncio.run(live.create_checkout_session(request)) == session
    ((_, _, fields, headers),) = face.asked
    assert fields == {
        "mode": "subscription",
        "line_items[0][price]": MONTHLY,
        "line_items[0][quantity]": "2",
        "success_url": "https://a.example/?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://a.example/",
        "client_reference_id": "device-1",
        "metadata[deviceId]": "device-1",
        "subscription_data[metadata][deviceId]": "device-1",
        "customer_email": "ada@example.com",
        "locale": "de",
    }
    assert headers["stripe-version"] == STRIPE_API_VERSION
    assert headers["authorization"] == f"Bearer {KEY}"


def test_a_session_is_retrieved_and_expired(face: FakeStripeServer, live: StripeApi) -> None:
    world = StripeWorld()
    session = world.checkout()
    face.answers["GET", f"{SESSIONS}/{session.id}"] = dict(session.document)
    assert asyncio.run(live.get_checkout_session(session.id)) == session
    ended = world.stripe.run(checkout.expire, session.id)
    face.answers["POST", f"{SESSIONS}/{session.id}/expire"] = ended
    assert asyncio.run(live.expire_checkout_session(session.id)).status == "expired"


def test_portal_invoices_and_subscription_belong_to_the_customer(
    face: FakeStripeServer, live: StripeApi
) -> None:
    world = StripeWorld()
    customer_id = world.buy()
    wanted = NewPortal(customer_id=customer_id, flow="subscription_cancel")
    portal = asyncio.run(world.stripe.create_portal_session(wanted))
    invoices = world.stripe.read(invoice_queries.of_customer, customer_id)
    face.answers["POST", "/v1/billing_portal/sessions"] = dict(portal.document)
    face.answers["GET", "/v1/invoices"] = _page(*(dict(one.document) for one in invoices))
    face.answers["GET", "/v1/subscriptions"] = _page(dict(world.subscription(customer_id).document))
    assert asyncio.run(live.create_portal_session(wanted)).url == portal.url
    flow = face.asked[-1][2]
    subscription = world.subscription(customer_id)
    assert flow["flow_data[subscription_cancel][subscription]"] == subscription.id
    assert [one.id for one in asyncio.run(live.list_invoices(customer_id))] == [
        one.id for one in invoices
    ]
    found = asyncio.run(live.get_subscription(customer_id))
    assert found is not None
    assert (found.id, found.current_period_end_ms) == (
        subscription.id,
        subscription.current_period_end_ms,
    )


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        ((404, {"error": {"type": "invalid_request_error"}}), "resource_missing", 404),
        ((400, {"error": {"type": "invalid_request_error"}}), "invalid_request", 400),
        ((402, {"error": {"type": "card_error", "code": "card_declined"}}), "card_declined", 402),
        ((401, {"error": {"message": f"Invalid API Key: {KEY}"}}), "stripe_unreachable", 502),
        ((403, {"error": {"message": "no"}}), "stripe_unreachable", 502),
    ],
)
def test_stripes_errors_keep_their_code_but_not_their_message(
    face: FakeStripeServer, live: StripeApi, answer: Any, code: str, status: int
) -> None:
    face.answers["GET", f"{SESSIONS}/cs_test_1"] = answer
    with pytest.raises(StripeError) as refused:
        asyncio.run(live.get_checkout_session("cs_test_1"))
    assert (refused.value.code, refused.value.status) == (code, status)
    assert KEY not in refused.value.sentence


def test_an_unreachable_stripe_is_reported_as_such() -> None:
    nobody = live_at("http://127.0.0.1:1")
    with pytest.raises(StripeError) as refused:
        asyncio.run(nobody.get_checkout_session("cs_test_1"))
    assert (refused.value.code, refused.value.status) == ("stripe_unreachable", 502)


def test_the_preflight_reads_the_account_settings(face: FakeStripeServer, live: StripeApi) -> None:
    face.answers["GET", "/v1/account"] = {
        "id": "acct_1",
        "object": "account",
        "charges_enabled": True,
    }
    face.answers["GET", f"/v1/prices/{MONTHLY}"] = {
        "id": MONTHLY,
        "object": "price",
        "active": True,
        "currency": "eur",
        "recurring": {"interval": "month", "interval_count": 1},
    }
    face.answers["GET", "/v1/webhook_endpoints"] = _page(
        {"id": "we_1", "object": "webhook_endpoint", "url": "https://a/", "status": "enabled"},
        {"id": "we_2", "object": "webhook_endpoint", "url": "https://b/", "status": "disabled"},
    )
    face.answers["GET", "/v1/billing_portal/configurations"] = _page()
    account = asyncio.run(live.get_account([MONTHLY, "price_none"]))
    assert (account.id, account.charges_enabled, account.portal_features) == ("acct_1", True, None)
    assert [(one.id, one.interval) for one in account.prices] == [(MONTHLY, "month")]
    assert [(one.url, one.enabled) for one in account.endpoints] == [
        ("https://a/", True),
        ("https://b/", False),
    ]
