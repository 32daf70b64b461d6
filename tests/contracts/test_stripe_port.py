"""One suite for both implementations of the Stripe port.

The live one runs over the official SDK and the stub's own REST API, in the same event loop, so
both act on the same simulated account.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from keystead_stub.app import Options, Stub, build
from keystead_stub.settings import Settings
from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_port.live import LiveStripe, connect_over
from keystead_stub.stripe_sim import hosted_payments
from keystead_stub.stripe_sim.rest.routes import BASE
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout, NewPortal
from keystead_stub.stripe_types.values import Invoice, PortalFlow, Subscription

URL = "http://127.0.0.1"
MONTHLY = "price_nyra_pro_monthly"
Story = Callable[[StripeApi], Awaitable[None]]


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Stub]:
    settings = Settings.load({}, url=URL, random=secrets.token_bytes)
    stub = build(settings, Options(url=URL, config=tmp_path / "config.toml"))
    yield stub
    stub.close()


@pytest.fixture(params=["simulated", "live"])
def run(request: pytest.FixtureRequest, stub: Stub) -> Callable[[Story], None]:
    """Run a story with the port of one implementation."""

    async def live(story: Story) -> None:
        transport = httpx.ASGITransport(app=stub.asgi)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport) as http:
            client = connect_over("sk_test_contract", http, api_url=URL + BASE)
            await story(LiveStripe(client, "test"))

    async def simulated(story: Story) -> None:
        await story(stub.services.stripe)

    chosen = live if request.param == "live" else simulated
    return lambda story: asyncio.run(chosen(story))


def checkout(*, seats: int = 1, idempotency_key: str | None = None) -> NewCheckout:
    return NewCheckout(
        items=(CheckoutItem(price_id=MONTHLY, quantity=seats),),
        success_url="https://a.example/?session={CHECKOUT_SESSION_ID}",
        cancel_url="https://a.example/cancel",
        metadata={"seats": str(seats)},
        idempotency_key=idempotency_key,
    )


def pay(stub: Stub, session_id: str) -> None:
    assert stub.sandbox is not None
    stub.sandbox.stripe.run(hosted_payments.complete_checkout, session_id, email="ada@example.com")


async def subscribe(stub: Stub, stripe: StripeApi, *, seats: int = 1) -> str:
    """Buy a subscription and return the customer's id."""
    session = await stripe.create_checkout_session(checkout(seats=seats))
    pay(stub, session.id)
    customer_id = (await stripe.get_checkout_session(session.id)).customer_id
    assert customer_id is not None
    return customer_id


async def code_of(call: Awaitable[object]) -> str:
    """Return the code of the error that a call raises."""
    with pytest.raises(StripeError) as raised:
        await call
    return raised.value.code


def test_a_checkout_session_is_created_and_paid(stub: Stub, run: Callable[[Story], None]) -> None:
    async def story(stripe: StripeApi) -> None:
        session = await stripe.create_checkout_session(checkout(seats=2))
        assert (session.status, session.payment_status) == ("open", "unpaid")
        assert session.url is not None
        assert session.metadata == {"seats": "2"}
        pay(stub, session.id)
        paid = await stripe.get_checkout_session(session.id)
        assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
        assert paid.customer_email == "ada@example.com"

    run(story)


def test_an_open_session_expires_once(stub: Stub, run: Callable[[Story], None]) -> None:
    async def story(stripe: StripeApi) -> None:
        session = await stripe.create_checkout_session(checkout())
        assert (await stripe.expire_checkout_session(session.id)).status == "expired"
        again = await code_of(stripe.expire_checkout_session(session.id))
        assert again == "illegal_transition"

    run(story)


def test_an_idempotency_key_returns_the_first_session(run: Callable[[Story], None]) -> None:
    async def story(stripe: StripeApi) -> None:
        first = await stripe.create_checkout_session(checkout(idempotency_key="key-1"))
        again = await stripe.create_checkout_session(checkout(idempotency_key="key-1"))
        assert again.id == first.id
        other = checkout(seats=2, idempotency_key="key-1")
        assert await code_of(stripe.create_checkout_session(other)) == "idempotency_error"

    run(story)


