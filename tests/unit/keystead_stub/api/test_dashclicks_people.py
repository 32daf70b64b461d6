"""`dashclicks`: a merchant's customers and what is kept of them, over real HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from keystead.wire.dashclicks import people as wire
from keystead_stub.in_process import BillingStub
from support.merchant import Merchant

ADA = {"email": "ada@example.com", "name": "Ada Lovelace"}


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client) -> Merchant:
    return Merchant(billing_stub, http, "acme")


def path_of(customer: dict[str, Any], *further: str) -> str:
    return "/".join([wire.CUSTOMERS, customer["id"], *further])


def refused(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_customer_is_made_and_found(acme: Merchant) -> None:
    made = acme.made(wire.CUSTOMERS, ADA)
    assert made["id"].startswith("cus_")
    assert abs(made["createdAt"] - acme.stub.clock.now_ms()) < 60_000
    assert made == ADA | {
        "id": made["id"],
        "contactId": None,
        "delinquent": False,
        "createdAt": made["createdAt"],
    }
    assert acme.ask("GET", path_of(made)).json() == made
    assert acme.listed(wire.CUSTOMERS) == [made]


def test_a_customer_without_a_name(acme: Merchant) -> None:
    assert acme.made(wire.CUSTOMERS, {"email": "eve@example.com"})["name"] is None


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"email": None},
        {"email": "nobody"},
        {"email": "a b@example.com"},
        {"email": "a" * 250 + "@b.example"},
        {"email": 7},
        {"email": "a@b.example", "name": ""},
        {"email": "a@b.example", "name": "n\x00"},
        {"email": "a@b.example", "name": "n" * 257},
        [],
        None,
    ],
)
def test_a_wish_for_no_customer(acme: Merchant, wish: Any) -> None:
    assert refused(acme.ask("POST", wire.CUSTOMERS, wish)) == (400, "invalid_request")
    assert acme.listed(wire.CUSTOMERS) == []


def test_a_customer_is_changed_piece_by_piece(acme: Merchant) -> None:
    made = acme.made(wire.CUSTOMERS, ADA)
    changed = acme.ask("PATCH", path_of(made), {"email": "countess@example.com"}).json()
    assert changed == made | {"email": "countess@example.com"}
    changed = acme.ask("PATCH", path_of(made), {"name": None}).json()
    assert changed == made | {"email": "countess@example.com", "name": None}
    assert acme.ask("PATCH", path_of(made), {}).json() == changed
    assert acme.ask("GET", path_of(made)).json() == changed


@pytest.mark.parametrize("change", [{"email": None}, {"email": "x"}, {"name": 1}, []])
def test_a_change_that_is_none(acme: Merchant, change: Any) -> None:
    made = acme.made(wire.CUSTOMERS, ADA)
    assert refused(acme.ask("PATCH", path_of(made), change)) == (400, "invalid_request")
    assert acme.ask("GET", path_of(made)).json() == made


def test_a_deleted_customer_is_nowhere(acme: Merchant) -> None:
    made, other = acme.made(wire.CUSTOMERS, ADA), acme.made(wire.CUSTOMERS, ADA)
    deleted = acme.ask("DELETE", path_of(made))
    assert (deleted.status_code, deleted.json()) == (200, {"id": made["id"], "deleted": True})
    for method, body in (("GET", None), ("PATCH", {"name": "Ada"}), ("DELETE", None)):
        assert refused(acme.ask(method, path_of(made), body)) == (404, "not_found")
    for name in (wire.INVOICES, wire.PAYMENT_METHODS, wire.SUBSCRIPTIONS):
        assert refused(acme.ask("GET", path_of(made, name))) == (404, "not_found")
    assert acme.listed(wire.CUSTOMERS) == [other]
    assert acme.listed(wire.CUSTOMERS, search="ada") == [other]


def test_lists_come_in_pages_the_newest_first(acme: Merchant) -> None:
    made = [acme.made(wire.CUSTOMERS, ADA | {"name": f"No {n}"}) for n in range(5)]
    for search in ({}, {"search": "ada@example"}):
        pages = acme.pages(wire.CUSTOMERS, limit=2, **search)
        assert [len(page) for page in pages] == [2, 2, 1]
        assert [one for page in pages for one in page] == made[::-1]
    assert len(acme.pages(wire.CUSTOMERS, limit=5)) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"limit": "many"},
        {"cursor": "cus_nowhere"},
        {"cursor": "a b"},
        {"search": ""},
        {"search": "n\x00"},
        {"search": "ada", "cursor": "cus_nowhere"},
    ],
)
def test_a_page_that_is_none(acme: Merchant, query: dict[str, Any]) -> None:
    assert refused(acme.ask("GET", wire.CUSTOMERS, **query)) == (400, "invalid_request")


def test_customers_are_searched_by_email_or_name(acme: Merchant) -> None:
    ada = acme.made(wire.CUSTOMERS, ADA)
    quoted = acme.made(wire.CUSTOMERS, {"email": "o@x.example", "name": 'Pat "P\\" O\'Brien'})
    nobody = acme.made(wire.CUSTOMERS, {"email": "null@x.example"})
    assert acme.listed(wire.CUSTOMERS, search="LOVE") == [ada]
    assert acme.listed(wire.CUSTOMERS, search="ada@") == [ada]
    assert acme.listed(wire.CUSTOMERS, search='"P\\" O\'B') == [quoted]
    assert acme.listed(wire.CUSTOMERS, search="null") == [nobody]
    assert acme.listed(wire.CUSTOMERS, search="o@x.example") == [quoted]
    # Nothing in it is taken for the language itself.
    assert acme.listed(wire.CUSTOMERS, search='x" OR email~"exa') == []
    # One or two characters have to be all of it.
    assert acme.listed(wire.CUSTOMERS, search="ad") == []


def at_stripe(acme: Merchant, path: str, **fields: str) -> dict[str, Any]:
    """Something made at Stripe itself, on the merchant's account."""
    account = acme.ask("GET", wire.ACCOUNT).json()["stripeAccountId"]
    headers = {"Authorization": "Bearer sk_test_platform", "Stripe-Account": account}
    url = f"{acme.stub.url}/stripe/v1/{path}"
    answer = acme.http.post(url, data=fields, headers=headers)
    return dict(answer.raise_for_status().json())


