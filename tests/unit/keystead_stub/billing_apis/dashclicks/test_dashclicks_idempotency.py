"""`dashclicks`: idempotency keys, over real HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from keystead.wire.dashclicks import selling as wire
from keystead_stub.in_process import BillingStub
from support.openapi_fuzzer import SCHEMA
from support.seller import Seller, error_of
from support.world import NETWORK_S

PATHS = (wire.CHARGES, wire.PAYMENT_INTENTS, wire.PAYMENT_LINKS)


@pytest.fixture
def acme(billing_stub: BillingStub, http: httpx.Client) -> Seller:
    return Seller(billing_stub, http, "acme")


def sent(seller: Seller, path: str, body: Any, key: str = "one") -> httpx.Response:
    headers = {**seller.headers, "Idempotency-Key": key}
    return seller.http.post(f"/dashclicks{path}", json=body, headers=headers)


def valid_body(seller: Seller, path: str, amount: int = 500) -> dict[str, Any]:
    """Return a valid body for that route."""
    if path == wire.CHARGES:
        return {"priceId": seller.price(amount=amount)}
    if path == wire.PAYMENT_INTENTS:
        return {"purpose": "purchase", "amount": amount, "currency": "eur"}
    item = {"description": "Work", "amount": amount, "currency": "eur"}
    return {"customerId": seller.customer(), "items": [item]}


@pytest.mark.parametrize("path", PATHS)
def test_a_repeated_idempotency_key_returns_the_first_answer(acme: Seller, path: str) -> None:
    body = valid_body(acme, path)
    first, second = sent(acme, path, body), sent(acme, path, body)
    assert (first.status_code, second.status_code) == (201, 201), first.text
    assert first.json() == second.json()
    assert sent(acme, path, body, "two").json()["id"] != first.json()["id"]
    assert acme.made(path, body)["id"] != acme.made(path, body)["id"]


@pytest.mark.parametrize("path", PATHS)
def test_the_same_idempotency_key_with_another_body_is_a_conflict(acme: Seller, path: str) -> None:
    assert sent(acme, path, valid_body(acme, path)).status_code == 201
    assert error_of(sent(acme, path, valid_body(acme, path, 700))) == (409, "conflict")
    other = PATHS[PATHS.index(path) - 1]
    assert error_of(sent(acme, other, valid_body(acme, other))) == (409, "conflict")


def test_the_same_idempotency_key_from_another_program_is_a_conflict(acme: Seller) -> None:
    body = valid_body(acme, wire.CHARGES)
    first = sent(acme, wire.CHARGES, body)
    assert first.status_code == 201
    for program in ("nyra.acme", "nyra", "other"):
        # What it would buy is another matter: the key was used by a program that named none.
        repeated = sent(acme.by_program(program), wire.CHARGES, body)
        assert error_of(repeated) == (409, "conflict")
    own = acme.by_program("nyra.acme")
    bought = sent(own, wire.CHARGES, body, "two")
    assert bought.status_code == 201, bought.text
    assert sent(own, wire.CHARGES, body, "two").json() == bought.json()
    assert error_of(sent(acme, wire.CHARGES, body, "two")) == (409, "conflict")


def test_an_idempotency_key_is_per_merchant_and_lasts_a_day(
    acme: Seller, billing_stub: BillingStub, http: httpx.Client
) -> None:
    body = valid_body(acme, wire.PAYMENT_INTENTS)
    first = sent(acme, wire.PAYMENT_INTENTS, body).json()["id"]
    globex = Seller(billing_stub, http, "globex")
    assert sent(globex, wire.PAYMENT_INTENTS, body).json()["id"] != first
    billing_stub.clock.advance(hours=23)
    acme = Seller(billing_stub, http, "acme")
    assert sent(acme, wire.PAYMENT_INTENTS, body).json()["id"] == first
    billing_stub.clock.advance(hours=1)
    assert sent(acme, wire.PAYMENT_INTENTS, body).json()["id"] != first


def test_concurrent_purchases_with_one_key_buy_once(acme: Seller) -> None:
    acme.top_up(3000)
    body = {
        **valid_body(acme, wire.CHARGES, 1000),
        "fromBalance": True,
        "customerId": acme.customer(),
    }
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: sent(acme, wire.CHARGES, body), range(5)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert sent(acme, wire.CHARGES, body).status_code == 201
    assert acme.balance() == 2000


def test_a_refused_request_can_be_repeated_with_its_key(acme: Seller) -> None:
    body = {**valid_body(acme, wire.CHARGES, 1000), "fromBalance": True}
    assert error_of(sent(acme, wire.CHARGES, body)) == (409, "conflict")
    acme.top_up(1500)
    assert sent(acme, wire.CHARGES, body).status_code == 201
    assert acme.balance() == 500


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_an_idempotency_key_has_a_maximum_length(acme: Seller, key: str) -> None:
    body = valid_body(acme, wire.PAYMENT_INTENTS)
    assert sent(acme, wire.PAYMENT_INTENTS, body, key).status_code == 400
    assert sent(acme, wire.PAYMENT_INTENTS, body, "k" * 255).status_code == 201


def test_the_idempotency_key_is_documented(tmp_path: Path) -> None:
    with BillingStub.running(tmp_path, api="dashclicks") as stub:
        paths = httpx.get(stub.url + SCHEMA, timeout=NETWORK_S).json()["paths"]
    for path in PATHS:
        parameters = paths[path]["post"]["parameters"]
        (key,) = (one for one in parameters if one["name"] == "Idempotency-Key")
        assert (key["in"], key["required"]) == ("header", False)
        assert "one request" in key["description"]
