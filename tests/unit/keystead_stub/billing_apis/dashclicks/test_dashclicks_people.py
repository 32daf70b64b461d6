"""`dashclicks`: customers, their notes and contacts, over real HTTP."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest

from keystead.instants import from_iso
from keystead.wire.dashclicks import people as wire
from keystead.wire.dashclicks import selling
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


def test_a_customer_is_created_and_found(acme: Merchant) -> None:
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


def test_a_customers_name_is_optional(acme: Merchant) -> None:
    assert acme.made(wire.CUSTOMERS, {"email": "eve@example.com"})["name"] is None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"email": None},
        {"email": "nobody"},
        {"email": "a b@example.com"},
        {"email": "a@example.com\n"},
        {"email": "a\x00@example.com"},
        {"email": "a" * 250 + "@b.example"},
        {"email": 7},
        {"email": "a@b.example", "name": ""},
        {"email": "a@b.example", "name": "n\x00"},
        {"email": "a@b.example", "name": "n" * 257},
        [],
        None,
    ],
)
def test_invalid_customers_are_refused(acme: Merchant, fields: Any) -> None:
    assert refused(acme.ask("POST", wire.CUSTOMERS, fields)) == (400, "invalid_request")
    assert acme.listed(wire.CUSTOMERS) == []


def test_single_fields_of_a_customer_can_be_changed(acme: Merchant) -> None:
    made = acme.made(wire.CUSTOMERS, ADA)
    changed = acme.ask("PATCH", path_of(made), {"email": "countess@example.com"}).json()
    assert changed == made | {"email": "countess@example.com"}
    changed = acme.ask("PATCH", path_of(made), {"name": None}).json()
    assert changed == made | {"email": "countess@example.com", "name": None}
    assert acme.ask("PATCH", path_of(made), {}).json() == changed
    assert acme.ask("GET", path_of(made)).json() == changed


@pytest.mark.parametrize("change", [{"email": None}, {"email": "x"}, {"name": 1}, []])
def test_invalid_changes_of_a_customer_are_refused(acme: Merchant, change: Any) -> None:
    made = acme.made(wire.CUSTOMERS, ADA)
    assert refused(acme.ask("PATCH", path_of(made), change)) == (400, "invalid_request")
    assert acme.ask("GET", path_of(made)).json() == made


def test_a_deleted_customer_is_not_found(acme: Merchant) -> None:
    made, other = acme.made(wire.CUSTOMERS, ADA), acme.made(wire.CUSTOMERS, ADA)
    deleted = acme.ask("DELETE", path_of(made))
    assert (deleted.status_code, deleted.json()) == (200, {"id": made["id"], "deleted": True})
    for method, body in (("GET", None), ("PATCH", {"name": "Ada"}), ("DELETE", None)):
        assert refused(acme.ask(method, path_of(made), body)) == (404, "not_found")
    for name in (wire.INVOICES, wire.PAYMENT_METHODS, wire.SUBSCRIPTIONS):
        assert refused(acme.ask("GET", path_of(made, name))) == (404, "not_found")
    assert acme.listed(wire.CUSTOMERS) == [other]
    assert acme.listed(wire.CUSTOMERS, search="ada") == [other]


def test_customers_are_paginated_newest_first(acme: Merchant) -> None:
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
        {"search": "n\x00"},
        {"search": "ada", "cursor": "cus_nowhere"},
    ],
)
def test_invalid_pages_are_refused(acme: Merchant, query: dict[str, Any]) -> None:
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
    # Quotes and operators in the text are not part of the search query.
    assert acme.listed(wire.CUSTOMERS, search='x" OR email~"exa') == []
    # A search of one or two characters must match the whole value.
    assert acme.listed(wire.CUSTOMERS, search="ad") == []
    assert acme.listed(wire.CUSTOMERS, search="") == acme.listed(wire.CUSTOMERS)


def buy(acme: Merchant, customer_id: str) -> dict[str, Any]:
    price = {"amount": 1200, "currency": "eur", "interval": "month"}
    product = acme.made(selling.PRODUCTS, {"name": "Monthly", "price": price})
    session = acme.ask_stripe(
        "checkout/sessions",
        {
            "mode": "subscription",
            "customer": customer_id,
            "line_items[0][price]": product["prices"][0]["id"],
            "line_items[0][quantity]": "1",
            "success_url": "https://a.example/",
            "cancel_url": "https://b.example/",
        },
    )
    return acme.stub.pay(session["id"])


def test_a_customers_invoices_and_subscriptions_are_those_of_stripe(acme: Merchant) -> None:
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


def test_an_ended_subscription_is_still_listed(acme: Merchant) -> None:
    ada = acme.made(wire.CUSTOMERS, ADA)
    buy(acme, ada["id"])
    acme.stub.customer(ada["id"], "cancel", at_period_end=False)
    (ended,) = acme.listed(path_of(ada, wire.SUBSCRIPTIONS))
    assert ended["status"] == "canceled"


@pytest.mark.parametrize("name", [wire.SUBSCRIPTIONS, wire.INVOICES, wire.PAYMENT_METHODS])
def test_a_cursor_of_another_list_is_refused(acme: Merchant, name: str) -> None:
    ada = acme.made(wire.CUSTOMERS, ADA)
    answer = acme.ask("GET", path_of(ada, name), cursor=ada["id"])
    assert refused(answer) == (400, "invalid_request")


def test_a_connected_account_shows_its_stripe_account(acme: Merchant) -> None:
    shown_account = acme.ask("GET", wire.ACCOUNT).json()
    assert shown_account["stripeAccountId"].startswith("acct_")
    assert abs(shown_account["connectedAt"] - acme.stub.clock.now_ms()) < 60_000
    assert shown_account == {
        "accountId": "acme",
        "connected": True,
        "stripeAccountId": shown_account["stripeAccountId"],
        "connectedAt": shown_account["connectedAt"],
        "parentAccountId": None,
    }


def test_an_unconnected_account_is_shown_as_such(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    loner = Merchant(billing_stub, http, "loner", stripe_connected=False)
    assert loner.ask("GET", wire.ACCOUNT).json() == {
        "accountId": "loner",
        "connected": False,
        "stripeAccountId": None,
        "connectedAt": None,
        "parentAccountId": None,
    }


def test_notes_are_listed_newest_first_with_their_authors(
    acme: Merchant, billing_stub: BillingStub, http: httpx.Client
) -> None:
    ada = acme.made(wire.CUSTOMERS, ADA)
    colleague = Merchant(billing_stub, http, "acme", subject="user_2")
    first = acme.made(path_of(ada, wire.NOTES), {"note": "Called."})
    second = colleague.made(path_of(ada, wire.NOTES), {"note": "Paid\r\nat last: \U0001f600"})
    assert abs(first["createdAt"] - billing_stub.clock.now_ms()) < 60_000
    assert first == {
        "id": first["id"],
        "note": "Called.",
        "author": "user_1",
        "createdAt": first["createdAt"],
    }
    assert (second["author"], second["note"]) == ("user_2", "Paid\r\nat last: \U0001f600")
    assert acme.pages(path_of(ada, wire.NOTES), limit=1) == [[second], [first]]
    other = acme.made(wire.CUSTOMERS, ADA)
    assert acme.listed(path_of(other, wire.NOTES)) == []
    beyond = acme.ask("GET", path_of(other, wire.NOTES), cursor=first["id"])
    assert refused(beyond) == (404, "not_found")


@pytest.mark.parametrize(
    "body", [{}, {"note": ""}, {"note": None}, {"note": "n\x00"}, {"note": "n" * 5001}, [], None]
)
def test_invalid_notes_are_refused(acme: Merchant, body: Any) -> None:
    path = path_of(acme.made(wire.CUSTOMERS, ADA), wire.NOTES)
    assert refused(acme.ask("POST", path, body)) == (400, "invalid_request")
    assert acme.listed(path) == []


def test_notes_of_a_customer_unknown_to_stripe_are_refused(acme: Merchant) -> None:
    gone = acme.made(wire.CUSTOMERS, ADA)
    acme.made(path_of(gone, wire.NOTES), {"note": "Not for long."})
    acme.ask("DELETE", path_of(gone))
    for customer in (gone, {"id": "cus_nowhere"}):
        path = path_of(customer, wire.NOTES)
        assert refused(acme.ask("POST", path, {"note": "Hello?"})) == (404, "not_found")
        assert refused(acme.ask("GET", path)) == (404, "not_found")
        assert refused(acme.ask("GET", path, format="csv")) == (404, "not_found")


def test_notes_can_be_exported_as_csv(
    acme: Merchant, billing_stub: BillingStub, http: httpx.Client
) -> None:
    ada = acme.made(wire.CUSTOMERS, ADA)
    hostile = Merchant(billing_stub, http, "acme", subject="=cmd|' /C calc'!A0")
    texts = ["=1+1", '"Fine", she said;\r\n@home', "  +49 30", "\tx", "'quoted'", "-", "ok"]
    for text in texts:
        hostile.made(path_of(ada, wire.NOTES), {"note": text})
    answer = acme.ask("GET", path_of(ada, wire.NOTES), format="csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    name = f"notes-{ada['id']}.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    listed = acme.listed(path_of(ada, wire.NOTES))
    assert [row["id"] for row in rows] == [one["id"] for one in listed]
    assert [int(row["createdAt"]) for row in rows] == [one["createdAt"] for one in listed]
    assert [from_iso(row["createdAtIso"]) for row in rows] == [one["createdAt"] for one in listed]
    assert [row["note"].removeprefix("'") for row in rows] == texts[::-1]
    assert {row["author"] for row in rows} == {"'=cmd|' /C calc'!A0"}
    for row in rows:
        assert not any(cell.lstrip().startswith(tuple("=+-@")) for cell in row.values())


def test_unknown_formats_of_notes_are_refused(acme: Merchant) -> None:
    path = path_of(acme.made(wire.CUSTOMERS, ADA), wire.NOTES)
    assert refused(acme.ask("GET", path, format="xlsx")) == (400, "invalid_request")


def stripes(acme: Merchant, customer: dict[str, Any]) -> dict[str, Any]:
    """Return the customer's metadata at Stripe."""
    return dict(acme.ask_stripe(f"customers/{customer['id']}")["metadata"])