def test_unknown_objects_are_missing(run: Callable[[Story], None]) -> None:
    async def story(stripe: StripeApi) -> None:
        for call in (
            stripe.get_checkout_session("cs_none"),
            stripe.expire_checkout_session("cs_none"),
            stripe.create_portal_session(NewPortal(customer_id="cus_none")),
            stripe.payment_secret("in_none"),
            stripe.get_card("cus_none"),
        ):
            assert await code_of(call) == "resource_missing"

    run(story)


def test_a_customer_has_a_subscription_an_invoice_and_a_card(
    stub: Stub, run: Callable[[Story], None]
) -> None:
    async def story(stripe: StripeApi) -> None:
        customer_id = await subscribe(stub, stripe, seats=2)
        subscription = await stripe.get_subscription(customer_id)
        assert subscription is not None
        assert (subscription.status, subscription.quantity) == ("active", 2)
        assert (subscription.price_id, subscription.interval) == (MONTHLY, "month")
        (invoice,) = await stripe.list_invoices(customer_id)
        assert (invoice.status, invoice.subscription_id) == ("paid", subscription.id)
        card = await stripe.get_card(customer_id)
        assert card is not None
        assert (card.brand, card.last4) == ("visa", "4242")

    run(story)


def test_a_paid_invoice_has_no_payment_secret(stub: Stub, run: Callable[[Story], None]) -> None:
    async def story(stripe: StripeApi) -> None:
        customer_id = await subscribe(stub, stripe)
        (invoice,) = await stripe.list_invoices(customer_id)
        assert await code_of(stripe.payment_secret(invoice.id)) == "illegal_transition"

    run(story)


@pytest.mark.parametrize(
    "flow", [None, "payment_method_update", "subscription_cancel", "subscription_update"]
)
def test_a_portal_session_opens_the_page_of_its_flow(
    stub: Stub, run: Callable[[Story], None], flow: PortalFlow | None
) -> None:
    async def story(stripe: StripeApi) -> None:
        customer_id = await subscribe(stub, stripe)
        portal = await stripe.create_portal_session(NewPortal(customer_id=customer_id, flow=flow))
        assert (portal.customer_id, portal.flow) == (customer_id, flow)

    run(story)


def test_the_account_lists_existing_prices_and_portal_features(
    run: Callable[[Story], None],
) -> None:
    async def story(stripe: StripeApi) -> None:
        account = await stripe.get_account([MONTHLY, "price_none"])
        assert account.charges_enabled
        assert [(one.id, one.interval) for one in account.prices] == [(MONTHLY, "month")]
        assert account.endpoints == ()
        assert "subscription_cancel" in (account.portal_features or ())

    run(story)


def test_both_implementations_return_equal_values(stub: Stub) -> None:
    async def story() -> None:
        transport = httpx.ASGITransport(app=stub.asgi)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport) as http:
            client = connect_over("sk_test_contract", http, api_url=URL + BASE)
            simulated, live = stub.services.stripe, LiveStripe(client, "test")
            customer_id = await subscribe(stub, simulated)
            subscription = await live.get_subscription(customer_id)
            assert without_document(subscription) == without_document(
                await simulated.get_subscription(customer_id)
            )
            (invoice,) = await live.list_invoices(customer_id)
            (same,) = await simulated.list_invoices(customer_id)
            assert without_document(invoice) == without_document(same)
            assert await live.get_card(customer_id) == await simulated.get_card(customer_id)

    asyncio.run(story())


def without_document(value: Subscription | Invoice | None) -> object:
    """Leave out the raw object: the SDK reads its decimals as numbers."""
    assert value is not None
    return msgspec.structs.replace(value, document={})


def test_all_active_entitlements_are_listed(stub: Stub, run: Callable[[Story], None]) -> None:
    async def story(stripe: StripeApi) -> None:
        customer_id = await subscribe(stub, stripe)
        found = await stripe.list_active_entitlements(customer_id)
        assert [one["lookup_key"] for one in found] == ["export", "sync"]
        assert await code_of(stripe.list_active_entitlements("cus_nope")) == "resource_missing"

    run(story)
