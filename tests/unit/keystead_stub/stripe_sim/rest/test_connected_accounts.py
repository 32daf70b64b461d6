"""Connected accounts in the REST API: a key can access only the objects of its own account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keystead_stub.in_process import BillingStub
from keystead_stub.stripe_sim.rest.registry import RESOURCES
from support.stripe_sdk import PAGES, client, validated

# The SDK hands its forms to httpx in a way that httpx is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

MONTHLY = "price_nyra_pro_monthly"
#: The resources whose objects are listed as they are stored.
STORED = {path: one for path, one in RESOURCES.items() if one.objects is not None}
PATHS = (*STORED, "events", "webhook_endpoints", "balance")
PLATFORM = "sk_test_platform"
CARD = "pm_card_visa"


class Merchant:
    """A connected account and the SDK with its key."""

    def __init__(self, stub: BillingStub, stack: ExitStack, name: str) -> None:
        made = stub.ask("POST", "/_stub/accounts", {"name": name})
        self.stub = stub
        self.id: str = made["id"]
        self.key: str = made["secretKey"]
        self.sdk = stack.enter_context(client(stub, self.key))
        monthly: Any = {
            "currency": "eur",
            "unit_amount": 1200,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Monthly"},
        }
        made_price = self.sdk.v1.prices.create(monthly)
        self.monthly: str = made_price.id

    def subscribe(self) -> Any:
        params: Any = {"mode": "subscription", "line_items": [{"price": self.monthly}], **PAGES}
        session = self.sdk.v1.checkout.sessions.create(params)
        self.stub.pay(session.id, email="ada@example.com")
        return self.sdk.v1.checkout.sessions.retrieve(session.id)


@pytest.fixture
def open_merchant(stub: BillingStub) -> Iterator[Callable[[str], Merchant]]:
    with ExitStack() as stack:
        yield lambda name: Merchant(stub, stack, name)


def seen(sdk: stripe.StripeClient, path: str) -> Any:
    """Return the object at a path, or the newest hundred of a list."""
    query = "?limit=100" if path not in {"balance", "webhook_endpoints"} else ""
    return sdk.raw_request("get", f"/v1/{path}{query}").data


def everything(sdk: stripe.StripeClient) -> dict[str, Any]:
    return {path: seen(sdk, path) for path in PATHS}


def ids_in(value: Any) -> set[str]:
    if isinstance(value, list):
        return {found for one in value for found in ids_in(one)}
    if not isinstance(value, dict):
        return set()
    own = {value["id"]} if isinstance(value.get("id"), str) else set()
    return own | {found for one in value.values() for found in ids_in(one)}


def refused(call: Callable[[], Any]) -> stripe.StripeError:
    with pytest.raises(stripe.StripeError) as raised:
        call()
    return raised.value


# Objects of one account that another must not see


def _sell(merchant: Merchant) -> None:
    product = merchant.sdk.v1.products.create({"name": "Own"})
    merchant.sdk.v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 700, "lookup_key": "own"}
    )


def _promote(merchant: Merchant) -> None:
    coupon = merchant.sdk.v1.coupons.create({"percent_off": 10})
    merchant.sdk.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})


def _refund(merchant: Merchant) -> None:
    session = merchant.subscribe()
    (charge,) = merchant.sdk.v1.charges.list({"customer": session.customer}).data
    merchant.sdk.v1.refunds.create({"charge": charge.id})


def _dispute(merchant: Merchant) -> None:
    merchant.stub.customer(merchant.subscribe().customer, "dispute")


def _listen(merchant: Merchant) -> None:
    merchant.sdk.v1.webhook_endpoints.create(
        {"url": f"http://127.0.0.1:9/{merchant.id}", "enabled_events": ["charge.refunded"]}
    )


def _wait(merchant: Merchant) -> None:
    merchant.stub.clock.advance(days=33)


DEEDS: list[Callable[[Merchant], object]] = [
    _sell,
    _promote,
    _refund,
    _dispute,
    _listen,
    _wait,
    Merchant.subscribe,
]


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=st.lists(st.sampled_from(DEEDS), min_size=2, max_size=5))
def test_objects_of_one_account_cannot_be_read_or_changed_from_another(
    open_merchant: Callable[[str], Merchant],
    stub: BillingStub,
    deeds: list[Callable[[Merchant], object]],
) -> None:
    acme, zenith = open_merchant("Acme"), open_merchant("Zenith")
    from_the_start = ids_in(everything(zenith.sdk))
    for deed in deeds:
        deed(acme)
    before = everything(acme.sdk)
    own = ids_in(before) - from_the_start
    assert own
    assert ids_in(everything(zenith.sdk)) == from_the_start
    with client(stub, PLATFORM) as platform:
        ours = everything(platform)
        del ours["accounts"]
        assert not own & ids_in(ours)
        for other in (platform, zenith.sdk):
            _ask_for_all(other, before, own)
            _change_all(other, before, own)
    assert everything(acme.sdk) == before


def _own_by_path(before: dict[str, Any], own: set[str]) -> Iterator[tuple[str, str]]:
    for path in STORED:
        for one in before[path]["data"]:
            if one["id"] in own:
                yield path, one["id"]


def _ask_for_all(other: stripe.StripeClient, before: dict[str, Any], own: set[str]) -> None:
    for path, object_id in _own_by_path(before, own):
        for asked in (
            f"/v1/{path}/{object_id}",
            f"/v1/{path}?starting_after={object_id}",
            f"/v1/{path}?ending_before={object_id}",
        ):
            error = refused(partial(other.raw_request, "get", asked))
            assert (error.http_status, error.code) == (404, "resource_missing"), asked
    for event in before["events"]["data"]:
        error = refused(partial(other.v1.events.retrieve, event["id"]))
        assert error.http_status == 404


def _change_all(other: stripe.StripeClient, before: dict[str, Any], own: set[str]) -> None:
    for path, object_id in _own_by_path(before, own):
        at = f"/v1/{path}/{object_id}"
        resource = STORED[path]
        calls = [("post", at)] if resource.update else []
        calls += [("delete", at)] if resource.delete else []
        calls += [("post", f"{at}/{action}") for action in resource.actions]
        for method, asked in calls:
            error = refused(partial(other.raw_request, method, asked))
            assert error.http_status in {400, 404}, (method, asked)


def test_new_objects_cannot_reference_another_account(
    open_merchant: Callable[[str], Merchant], stub: BillingStub
) -> None:
    acme, zenith = open_merchant("Acme"), open_merchant("Zenith")
    product = acme.sdk.v1.products.create({"name": "Own"})
    coupon = acme.sdk.v1.coupons.create({"percent_off": 10})
    customer_id = acme.subscribe().customer
    charge = acme.sdk.v1.charges.list().data[0]
    line = {"price": MONTHLY, "quantity": 1}
    with client(stub, PLATFORM) as platform:
        for other in (zenith.sdk, platform):
            v1: Any = other.v1
            new_price = {"product": product.id, "currency": "eur", "unit_amount": 1}
            new_code = {"promotion": {"type": "coupon", "coupon": coupon.id}}
            new_session = {"mode": "subscription", "line_items": [line], **PAGES}
            attempts = [
                partial(v1.prices.create, new_price),
                partial(v1.promotion_codes.create, new_code),
                partial(v1.checkout.sessions.create, {**new_session, "customer": customer_id}),
                partial(v1.billing_portal.sessions.create, {"customer": customer_id}),
                partial(v1.refunds.create, {"charge": charge.id}),
                partial(v1.entitlements.active_entitlements.list, {"customer": customer_id}),
                partial(v1.payment_methods.attach, CARD, {"customer": customer_id}),
            ]
            for attempt in attempts:
                assert refused(attempt).code == "resource_missing"


def test_the_platform_key_acts_for_the_account_in_the_header(
    open_merchant: Callable[[str], Merchant], stub: BillingStub
) -> None:
    acme = open_merchant("Acme")
    with client(stub, PLATFORM) as platform:
        made = platform.v1.customers.create(
            {"email": "ada@example.com"}, {"stripe_account": acme.id}
        )
        assert acme.sdk.v1.customers.retrieve(made.id).email == "ada@example.com"
        assert refused(lambda: platform.v1.customers.retrieve(made.id)).code == "resource_missing"
        assert [one.id for one in platform.v1.accounts.list().data] == [acme.id]
        named = validated(platform.v1.accounts.retrieve(acme.id))
        assert named.business_profile.name == "Acme"
        assert validated(platform.v1.accounts.retrieve_current()).id != acme.id
    assert validated(acme.sdk.v1.accounts.retrieve_current()).id == acme.id
    assert acme.sdk.v1.accounts.retrieve(acme.id).id == acme.id
    assert acme.sdk.v1.accounts.list().data == []
    assert acme.sdk.v1.customers.list({}, {"stripe_account": acme.id}).data[0].id == made.id


def test_a_key_cannot_act_in_another_account(
    open_merchant: Callable[[str], Merchant], stub: BillingStub
) -> None:
    acme, zenith = open_merchant("Acme"), open_merchant("Zenith")
    with client(stub, PLATFORM) as platform:
        own = platform.v1.accounts.retrieve_current().id
        attempts: list[Callable[[], Any]] = [
            lambda: platform.v1.customers.list({}, {"stripe_account": "acct_none"}),
            lambda: zenith.sdk.v1.customers.list({}, {"stripe_account": acme.id}),
            lambda: zenith.sdk.v1.customers.list({}, {"stripe_account": own}),
            lambda: zenith.sdk.v1.accounts.retrieve(acme.id),
            lambda: platform.v1.accounts.retrieve("acct_none"),
        ]
        for attempt in attempts:
            error = refused(attempt)
            # The SDK has no error code for a 403.
            body: Any = error.json_body
            assert (error.http_status, body["error"]["code"]) == (403, "account_invalid")


def test_idempotency_keys_are_scoped_to_an_account(
    open_merchant: Callable[[str], Merchant],
) -> None:
    acme, zenith = open_merchant("Acme"), open_merchant("Zenith")
    made = [
        merchant.sdk.v1.customers.create({"email": email}, {"idempotency_key": "once"}).id
        for merchant, email in (
            (acme, "ada@example.com"),
            (zenith, "bo@example.com"),
            (acme, "ada@example.com"),
        )
    ]
    assert made[0] == made[2] != made[1]


def test_advancing_the_clock_renews_and_pays_out_each_account_separately(
    open_merchant: Callable[[str], Merchant], stub: BillingStub
) -> None:
    merchants = [open_merchant("Acme"), open_merchant("Zenith")]
    merchants[0].subscribe()
    for _ in range(2):
        merchants[1].subscribe()
    stub.clock.advance(days=70)
    for merchant, customers in zip(merchants, (1, 2), strict=True):
        v1 = merchant.sdk.v1
        invoices = v1.invoices.list({"limit": 100}).data
        assert [one.amount_paid for one in invoices] == [1200] * 3 * customers
        booked = v1.balance_transactions.list({"limit": 100}).data
        earned = sum(one.net for one in booked if one.type == "charge")
        assert earned == 3 * customers * (1200 - 43)
        balance: Any = v1.balance.retrieve()
        held = sum(one.amount for one in (*balance.available, *balance.pending))
        payouts = v1.payouts.list({"limit": 100}).data
        assert earned - sum(one.amount for one in payouts) == held
        assert sum(one.net for one in booked) == held
        events = v1.events.list({"limit": 100}).data
        assert {one.account for one in events} == {merchant.id}