def test_a_contact_is_linked_to_at_most_one_customer(acme: Merchant) -> None:
    ada, eve = acme.made(wire.CUSTOMERS, ADA), acme.made(wire.CUSTOMERS, ADA)
    linked = acme.ask("PUT", path_of(ada, wire.CONTACT), {"contactId": "con_1"})
    assert (linked.status_code, linked.json()) == (200, ada | {"contactId": "con_1"})
    again = acme.ask("PUT", path_of(ada, wire.CONTACT), {"contactId": "con_1"})
    assert (again.status_code, again.json()) == (200, linked.json())
    assert stripes(acme, ada) == {"contactId": "con_1"}
    assert acme.ask("GET", path_of(ada)).json() == linked.json()
    assert acme.listed(wire.CUSTOMERS) == [eve, linked.json()]
    taken = acme.ask("PUT", path_of(eve, wire.CONTACT), {"contactId": "con_1"})
    assert refused(taken) == (409, "conflict")
    assert stripes(acme, eve) == {}
    # Linking another contact makes the first one available again.
    acme.ask("PUT", path_of(ada, wire.CONTACT), {"contactId": "con_2"})
    moved = acme.ask("PUT", path_of(eve, wire.CONTACT), {"contactId": "con_1"})
    assert moved.json() == eve | {"contactId": "con_1"}
    assert (stripes(acme, ada), stripes(acme, eve)) == (
        {"contactId": "con_2"},
        {"contactId": "con_1"},
    )