def buy(acme: Merchant, customer_id: str) -> dict[str, Any]:
    session = at_stripe(
        acme,
        "checkout/sessions",
        **{
            "mode": "subscription",
            "customer": customer_id,
            "line_items[0][price]": "price_nyra_pro_monthly",
            "line_items[0][quantity]": "1",
            "success_url": "https://a.example/",
            "cancel_url": "https://b.example/",
        },
    )
    return acme.stub.pay(session["id"])


def test_what_stripe_has_of_a_customer(acme: Merchant) -> None:
    ada, eve = acme.made(wire.CUSTOMERS, ADA), acme.made(wire.CUSTOMERS, ADA)
    for _ in range(2):
        buy(acme, ada["id"])
    (first,), (second,) = acme.pages(path_of(ada, wire.SUBSCRIPTIONS), limit=1)
    assert first["id"] != second["id"]
    assert first["status"] == second["status"] == "active"
    assert (first["quantity"], first["cancelAtPeriodEnd"]) == (1, False)
    assert first["currentPeriodStart"] < first["currentPeriodEnd"]
    (newest,), (oldest,) = acme.pages(path_of(ada, wire.INVOICES), limit=1)
    assert newest["id"] != oldest["id"]
    assert newest["status"] == oldest["status"] == "paid"
    assert newest["amountPaid"] == newest["amountDue"] > 0
    (card,), (old,) = acme.pages(path_of(ada, wire.PAYMENT_METHODS), limit=1)
    assert {card["type"], old["type"]} == {"card"}
    assert (card["brand"], card["last4"]) == ("visa", "4242")
    assert {card["isDefault"], old["isDefault"]} == {True, False}
    for name in (wire.SUBSCRIPTIONS, wire.INVOICES, wire.PAYMENT_METHODS):
        assert acme.listed(path_of(eve, name)) == []


def test_a_subscription_that_is_over_is_still_told(acme: Merchant) -> None:
    ada = acme.made(wire.CUSTOMERS, ADA)
    buy(acme, ada["id"])
    acme.stub.customer(ada["id"], "cancel", at_period_end=False)
    (ended,) = acme.listed(path_of(ada, wire.SUBSCRIPTIONS))
    assert ended["status"] == "canceled"


@pytest.mark.parametrize("name", [wire.SUBSCRIPTIONS, wire.INVOICES, wire.PAYMENT_METHODS])
def test_a_cursor_of_another_list_is_none(acme: Merchant, name: str) -> None:
    ada = acme.made(wire.CUSTOMERS, ADA)
    answer = acme.ask("GET", path_of(ada, name), cursor=ada["id"])
    assert refused(answer) == (400, "invalid_request")


def test_an_account_is_told_where_it_sells(acme: Merchant) -> None:
    told = acme.ask("GET", wire.ACCOUNT).json()
    assert told["stripeAccountId"].startswith("acct_")
    assert abs(told["connectedAt"] - acme.stub.clock.now_ms()) < 60_000
    assert told == {
        "accountId": "acme",
        "connected": True,
        "stripeAccountId": told["stripeAccountId"],
        "connectedAt": told["connectedAt"],
    }


def test_an_account_that_is_not_connected_is_told_so(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    loner = Merchant(billing_stub, http, "loner", stripe_connected=False)
    assert loner.ask("GET", wire.ACCOUNT).json() == {
        "accountId": "loner",
        "connected": False,
        "stripeAccountId": None,
        "connectedAt": None,
    }
