"""Several stub processes on one PostgreSQL database act as one backend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from keystead.instants import DAY_MS, MINUTE_MS, iso
from keystead.wire import mission_control, nyra
from keystead.wire.dashclicks import BASE, money, selling
from keystead.wire.dashclicks.selling import CHARGES
from keystead_stub.billing.customer_states import state_of
from keystead_stub.billing_apis.common.license_routes import RESTORES_PER_MINUTE
from keystead_stub.controls.operator import CHECKOUT_SWITCH
from keystead_stub.settings import NOTIFICATIONS
from keystead_stub.store.documented_tables import processed_events
from keystead_stub.store.engine import open_store
from keystead_stub.store.tables import billing_events, devices
from support import nyra_facts
from support.billing_device import BillingDevice
from support.merchant import Merchant
from support.postgresql import postgresql
from support.seller import Seller
from support.served_stub import ServedStub

# Several processes share two cores here: the slowest of many requests at once may take minutes.
pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(900)]
REQUEST_S = 240

DeviceAt = Callable[[ServedStub], BillingDevice]
PROCESSES = 3
BUYERS = 12
#: Hours in which an event that was refused three times has been delivered again.
REDELIVERED_H = 8


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def stubs(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ServedStub]]:
    """Return three stubs that start at the same time on an empty database."""
    folder = tmp_path_factory.mktemp("stubs")
    with ThreadPoolExecutor(PROCESSES) as pool:
        started = [
            pool.submit(ServedStub, folder / str(number), database) for number in range(PROCESSES)
        ]
    running = [one.result() for one in started]
    with ExitStack() as stack:
        for one in running:
            stack.callback(one.stop)
        yield running


@pytest.fixture
def device_at() -> Iterator[Callable[[ServedStub], BillingDevice]]:
    with ExitStack() as stack:

        def make(stub: ServedStub) -> BillingDevice:
            client = httpx.Client(base_url=stub.url, trust_env=False, timeout=REQUEST_S)
            return BillingDevice(stub, stack.enter_context(client))

        yield make


def test_several_processes_on_one_database_act_as_one_backend(
    stubs: list[ServedStub], device_at: DeviceAt
) -> None:
    """Documents signed by one process are valid at the others and for clients of any."""
    assert len({stub.keys.read_bytes() for stub in stubs}) == 1
    first, second, third = (device_at(stub) for stub in stubs)
    session = first.start_checkout(email="one@example.com")
    stubs[1].pay(session, email="one@example.com")
    for other in (second, third):
        other.key, other.id, other.public = first.key, first.id, first.public
    assert second.status(checkoutSessionId=session)["active"] is True
    third.token = second.token
    assert third.license(third.status()).device_id == first.id


def test_the_documented_tables_are_as_described(
    stubs: list[ServedStub], database: str, device_at: DeviceAt
) -> None:
    device = device_at(stubs[0])
    session = device.start_checkout()
    stubs[1].pay(session)
    assert device.status(checkoutSessionId=session)["active"] is True
    store = open_store(database)
    try:
        with store.read() as connection:
            assert nyra_facts.postgresql_tables(connection) == nyra_facts.on_postgresql()
            assert nyra_facts.postgresql_indexes(connection) == nyra_facts.INDEXES
            customer = connection.execute(
                sa.text("SELECT * FROM billing_customers WHERE checkout_session_id = :session"),
                {"session": session},
            ).one()
            activation = connection.execute(
                sa.text("SELECT * FROM device_activations WHERE device_id = :device"),
                {"device": device.id},
            ).one()
    finally:
        store.close()
    assert (customer.device_id, customer.status) == (device.id, "active")
    assert customer.last_invoice_status == "paid"
    assert (activation.customer_id, activation.last_active) == (customer.customer_id, 1)


def test_concurrent_webhooks_at_all_processes_leave_one_correct_state(
    stubs: list[ServedStub], database: str, device_at: DeviceAt
) -> None:
    """Each event goes to each process twice, in random order, during payments at all of them."""
    for stub in stubs:
        stub.faults.set(shuffle_webhooks=True, duplicate_webhooks=True)

    def buy(number: int) -> BillingDevice:
        device = device_at(stubs[number % PROCESSES])
        session = device.start_checkout(email=f"buyer{number}@example.com")
        stubs[(number + 1) % PROCESSES].pay(session, email=f"buyer{number}@example.com")
        assert device.status(checkoutSessionId=session)["active"] is True
        return device

    with ThreadPoolExecutor(BUYERS) as pool:
        devices = list(pool.map(buy, range(BUYERS)))
    for stub in stubs:
        stub.faults.clear()
    # An event that arrived before one it depends on was refused, so Stripe delivers it again.
    stubs[0].clock.advance(hours=REDELIVERED_H)
    customers = [device.customer_id for device in devices]
    assert len(set(customers)) == BUYERS
    store = open_store(database)
    try:
        with store.read() as connection:
            for customer_id in customers:
                held = _count(connection, billing_events.c.customer_id == customer_id)
                told = stubs[0].ask("GET", f"/_stub/state?customerId={customer_id}")["events"]
                known = [event for event in told if event["customerId"] == customer_id]
                assert held >= len(known) > 0
                state = state_of(connection, customer_id)
                assert state is not None
                assert (state.status, state.entitled, state.ever_paid) == ("active", True, True)
            everything = connection.scalar(sa.select(sa.func.count()).select_from(processed_events))
            events = {
                one["id"] for one in stubs[0].ask("GET", "/_stub/events?limit=1000")["events"]
            }
            assert everything == len(events)
    finally:
        store.close()


@pytest.mark.nightly
def test_a_balance_is_topped_up_and_spent_once_by_concurrent_requests(
    stubs: list[ServedStub],
) -> None:
    """All processes receive each webhook twice and concurrent purchase requests."""
    with ExitStack() as stack:
        sellers = [Seller(stub, stack.enter_context(_client(stub)), "acme") for stub in stubs]
        for stub in stubs:
            stub.faults.set(shuffle_webhooks=True, duplicate_webhooks=True)
        sellers[0].top_up(3000)
        sellers[1].top_up(500)
        for stub in stubs:
            stub.faults.clear()
        stubs[0].clock.advance(hours=REDELIVERED_H)
        assert [seller.balance() for seller in sellers] == [3500] * PROCESSES
        wish = {
            "priceId": sellers[0].price(amount=1000),
            "customerId": sellers[0].customer(),
            "fromBalance": True,
        }
        with ThreadPoolExecutor(BUYERS) as pool:
            answers = list(
                pool.map(lambda n: sellers[n % PROCESSES].ask("POST", CHARGES, wish), range(9))
            )
        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 6
        assert [seller.balance() for seller in sellers] == [500] * PROCESSES


def _client(stub: ServedStub) -> httpx.Client:
    return httpx.Client(base_url=stub.url, trust_env=False, timeout=REQUEST_S)


def _count(connection: sa.Connection, where: Any) -> int:
    return int(connection.scalar(sa.select(sa.func.count()).where(where)) or 0)


def test_a_person_gets_three_restore_mails_an_hour_from_all_processes_together(
    stubs: list[ServedStub], device_at: DeviceAt
) -> None:
    email = "restores@example.com"
    device_at(stubs[0]).activate(email=email)

    def ask(number: int) -> int:
        device = device_at(stubs[number % PROCESSES])
        body = {**device.identity(), "email": email}
        return device.http.post(nyra.RESTORE, json=body).status_code

    with ThreadPoolExecutor(9) as pool:
        assert set(pool.map(ask, range(9))) == {202}
    for stub in stubs:
        mails = [mail for mail in stub.outbox() if mail["to"] == email]
        assert len(mails) == 3
        # Each process can read what the others have sealed.
        assert all(mail["link"] in mail["body"] for mail in mails)


def test_the_device_limit_holds_for_concurrent_activations(
    stubs: list[ServedStub], database: str, device_at: DeviceAt
) -> None:
    tenant = stubs[0].session("mission-control", tenant_id="limited")
    checkout = httpx.post(
        f"{stubs[0].url}/mission-control{mission_control.CHECKOUT}",
        json={"plan": "team"},
        headers=tenant,
        trust_env=False,
        timeout=REQUEST_S,
    ).json()
    stubs[0].pay(checkout["sessionId"])

    def activate(number: int) -> int:
        device = device_at(stubs[number % PROCESSES])
        path = f"/mission-control{nyra.ACTIVATE}"
        return device.http.post(path, json=device.identity(), headers=tenant).status_code

    with ThreadPoolExecutor(9) as pool:
        answers = sorted(pool.map(activate, range(9)))
    assert answers == [200] * 3 + [409] * 6
    customer_id = stubs[0].ask("GET", "/_stub/state?tenantId=limited")["customer"]["id"]
    store = open_store(database)
    try:
        with store.read() as connection:
            mine = devices.c.customer_id == customer_id
            assert _count(connection, mine & devices.c.removed_at.is_(None)) == 3
    finally:
        store.close()


@pytest.mark.nightly
def test_a_payment_is_announced_once_whichever_process_receives_it(stubs: list[ServedStub]) -> None:
    headers = stubs[0].session("crow", organization_id="once")
    with httpx.Client(
        base_url=stubs[0].url, headers=headers, trust_env=False, timeout=REQUEST_S
    ) as crow:
        body = {"modules": {"web": True}}
        builder = crow.post("/crow/api/v1/billing/billing-builders", json=body).json()
        session = crow.post(
            "/crow/api/v1/billing/checkout/session",
            json={"billingBuilderId": builder["id"]},
            headers={"X-Organization-Id": "once"},
        ).json()["sessionId"]
    stubs[1].pay(session)
    for stub in stubs:
        stub.clock.advance(seconds=1)
    notes = stubs[2].ask("GET", NOTIFICATIONS)["notifications"]
    told = [note["organizationId"] for note in notes if "organizationId" in note]
    assert told == ["once"]


@pytest.mark.nightly
def test_a_connected_account_is_shared_by_all_processes(stubs: list[ServedStub]) -> None:
    """What one process creates, another uses; each period is renewed once."""
    made = stubs[0].ask("POST", "/_stub/accounts", {"name": "Acme"})
    headers = {"authorization": f"Bearer {made['secretKey']}"}
    price = httpx.post(
        f"{stubs[0].url}/stripe/v1/prices",
        headers=headers,
        data={
            "currency": "eur",
            "unit_amount": "1200",
            "recurring[interval]": "month",
            "product_data[name]": "Monthly",
        },
        trust_env=False,
        timeout=REQUEST_S,
    ).json()["id"]
    form = {
        "mode": "subscription",
        "line_items[0][price]": price,
        "success_url": "https://a.example/",
        "cancel_url": "https://b.example/",
    }
    session = httpx.post(
        f"{stubs[1].url}/stripe/v1/checkout/sessions",
        headers=headers,
        data=form,
        trust_env=False,
        timeout=REQUEST_S,
    ).json()
    stubs[2].pay(session["id"], email="acme@example.com")
    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(lambda stub: stub.clock.advance(days=35), stubs))
    for stub in stubs:
        invoices = httpx.get(
            f"{stub.url}/stripe/v1/invoices", headers=headers, trust_env=False, timeout=REQUEST_S
        ).json()["data"]
        periods = [one["lines"]["data"][0]["period"]["start"] for one in invoices]
        # Each period is renewed once, although all processes advanced the clock at the same time.
        assert len(periods) == len(set(periods)) >= 2
        assert {one["status"] for one in invoices} == {"paid"}


def merchant_at(stub: ServedStub, account: str) -> httpx.Client:
    """Return a merchant signed in at `dashclicks` who sends requests to this process."""
    wish = {"api": "dashclicks", "accountId": account}
    headers = stub.ask("POST", "/_stub/tokens", wish)["headers"]
    root = f"{stub.url}/dashclicks{BASE}"
    return httpx.Client(base_url=root, headers=headers, trust_env=False, timeout=REQUEST_S)


@pytest.mark.nightly
def test_concurrent_requests_connect_a_merchant_and_create_a_customer_once(
    stubs: list[ServedStub],
) -> None:
    """Concurrent sign-ins create one Stripe account, and concurrent claims one customer."""
    with ExitStack() as stack, ThreadPoolExecutor(BUYERS) as pool:
        asking = [stubs[number % PROCESSES] for number in range(BUYERS)]
        entered = pool.map(lambda stub: merchant_at(stub, "claims"), asking)
        clients = [stack.enter_context(one) for one in entered]
        accounts = {one.get("/account").json()["stripeAccountId"] for one in clients}
        assert len(accounts) == 1

        def make(client: httpx.Client) -> str:
            return str(client.post("/customers", json={"email": "a@b.example"}).json()["id"])

        made = list(pool.map(make, clients))
        assert len(set(made)) == BUYERS
        for contact in ("con_1", "con_2"):

            def claim(number: int, wanted: str = contact) -> int:
                path = f"/customers/{made[number]}/contact"
                return clients[number].put(path, json={"contactId": wanted}).status_code

            answers = sorted(pool.map(claim, range(BUYERS)))
            assert answers == [200] + [409] * (BUYERS - 1)
        listed = clients[0].get("/customers", params={"limit": 100}).json()["data"]
        assert {one["id"] for one in listed} == set(made)
        linked = [one["contactId"] for one in listed if one["contactId"]]
        assert len(linked) == len(set(linked))
        assert "con_2" in linked


@pytest.mark.nightly
def test_a_merchant_s_mirror_is_correct_whichever_process_receives_the_event(
    stubs: list[ServedStub],
) -> None:
    """Each event goes to each process twice, in random order; each job runs once."""
    for stub in stubs:
        stub.faults.set(shuffle_webhooks=True, duplicate_webhooks=True)

    def sell(number: int) -> str:
        stub = stubs[number % PROCESSES]
        with httpx.Client(base_url=stub.url, trust_env=False, timeout=REQUEST_S) as http:
            seller = Merchant(stub, http, "many")
            wish = {"priceId": monthly, "email": f"b{number}@example.com"}
            return str(seller.made(selling.CHARGES, wish)["sessionId"])

    def pay(number: int, session: str) -> None:
        stubs[(number + 1) % PROCESSES].pay(session, email=f"b{number}@example.com")

    with httpx.Client(base_url=stubs[0].url, trust_env=False, timeout=REQUEST_S) as http:
        many = Merchant(stubs[0], http, "many")
        # A price of its own: the platform's plans are paid to the platform.
        price = {"amount": 1200, "currency": "eur", "interval": "month"}
        made = many.made(selling.PRODUCTS, {"name": "Monthly", "price": price})
        monthly = made["prices"][0]["id"]
        with ThreadPoolExecutor(BUYERS) as pool:
            # A paid product is not sold to its account again: all checkouts start before a payment.
            sold = list(pool.map(sell, range(BUYERS)))
            list(pool.map(pay, range(BUYERS), sold))
        for stub in stubs:
            stub.faults.clear()
        stubs[0].clock.advance(hours=REDELIVERED_H)
        mirrored = stubs[1].ask("GET", "/_stub/mirror?accountId=many&kind=charge")["records"]
        charges = many.listed(selling.CHARGES, limit=100)
        assert {one["id"] for one in mirrored} == {one["id"] for one in charges}
        now_ms = stubs[0].clock.now_ms()
        days = {"startDate": iso(now_ms - DAY_MS)[:10], "endDate": iso(now_ms)[:10]}
        figures = many.ask("GET", money.OVERVIEW, **days).json()
        total = many.ask("GET", money.SUMMARY).json()["total"][0]
    assert figures["netVolume"] == total["net"]
    assert (figures["successfulPayments"], figures["mrr"]) == (BUYERS, figures["grossVolume"])
    notes = stubs[2].ask("GET", NOTIFICATIONS)["notifications"]
    told = Counter(one["type"] for one in notes if one.get("accountId") == "many")
    assert told == {
        "contact.link": figures["newCustomers"],
        "purchase.fulfil": BUYERS,
        "conversation.open": BUYERS,
    }


def test_rate_limits_and_the_checkout_switch_hold_for_all_processes_together(
    stubs: list[ServedStub], device_at: DeviceAt
) -> None:
    """The limit is that of one backend, however its requests are spread; one switch stops all."""
    device = device_at(stubs[0])
    # Stripe's clock decides the minute, and this one has just begun.
    now_ms = stubs[0].clock.now_ms()
    stubs[0].clock.advance_to(now_ms - now_ms % MINUTE_MS + MINUTE_MS)

    def restore(number: int) -> int:
        body = {**device.identity(), "email": "nobody@example.com"}
        url = f"{stubs[number % PROCESSES].url}{nyra.RESTORE}"
        return httpx.post(url, json=body, trust_env=False, timeout=REQUEST_S).status_code

    # More than one window's worth: the minute may end meanwhile, on a busy machine more than once.
    began_ms = stubs[0].clock.now_ms()
    with ThreadPoolExecutor(PROCESSES) as pool:
        answers = Counter(pool.map(restore, range(RESTORES_PER_MINUTE + 30)))
    minutes = stubs[0].clock.now_ms() // MINUTE_MS - began_ms // MINUTE_MS + 1
    assert set(answers) <= {202, 429}
    assert answers[202] <= RESTORES_PER_MINUTE * minutes
    assert minutes > 1 or answers == {202: RESTORES_PER_MINUTE, 429: 30}

    for enabled, status in ((False, 403), (True, 200)):
        stubs[1].ask("PUT", CHECKOUT_SWITCH, {"enabled": enabled})
        for stub in stubs:
            buyer = device_at(stub)
            assert buyer.call("POST", nyra.CHECKOUT, json=buyer.identity()).status_code == status
    # The next test has a minute of its own.
    stubs[0].clock.advance(minutes=1)
