"""Every seller has an audience of its own: a merchant mints no license that others accept.

The merchant is hostile here: it uses every route, and its own Stripe account with its key, where it
can write whatever Stripe lets it write.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from keystead import trust
from keystead.errors import InvalidDocument
from keystead.keys import KeySet
from keystead.wire import nyra
from keystead.wire.activation_code import CodeContext, decode
from keystead.wire.dashclicks import people
from keystead.wire.dashclicks import selling as wire
from keystead.wire.offline import read_request
from keystead_stub.controls.account_records import ACCOUNT_RECORDS
from keystead_stub.entry import main
from keystead_stub.in_process import BillingStub
from support.billing_device import PRODUCT, BillingDevice
from support.merchant import API
from support.seller import Seller, error_of

OWN = f"{PRODUCT}.acme"
#: Metadata by which a merchant could try to name the platform's plan, its prices and its accounts.
NAMING_PRO = {
    "plan": "pro",
    "planId": "pro",
    "key": "pro",
    "features": "export,sync",
    "priceId": "price_nyra_pro_monthly",
    "seats": "50",
    "modules": "web",
}


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client) -> Seller:
    return Seller(billing_stub, http, "Acme")


def accepted_by(device: BillingDevice, status: dict[str, Any]) -> set[str]:
    """Return the product ids among these two whose programs accept the status as active."""
    if not status["active"] or status["license"] is None:
        assert status["deviceAccessToken"] is None
    keys = KeySet.from_jwks(device.stub.keys.read_text())
    found = set()
    for product in (PRODUCT, OWN):
        try:
            document = trust.verify_license(status["license"], keys=keys, product=product)
        except InvalidDocument:
            continue
        if document.active:
            trust.verify_token(status["deviceAccessToken"], keys=keys, product=product)
            found.add(product)
    return found


def form(values: dict[str, str], prefix: str = "metadata") -> dict[str, str]:
    return {f"{prefix}[{name}]": value for name, value in values.items()}


def allow_free(stub: BillingStub, account_id: str, *, free: bool = True) -> None:
    stub.ask("PATCH", f"{ACCOUNT_RECORDS}/{account_id}", {"freeLicenses": free})


def joined(acme: Seller, device: BillingDevice) -> dict[str, Any]:
    """Activate the device as one of the account's, and return its status."""
    answer = acme.ask("POST", nyra.ACTIVATE, device.identity())
    assert answer.status_code == 200, answer.text
    return device.status(activationId=answer.json()["activationId"])


# What each door gives


def by_subscription(acme: Seller, device: BillingDevice) -> str:
    return acme.buy(device, priceId=acme.price(interval="month", features=["export", "sync"]))


def by_purchase(acme: Seller, device: BillingDevice) -> str:
    return acme.buy(device, priceId=acme.price(features=["export"]))


def by_customer(acme: Seller, device: BillingDevice) -> str:
    return acme.buy(device, priceId=acme.price(interval="year"), customerId=acme.customer())


def by_balance(acme: Seller, device: BillingDevice) -> str:
    acme.top_up(5000)
    body = {"priceId": acme.price(), "fromBalance": True, **device.identity()}
    return str(acme.made(wire.CHARGES, body)["sessionId"])


def by_ad_hoc_link(acme: Seller, device: BillingDevice) -> str:
    return _by_link(acme, device)


def by_product_link(acme: Seller, device: BillingDevice) -> str:
    return _by_link(acme, device, plan=acme.product(features=["export"])["id"])


def _by_link(acme: Seller, device: BillingDevice, **more: Any) -> str:
    item = {"description": "A day", "amount": 50, "currency": "eur", "quantity": 1}
    body = {"customerId": acme.customer(), "items": [item], **device.identity(), **more}
    link = acme.made(wire.PAYMENT_LINKS, body)["id"]
    acme.stub.pay(link)
    return str(link)