def test_a_contact_can_be_unlinked(acme: Merchant) -> None:
    ada = acme.made(wire.CUSTOMERS, ADA)
    acme.ask("PUT", path_of(ada, wire.CONTACT), {"contactId": "con_1"})
    for _ in range(2):
        free = acme.ask("DELETE", path_of(ada, wire.CONTACT))
        assert (free.status_code, free.json()) == (200, ada)
    assert stripes(acme, ada) == {}


@pytest.mark.parametrize("by_us", [True, False])
def test_the_contact_of_a_deleted_customer_can_be_linked_again(acme: Merchant, by_us: bool) -> None:
    ada, eve = acme.made(wire.CUSTOMERS, ADA), acme.made(wire.CUSTOMERS, ADA)
    acme.ask("PUT", path_of(ada, wire.CONTACT), {"contactId": "con_1"})
    if by_us:
        acme.ask("DELETE", path_of(ada))
    else:
        acme.ask_stripe(f"customers/{ada['id']}", method="DELETE")
    linked = acme.ask("PUT", path_of(eve, wire.CONTACT), {"contactId": "con_1"})
    assert linked.json() == eve | {"contactId": "con_1"}


@pytest.mark.parametrize(
    "body", [{}, {"contactId": None}, {"contactId": ""}, {"contactId": "a b"}, {"contactId": 1}]
)
def test_invalid_contacts_are_refused(acme: Merchant, body: Any) -> None:
    path = path_of(acme.made(wire.CUSTOMERS, ADA), wire.CONTACT)
    assert refused(acme.ask("PUT", path, body)) == (400, "invalid_request")


def test_contacts_of_a_customer_unknown_to_stripe_are_refused(acme: Merchant) -> None:
    path = path_of({"id": "cus_nowhere"}, wire.CONTACT)
    assert refused(acme.ask("PUT", path, {"contactId": "con_1"})) == (404, "not_found")
    assert refused(acme.ask("DELETE", path)) == (404, "not_found")
