"""Features of `dashclicks` only: one-time purchases and accounts with their own Stripe account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from keystead.local_api import CheckoutParams, FollowParams, ImportParams, PortalParams
from keystead.wire.dashclicks import people, selling
from keystead.wire.nyra import ONCE
from support.browser_sign_in import error_code_of, sign_in_by_browser
from support.device_fields import device_fields
from support.hosted_page import open_page, submit_form
from support.merchant import API, Merchant
from support.shared_stubs import StubOf
from support.world import CARD, EMAIL, NETWORK_S, PRODUCT, Device, World

NO_NETWORK = "http://127.0.0.1:9"
#: The product ids of the programs that two merchants sell.
ACME, GLOBEX = f"{PRODUCT}.acme", f"{PRODUCT}.globex"
#: How long a one-time purchase works without a check: three days.
BETWEEN_CHECKS_MS = 3 * 86_400_000


@pytest.fixture
def world(stub_of: StubOf, tmp_path: Path) -> Iterator[World]:
    world = World(stub_of(API), tmp_path)
    yield world
    world.end()


@pytest.fixture
def acme(world: World) -> Iterator[Merchant]:
    """Return the merchant of the account."""
    with httpx.Client(base_url=world.stub.url, timeout=NETWORK_S) as http:
        yield Merchant(world.stub, http, "acme")


def device_with_one_time_purchase(
    world: World, acme: Merchant, *, rehearsed: bool = False
) -> Device:
    """Return a device with a one-time purchase."""
    device = world.device(rehearsed=rehearsed, product=ACME)
    sign_in_by_browser(device)
    wish = CheckoutParams(plan=acme.sells_once(), billing_period=ONCE)
    checkout = device.call("checkout.start", wish)
    world.stub.pay(checkout.session_id, email=EMAIL)
    device.until(lambda view: view.state == "active")
    return device


def test_an_account_without_stripe_gets_an_error_until_it_is_connected(world: World) -> None:
    device = world.device()
    sign_in_by_browser(device, action="allow_unconnected")
    for method, params in (
        ("plans.list", None),
        ("checkout.start", CheckoutParams(plan="pro")),
        ("portal.open", PortalParams()),
        ("invoices.list", None),
    ):
        assert error_code_of(device, method, params) == "stripe_not_connected"
    ran = device.cli("plans")
    assert ran.code == 1
    assert "not connected to Stripe" in ran.err
    assert "Connect it where you manage your account." in ran.err
    sign_in_by_browser(device)
    assert device.call("plans.list").plans


def test_a_one_time_purchase_is_shown_as_such_from_plan_to_invoice(
    world: World, acme: Merchant
) -> None:
    device = world.device(product=ACME)
    sign_in_by_browser(device)
    plan = acme.sells_once()
    row = next(line for line in device.cli("plans").out.splitlines() if line.startswith(plan))
    assert "Lifetime" in row
    assert "399.00 EUR" in row
    assert " once " in row
    wish = ("--plan", plan, "--period", "once")
    started = device.cli("activate", "--no-browser", "--json", *wish).json()
    world.stub.pay(started["sessionId"], email=EMAIL)
    view = device.until(lambda view: view.state == "active")
    assert view.current_period_end is None
    assert view.until is not None
    assert view.entitlement is not None
    assert view.entitlement.features == ("export",)
    told = device.cli("status").out
    assert "Once; nothing is renewed" in told
    assert "To be checked again by" in told
    assert "renewal" not in told
    assert device.cli("status", "--json").json()["currentPeriodEnd"] is None
    (invoice,) = device.call("invoices.list").invoices
    assert (invoice.status, invoice.amount_paid) == ("paid", 39900)
    assert open_page(device.call("portal.open", PortalParams()).url)


@pytest.mark.nightly
def test_a_one_time_purchase_works_for_years_with_regular_checks(
    world: World, acme: Merchant
) -> None:
    device = device_with_one_time_purchase(world, acme, rehearsed=True)
    first = device.view()
    assert first.until is not None
    assert first.last_refresh_at is not None
    assert first.until - first.last_refresh_at <= BETWEEN_CHECKS_MS
    world.stub.clock.advance(days=800)
    later = device.refresh()
    assert (later.state, later.current_period_end) == ("active", None)
    assert (later.until or 0) > first.until + 700 * 86_400_000
    assert not [one for one in device.call("devices.list").devices if not one.current]


@pytest.mark.nightly
def test_a_one_time_purchase_expires_without_a_check_and_one_check_restores_it(
    world: World, acme: Merchant
) -> None:
    device = device_with_one_time_purchase(world, acme, rehearsed=True)
    until_ms = device.view().until or 0
    world.stub.faults.set(drop_connection=True)
    near = device.sleep_until(until_ms - 3_600_000)
    assert near.usable
    assert "It has to be checked again by" in device.cli("status").out
    device.sleep_until(until_ms + 1000)
    ended = device.cli("status")
    assert ended.code == 5
    assert "because it could not be checked" in ended.out
    world.stub.faults.clear()
    world.stub.clock.advance_to(until_ms + 1000)
    assert device.refresh().state == "active"


@pytest.mark.parametrize("action", ["refund", "dispute"])
def test_a_full_refund_ends_a_one_time_purchase(world: World, acme: Merchant, action: str) -> None:
    device = device_with_one_time_purchase(world, acme)
    world.happens(device, action)
    assert device.refresh().state == "inactive"
    (invoice,) = device.call("invoices.list").invoices
    assert (invoice.status, invoice.reason) == (
        "paid",
        {"refund": "refunded", "dispute": "disputed"}[action],
    )
    told = device.cli("status")
    assert told.code == 5
    assert "ubscri" not in told.out


@pytest.mark.nightly
def test_a_partial_refund_does_not_end_a_one_time_purchase(world: World, acme: Merchant) -> None:
    device = device_with_one_time_purchase(world, acme)
    world.happens(device, "refund", amount=100)
    assert device.refresh().state == "active"
    (invoice,) = device.call("invoices.list").invoices
    assert (invoice.status, invoice.reason) == ("paid", None)


@pytest.mark.nightly
def test_another_device_joins_a_one_time_purchase(world: World, acme: Merchant) -> None:
    device_with_one_time_purchase(world, acme)
    second = world.device("desktop", product=ACME)
    sign_in_by_browser(second)
    assert second.call("activation.join").state == "active"
    wish = CheckoutParams(plan=acme.sells_once(), billing_period=ONCE)
    assert error_code_of(second, "checkout.start", wish) == "already_entitled"


def test_a_payment_link_with_a_device_activates_it(world: World, acme: Merchant) -> None:
    device = world.device(product=ACME)
    buyer = acme.made(people.CUSTOMERS, {"email": EMAIL})
    item = {"description": "A year of support", "amount": 5000, "currency": "eur", "quantity": 1}
    wanted = {"customerId": buyer["id"], "items": [item], **device_fields(device)}
    link = acme.made(selling.PAYMENT_LINKS, wanted)
    # The recipient of a payment link needs no account, only the device's ID.
    waits = device.cli("activate", "--no-browser", "--session", link["sessionId"])
    assert (waits.code, device.view().state) == (0, "pending")
    page = open_page(link["shortUrl"])
    assert "50.00" in page.text
    submit_form(str(page.url), {"card": CARD, "expiry": "12 / 40", "cvc": "123"})
    view = device.until(lambda view: view.state == "active")
    assert view.current_period_end is None
    assert view.entitlement is not None
    assert (view.entitlement.key, view.checkout) == ("payment-link", None)
    assert "Once; nothing is renewed" in device.cli("status").out
    assert error_code_of(device, "invoices.list") == "sign_in_needed"


@pytest.mark.nightly
def test_a_payment_link_activates_only_the_named_device(world: World, acme: Merchant) -> None:
    device, other = world.device(product=ACME), world.device("other", product=ACME)
    buyer = acme.made(people.CUSTOMERS, {"email": EMAIL})
    item = {"description": "A license", "amount": 5000, "currency": "eur", "quantity": 1}
    wanted = {"customerId": buyer["id"], "items": [item], **device_fields(device)}
    link = acme.made(selling.PAYMENT_LINKS, wanted)
    world.stub.pay(link["id"])
    other.call("checkout.follow", FollowParams(session_id=link["sessionId"]))
    assert error_code_of(other, "activation.refresh") == "unknown_device"
    assert not other.view().usable


def test_a_program_accepts_the_licenses_of_its_own_seller_only(
    world: World, acme: Merchant
) -> None:
    theirs = device_with_one_time_purchase(world, acme)
    ours, globex = world.device("ours"), world.device("globex", product=GLOBEX)
    for other in (ours, globex):
        sign_in_by_browser(other)
        assert not other.view().usable
    assert error_code_of(ours, "activation.join") == "nothing_bought"
    assert error_code_of(globex, "activation.join") == "other_product"
    (own,) = (plan.plan for plan in theirs.call("plans.list").plans)
    platforms = [plan.plan for plan in ours.call("plans.list").plans]
    assert platforms[0] == "pro"
    assert own not in platforms
    assert globex.call("plans.list").plans == ()
    for device, plan in ((theirs, "pro"), (ours, own), (globex, own), (globex, "pro")):
        wish = CheckoutParams(plan=plan, billing_period=ONCE if plan == own else None)
        assert error_code_of(device, "checkout.start", wish) == "other_product"
    refused = ours.cli("activate", "--no-browser", "--plan", own)
    assert refused.code == 1
    assert "This is sold for another product." in refused.err
    platform = ours.call("checkout.start", CheckoutParams(plan="pro"))
    world.stub.pay(platform.session_id, email=EMAIL)
    paid = ours.until(lambda view: view.state == "active").entitlement
    assert paid is not None
    assert paid.key == "pro"
    assert theirs.refresh().state == "active"
    # The account has bought for both programs now: another device gets what its program accepts.
    for product, bought in ((PRODUCT, "pro"), (ACME, own)):
        second = world.device(f"second-{bought}", product=product)
        sign_in_by_browser(second)
        joined = second.call("activation.join")
        assert (joined.state, joined.entitlement.key) == ("active", bought)


@pytest.mark.nightly
def test_a_merchants_program_is_activated_offline_by_the_link(world: World, acme: Merchant) -> None:
    device_with_one_time_purchase(world, acme)
    island = world.device("island", product=ACME, proxy=NO_NETWORK)
    link = island.call("activation.request").link
    # A phone has the link only, and its page the request from it.
    (request,) = re.findall(r'name="request" value="([^"]+)"', open_page(link).text)
    page = link.partition("?")[0]
    assert submit_form(page, {"request": request, "email": EMAIL}).status_code == 200
    mailed = world.stub.outbox()[0]["link"]
    code = " ".join(re.findall(r"<li>([0-9A-Z]{5})</li>", submit_form(mailed).text))
    view = island.call("activation.import", ImportParams(document=code))
    assert view.state == "active"