@pytest.mark.parametrize(
    "door",
    [by_subscription, by_purchase, by_customer, by_balance, by_ad_hoc_link, by_product_link],
)
def test_what_a_merchant_sells_has_the_merchants_audience(
    acme: Seller, device: BillingDevice, door: Callable[[Seller, BillingDevice], str]
) -> None:
    status = device.status(checkoutSessionId=door(acme, device))
    assert status["active"], status
    assert accepted_by(device, status) == {OWN}
    # The token is taken here, and brings the next license of the same seller.
    assert accepted_by(device, device.status()) == {OWN}


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"plan": "pro"},
        {"priceId": "price_nyra_pro_monthly"},
        {"plan": "pro", "billingPeriod": "yearly", "quantity": 2},
    ],
)
@pytest.mark.parametrize("of_customer", [False, True])
def test_the_platforms_plans_have_the_products_audience_whoever_buys(
    acme: Seller, device: BillingDevice, wish: dict[str, Any], *, of_customer: bool
) -> None:
    more = {"customerId": acme.customer()} if of_customer else {}
    status = device.status(checkoutSessionId=acme.buy(device, **wish, **more))
    assert accepted_by(device, status) == {PRODUCT}
    assert status["entitlement"]["key"] == "pro"
    # It was paid to the platform, and none of it to the merchant.
    assert acme.at_stripe_listed("charges") == []
    assert acme.got(wire.SUBSCRIPTION)["active"] is not of_customer


def test_a_product_with_the_id_of_a_plan_does_not_take_the_platforms_place(
    acme: Seller, device: BillingDevice
) -> None:
    for product_id in ("pro", "prod_pro"):
        made = acme.at_stripe("products", id=product_id, name="Pro", **form(NAMING_PRO))
        acme.at_stripe("prices", product=made["id"], currency="eur", unit_amount="0")
    status = device.status(checkoutSessionId=acme.buy(device, plan="pro"))
    assert accepted_by(device, status) == {PRODUCT}
    assert acme.got(wire.INVOICES)["data"][0]["amountPaid"] == 1200


# What a program is offered: only what it would accept


def plans_of(acme: Seller) -> list[str]:
    return [plan["plan"] for plan in acme.got(wire.PLANS)["plans"]]


def test_a_programs_plans_are_those_of_its_own_seller(acme: Seller) -> None:
    own = acme.product(interval="month")["id"]
    platforms = [one for one in plans_of(acme) if one != own]
    assert "pro" in platforms
    assert plans_of(acme.by_program(PRODUCT)) == platforms
    assert plans_of(acme.by_program(OWN)) == [own]
    for other in (f"{PRODUCT}.globex", "other"):
        assert plans_of(acme.by_program(other)) == []


def test_a_programs_plans_leave_out_what_gives_no_license(acme: Seller) -> None:
    sold = acme.product()["id"]
    free = acme.product("Free", amount=0)["id"]
    named_pro = acme.product("Pro")["id"]
    acme.at_stripe(f"products/{named_pro}", **form(NAMING_PRO))
    acme.at_stripe("products", id="team", name="Team", **form({"key": "own"}))
    acme.at_stripe("prices", product="team", currency="eur", unit_amount="700")
    assert {sold, free, named_pro, "team"} <= set(plans_of(acme))
    program = acme.by_program(OWN)
    assert "pro" in plans_of(acme.by_program(PRODUCT))
    assert set(plans_of(program)) == {sold, "team"}
    allow_free(acme.stub, "Acme")
    assert set(plans_of(program)) == {sold, free, "team"}


@pytest.mark.parametrize("from_balance", [False, True])
def test_a_program_cannot_buy_what_it_would_not_accept(
    acme: Seller, device: BillingDevice, *, from_balance: bool
) -> None:
    made = acme.product()
    own = ({"plan": made["id"]}, {"priceId": made["prices"][0]["id"]})
    platforms = ({"plan": "pro"}, {"priceId": "price_nyra_pro_monthly"})
    refused = [
        *((OWN, wish) for wish in platforms),
        *((PRODUCT, wish) for wish in own),
        *((f"{PRODUCT}.globex", wish) for wish in (*own, *platforms, {})),
    ]
    more = {"fromBalance": from_balance, **device.identity()}
    for product, wish in refused:
        answer = acme.by_program(product).ask("POST", wire.CHARGES, {**wish, **more})
        assert error_of(answer) == (409, "other_product"), (product, wish)
    assert acme.at_stripe_listed("checkout/sessions") == []
    if from_balance:
        acme.top_up(5000)
        session = acme.by_program(OWN).made(wire.CHARGES, {**own[0], **more})["sessionId"]
    else:
        session = acme.by_program(OWN).buy(device, **own[1])
    assert accepted_by(device, device.status(checkoutSessionId=session)) == {OWN}


def test_a_program_that_names_no_plan_buys_the_first_of_its_list(
    acme: Seller, new_device: Callable[[str], BillingDevice]
) -> None:
    answer = acme.by_program(OWN).ask("POST", wire.CHARGES, {})
    assert error_of(answer) == (400, "invalid_request")
    first = acme.product("First", interval="month")
    acme.product("Second", interval="month")
    for product in (PRODUCT, OWN):
        device = new_device(product)
        session = acme.by_program(product).buy(device)
        status = device.status(checkoutSessionId=session)
        assert accepted_by(device, status) == {product}
        assert status["entitlement"]["key"] == ("pro" if product == PRODUCT else first["key"])


