"""`dashclicks`: who is let in at which route, and that no merchant meets what is another's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

from keystead.wire import dashclicks
from keystead.wire.dashclicks import people, selling
from keystead_stub.in_process import BillingStub
from support.merchant import API, Merchant

SCHEMA = "/schema/openapi.json"
#: Stripe's signature lets in there, and not a session.
PUBLIC = {dashclicks.WEBHOOK}
#: What an account may ask before it is connected.
UNCONNECTED = {people.ACCOUNT}
ADA = {"email": "ada@example.com", "name": "Ada"}
PRODUCT = {"name": "Chair", "price": {"amount": 4900, "currency": "eur"}}
Route = tuple[str, str]


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BillingStub]:
    """`dashclicks` at the root, so that the description is its own."""
    with BillingStub.running(tmp_path_factory.mktemp("stub"), api=API) as running:
        yield running


@pytest.fixture(scope="module")
def http(stub: BillingStub) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stub.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def routes(http: httpx.Client) -> list[Route]:
    """Every route of the dialect that a session is for."""
    paths = http.get(SCHEMA).json()["paths"]
    found = [
        (method.upper(), path)
        for path, methods in paths.items()
        if path.startswith(dashclicks.BASE) and path not in PUBLIC
        for method in methods
    ]
    assert {("GET", people.CUSTOMERS), ("POST", selling.PRODUCTS)} <= set(found)
    return found


@pytest.fixture(scope="module")
def new_merchant(stub: BillingStub, http: httpx.Client) -> Callable[..., Merchant]:
    def make(name: str, **who: Any) -> Merchant:
        return Merchant(stub, http, name, root="", **who)

    return make


def filled(path: str, value: str = "some_id") -> str:
    return "/".join(value if part.startswith("{") else part for part in path.split("/"))


#: What no route reads: whoever answers that it is not valid has looked at it.
NONSENSE: dict[str, Any] = {"content": b"\xff{", "params": {"limit": "x", "cursor": "\x00"}}


def answered(http: httpx.Client, route: Route, headers: dict[str, str]) -> tuple[int, str | None]:
    method, path = route
    sent = headers | {"Content-Type": "text/plain"}
    answer = http.request(method, filled(path), headers=sent, **NONSENSE)
    return answer.status_code, answer.json().get("code")


def test_nobody_comes_in_without_a_session(
    stub: BillingStub, http: httpx.Client, routes: list[Route]
) -> None:
    others: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer nonsense"},
        stub.session("nyra"),
        stub.session("crow", organization_id="acme"),
        stub.session("mission-control", tenant_id="acme"),
        stub.session("stripe-integration", tenant_id="acme"),
    ]
    for route in routes:
        for headers in others:
            assert answered(http, route, headers) == (401, "invalid_token"), (route, headers)


def test_an_account_without_stripe_is_stopped_before_anything_is_read(
    http: httpx.Client, routes: list[Route], new_merchant: Callable[..., Merchant]
) -> None:
    loner = new_merchant("loner", stripe_connected=False)
    for route in routes:
        found = answered(http, route, loner.headers)
        if route[1] in UNCONNECTED:
            assert found == (200, None)
        else:
            assert found == (403, "stripe_not_connected"), route


def test_a_merchant_comes_in_everywhere(
    http: httpx.Client, routes: list[Route], new_merchant: Callable[..., Merchant]
) -> None:
    acme = new_merchant("acme")
    for route in routes:
        assert answered(http, route, acme.headers)[0] not in {401, 403}, route


# What is another merchant's


def _customer(owner: Merchant) -> str:
    return str(owner.made(people.CUSTOMERS, ADA)["id"])


def _product(owner: Merchant) -> str:
    return str(owner.made(selling.PRODUCTS, PRODUCT)["id"])


#: How to come by what a parameter of a path names.
MAKERS: dict[str, Callable[[Merchant], str]] = {
    "customer_id": _customer,
    "product_id": _product,
}
#: Bodies that the owner could send.
BODIES: dict[Route, Any] = {
    ("PATCH", "/{customer_id}"): {"name": "Eve"},
    ("POST", "/notes"): {"note": "Mine."},
    ("PUT", "/contact"): {"contactId": "con_1"},
    ("PATCH", "/{product_id}"): {"name": "Table"},
    ("POST", "/prices"): {"amount": 100, "currency": "eur"},
}


def body_for(method: str, path: str) -> Any:
    return BODIES.get((method, path[path.rindex("/") :]))


def parameter_of(path: str) -> str:
    return path.partition("{")[2].partition("}")[0]


@pytest.fixture(scope="module")
def theirs(new_merchant: Callable[..., Merchant], routes: list[Route]) -> dict[str, str]:
    """What `acme` has made, by the parameter that names it; each with a note and the like."""
    acme = new_merchant("acme")
    named = {parameter_of(path) for _, path in routes if "{" in path}
    made = {name: make(acme) for name, make in MAKERS.items() if name in named}
    acme.made(f"{people.CUSTOMERS}/{made['customer_id']}/{people.NOTES}", {"note": "Acme's."})
    return made


def test_what_is_anothers_is_not_there_to_read_or_to_write(
    routes: list[Route], theirs: dict[str, str], new_merchant: Callable[..., Merchant]
) -> None:
    acme, globex = new_merchant("acme"), new_merchant("globex")
    by_id = [(m, path) for m, path in routes if parameter_of(path) in theirs]
    before = [
        acme.ask("GET", filled(p, theirs[parameter_of(p)])).text for m, p in by_id if m == "GET"
    ]
    for method, path in by_id:
        its = filled(path, theirs[parameter_of(path)])
        answer = globex.ask(method, its, body_for(method, path))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path)
    after = [
        acme.ask("GET", filled(p, theirs[parameter_of(p)])).text for m, p in by_id if m == "GET"
    ]
    assert after == before


def test_what_is_anothers_is_in_no_list(
    routes: list[Route], theirs: dict[str, str], new_merchant: Callable[..., Merchant]
) -> None:
    acme, globex = new_merchant("acme"), new_merchant("globex")
    shown_to_acme = ""
    for method, path in routes:
        if method == "GET" and "{" not in path:
            shown_to_acme += acme.ask("GET", path).text
            shown_to_globex = globex.ask("GET", path).text
            assert not [one for one in theirs.values() if one in shown_to_globex], path
    assert all(one in shown_to_acme for one in theirs.values())


def test_nothing_that_is_sent_tells_anothers_from_what_never_was(
    stub: BillingStub, theirs: dict[str, str], new_merchant: Callable[..., Merchant]
) -> None:
    globex = new_merchant("globex")
    schema = schemathesis.openapi.from_url(stub.url + SCHEMA)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        name = parameter_of(operation.path)
        if operation.path.startswith(dashclicks.BASE) and name in theirs:
            _same_answers(operation.as_strategy(), name, theirs[name], globex)


def _same_answers(cases: st.SearchStrategy[Any], name: str, its: str, stranger: Merchant) -> None:
    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def compare(case: Any) -> None:
        answers = []
        for one in (its, its[:-1] + ("A" if its[-1] != "A" else "B")):
            case.path_parameters = {name: one}
            answer = case.call(headers=stranger.headers)
            body = answer.json() | {"requestId": None}
            answers.append((answer.status_code, body))
        assert answers[0] == answers[1]
        assert 400 <= answers[0][0] < 500

    compare()