def test_an_account_that_bought_from_both_gets_what_the_program_accepts(
    acme: Seller, new_device: Callable[[str], BillingDevice]
) -> None:
    platforms, own = acme.by_program(PRODUCT), acme.by_program(OWN)
    acme.product(interval="month", amount=700)
    own.buy()
    assert error_of(platforms.ask("POST", nyra.ACTIVATE, new_device("A").identity())) == (
        409,
        "nothing_bought",
    )
    assert error_of(platforms.ask("POST", wire.PORTAL, {})) == (409, "nothing_bought")
    assert platforms.got(wire.INVOICES)["data"] == []
    platforms.buy()
    for program, product, paid in ((platforms, PRODUCT, 1200), (own, OWN, 700)):
        device = new_device(product)
        assert accepted_by(device, joined(program, device)) == {product}
        assert [one["amountPaid"] for one in program.got(wire.INVOICES)["data"]] == [paid]
    pages = {one.ask("POST", wire.PORTAL, {}).json()["url"] for one in (platforms, own)}
    assert len(pages) == 2
    other = acme.by_program("other")
    answer = other.ask("POST", nyra.ACTIVATE, new_device("B").identity())
    assert error_of(answer) == (409, "other_product")


# Metadata


@pytest.mark.parametrize("key", ["pro", " PRO ", "enterprise", "modules_pro"])
def test_a_products_metadata_cannot_name_a_plan_of_the_platform(
    acme: Seller, device: BillingDevice, key: str
) -> None:
    made = acme.product(interval="month")
    price = made["prices"][0]["id"]
    session = acme.buy(device, priceId=price)
    assert device.status(checkoutSessionId=session)["active"]
    acme.at_stripe(f"products/{made['id']}", **form({**NAMING_PRO, "key": key}))
    assert error_of(acme.ask("POST", wire.CHARGES, {"priceId": price})) == (400, "invalid_request")
    link = {"customerId": acme.customer(), "plan": made["id"], **device.identity()}
    item = {"description": "A day", "amount": 50, "currency": "eur", "quantity": 1}
    refused = acme.ask("POST", wire.PAYMENT_LINKS, {**link, "items": [item]})
    assert error_of(refused) == (400, "invalid_request")
    assert PRODUCT not in accepted_by(device, device.status())


def test_a_payment_link_cannot_be_for_a_plan_of_the_platform(
    acme: Seller, device: BillingDevice
) -> None:
    item = {"description": "A day", "amount": 50, "currency": "eur", "quantity": 1}
    body = {"customerId": acme.customer(), "items": [item], **device.identity()}
    for plan in ("pro", "PRO", "team", "enterprise"):
        refused = acme.ask("POST", wire.PAYMENT_LINKS, {**body, "plan": plan})
        assert error_of(refused) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("claim", "guest", "bought_before"),
    [
        ({"billingApi": API, "accountId": "Acme"}, True, True),
        ({"billingApi": API, "accountId": "Acme"}, False, True),
        ({"billingApi": API, "accountId": "Acme"}, True, False),
        ({"billingApi": API, "accountId": "globex"}, True, True),
        ({"billingApi": "mission-control", "tenantId": "globex"}, True, True),
        ({"billingApi": "nyra"}, True, True),
        ({}, False, False),
    ],
)
def test_sessions_at_the_merchants_stripe_touch_nothing_that_the_platform_sold(
    billing_stub: BillingStub,
    http: httpx.Client,
    acme: Seller,
    new_device: Callable[[str], BillingDevice],
    claim: dict[str, str],
    *,
    guest: bool,
    bought_before: bool,
) -> None:
    globex, device = Seller(billing_stub, http, "globex"), new_device("Laptop")
    if bought_before:
        globex.buy(plan="pro")
        acme.buy(plan="pro")
    before = globex.got(wire.SUBSCRIPTION), acme.got(wire.SUBSCRIPTION)
    metadata = {**NAMING_PRO, "key": "gold", "features": "everything", **claim}
    fields = {
        "mode": "payment",
        "line_items[0][price]": acme.price(amount=50),
        "line_items[0][quantity]": "1",
        "success_url": "http://127.0.0.1/",
        "client_reference_id": device.id,
        **form({**metadata, "deviceId": device.id}),
        **form(metadata, "payment_intent_data[metadata]"),
    }
    if not guest:
        fields["customer"] = acme.customer()
    session = acme.at_stripe("checkout/sessions", **fields)
    billing_stub.pay(session["id"], email="globex@example.com")
    assert globex.got(wire.SUBSCRIPTION) == before[0]
    own = acme.got(wire.SUBSCRIPTION)
    if bought_before:
        assert own == before[1]
        assert accepted_by(device, joined(acme, device)) == {PRODUCT}
        assert device.status()["entitlement"]["features"] == ["export", "sync"]
    elif own["customerId"] is not None:
        assert accepted_by(device, joined(acme, device)) <= {OWN}
    assert device.ask(checkoutSessionId=session["id"]).status_code == 404


@pytest.mark.parametrize("how", ["paid", "out_of_band"])
def test_an_invoice_that_a_merchant_writes_is_the_merchants(
    acme: Seller, device: BillingDevice, how: str
) -> None:
    customer = acme.customer()
    draft = {"customer": customer, "collection_method": "send_invoice", "days_until_due": "1"}
    metadata = {**NAMING_PRO, "billingApi": API, "accountId": "Acme", "deviceId": device.id}
    invoice = acme.at_stripe("invoices", **draft, **form(metadata))["id"]
    acme.at_stripe("invoiceitems", customer=customer, invoice=invoice, amount="500", currency="eur")
    acme.at_stripe(f"invoices/{invoice}/finalize")
    if how == "out_of_band":
        acme.at_stripe(f"invoices/{invoice}/pay", paid_out_of_band="true")
    else:
        method = acme.at_stripe("payment_methods/pm_card_visa/attach", customer=customer)["id"]
        acme.at_stripe(f"invoices/{invoice}/pay", payment_method=method)
    if acme.got(wire.SUBSCRIPTION)["customerId"] is not None:
        assert PRODUCT not in accepted_by(device, joined(acme, device))


# A price of 0


@pytest.mark.parametrize("interval", [None, "month"])
def test_a_price_of_0_gives_a_license_only_where_the_operator_allows_it(
    acme: Seller, billing_stub: BillingStub, device: BillingDevice, interval: str | None
) -> None:
    price = acme.price(amount=0, interval=interval)
    answer = acme.ask("POST", wire.CHARGES, {"priceId": price, **device.identity()})
    assert error_of(answer) == (400, "invalid_request")
    # Without a device it can be bought, and the license is refused.
    acme.buy(priceId=price)
    status = joined(acme, device)
    assert (status["active"], status["reason"]) == (False, "not_paid")
    assert acme.got(wire.SUBSCRIPTION)["active"] is False
    allow_free(billing_stub, "Acme")
    assert accepted_by(device, joined(acme, device)) == {OWN}
    allow_free(billing_stub, "Acme", free=False)
    assert device.status()["active"] is False
    allow_free(billing_stub, "globex")
    assert device.status()["active"] is False


@pytest.mark.parametrize("interval", [None, "month"])
def test_a_discount_of_everything_is_a_price_of_0(
    acme: Seller, billing_stub: BillingStub, device: BillingDevice, interval: str | None
) -> None:
    acme.at_stripe("coupons", id="ALL", percent_off="100", duration="forever")
    acme.at_stripe("promotion_codes", coupon="ALL", code="ALL")
    price = acme.price(interval=interval)
    session = acme.made(wire.CHARGES, {"priceId": price, **device.identity()})["id"]
    billing_stub.pay(session, email="ada@example.com", code="ALL")
    assert device.status(checkoutSessionId=session)["active"] is False
    allow_free(billing_stub, "Acme")
    assert accepted_by(device, device.status(checkoutSessionId=session)) == {OWN}


@pytest.mark.parametrize("amount", [0, 100])
def test_an_empty_balance_buys_nothing(acme: Seller, device: BillingDevice, amount: int) -> None:
    price = acme.price(amount=amount)
    allow_free(acme.stub, "Acme")
    body = {"priceId": price, "fromBalance": True, **device.identity()}
    assert error_of(acme.ask("POST", wire.CHARGES, body)) == (409, "conflict")
    acme.top_up(100)
    assert acme.made(wire.CHARGES, body)["id"]


def test_the_platforms_plans_cannot_be_paid_from_a_balance(acme: Seller) -> None:
    acme.top_up(100_000)
    for wish in ({"plan": "pro"}, {"priceId": "price_nyra_pro_monthly"}, {}):
        answer = acme.ask("POST", wire.CHARGES, {**wish, "fromBalance": True})
        assert error_of(answer) == (400, "invalid_request")


# Who is whom


def test_no_two_accounts_share_an_audience(
    acme: Seller, billing_stub: BillingStub, http: httpx.Client
) -> None:
    acme.price()
    for name in ("ACME", "acme"):
        answer = Seller(billing_stub, http, name).ask("GET", wire.PRODUCTS)
        assert error_of(answer) == (403, "stripe_not_connected")
    assert acme.got(people.ACCOUNT)["connected"] is True


def test_a_merchants_customer_does_not_take_a_restore(
    acme: Seller, new_device: Callable[[str], BillingDevice]
) -> None:
    ours = new_device("Laptop")
    ours.activate(email="victim@example.com")
    customer = acme.customer("victim@example.com")
    acme.buy(priceId=acme.price(interval="month"), customerId=customer)
    other = new_device("Desk")
    activation = other.restore("victim@example.com")
    assert other.follow_newest_mail().status_code == 200
    assert accepted_by(other, other.status(activationId=activation)) == {PRODUCT}


@pytest.mark.parametrize("product", [PRODUCT, OWN])
def test_a_restore_finds_the_purchase_from_the_programs_seller(
    acme: Seller, new_device: Callable[[str], BillingDevice], product: str
) -> None:
    new_device("Laptop").activate(email="ada@example.com")
    acme.buy(priceId=acme.price(interval="month"), customerId=acme.customer("ada@example.com"))
    other = new_device("Desk")
    activation = other.restore("ada@example.com", product)
    assert other.follow_newest_mail().status_code == 200
    assert accepted_by(other, other.status(activationId=activation)) == {product}


def test_a_restore_without_a_purchase_from_the_programs_seller_mails_nothing(
    acme: Seller, new_device: Callable[[str], BillingDevice]
) -> None:
    new_device("Laptop").activate(email="ada@example.com")
    mails = len(acme.stub.outbox())
    assert new_device("Desk").restore("ada@example.com", OWN)
    assert len(acme.stub.outbox()) == mails


def test_an_offline_request_is_answered_by_its_own_seller(
    acme: Seller, device: BillingDevice
) -> None:
    customer = acme.customer("offline@example.com")
    acme.buy(priceId=acme.price(interval="month"), customerId=customer)
    portal = acme.ask("POST", wire.PORTAL, {"customerId": customer}).json()["url"]

    def submitted(aud: str) -> httpx.Response:
        fields = {"action": "file", "request": device.offline_request(aud=aud)}
        page = f"{portal}/offline"
        token = re.findall(r'name="token" value="([^"]+)"', acme.http.get(page).text)[0]
        return acme.http.post(portal, data={"token": token, **fields})

    assert submitted(PRODUCT).status_code == 422
    assert submitted("other").status_code == 422
    keys = KeySet.from_jwks(device.stub.keys.read_text())
    document = trust.verify_license(submitted(OWN).text.strip(), keys=keys, product=OWN)
    assert document.active


@pytest.mark.parametrize("product", [PRODUCT, OWN])
def test_a_scanned_request_is_answered_by_its_own_seller(
    acme: Seller, new_device: Callable[[str], BillingDevice], product: str
) -> None:
    new_device("Laptop").activate(email="ada@example.com")
    acme.buy(priceId=acme.price(interval="month"), customerId=acme.customer("ada@example.com"))
    island = new_device("Press room")
    request = island.offline_request(aud=product)
    page = island.ask_offline("ada@example.com", request)
    token = re.findall(r'name="token" value="([^"]+)"', acme.http.get(page).text)[0]
    shown = acme.http.post(page, data={"token": token})
    keys = KeySet.from_jwks(island.stub.keys.read_text())
    context = CodeContext(
        request=read_request(request, product=product)[1], issuers=(island.stub.url,)
    )
    code = " ".join(re.findall(r"<li>([0-9A-Z]{5})</li>", shown.text))
    document = trust.verify_license(decode(code, context, keys), keys=keys, product=product)
    assert (document.active, document.device_id) == (True, island.id)


def test_the_operator_shows_and_changes_an_account(
    billing_stub: BillingStub, capsys: pytest.CaptureFixture[str]
) -> None:
    def ran(*arguments: str) -> str:
        assert main(["account", "acme", "--url", billing_stub.url, *arguments]) == 0
        return capsys.readouterr().out

    assert ran() == (
        "Account: acme\nParent account: none\nLicenses for a price of 0: not allowed\n"
    )
    assert "Parent account: agency\n" in ran("--parent", "agency", "--free-licenses", "on")
    assert '"freeLicenses": true' in ran("--json")
    assert "Parent account: none\n" in ran("--no-parent")
    assert "not allowed" in ran("--free-licenses", "off")
