"""`dashclicks`: who may use which route, and that merchants can't reach each other's objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.core.result import Ok

from keystead.wire import dashclicks
from keystead.wire.dashclicks import money, people, selling
from keystead_stub.in_process import BillingStub
from support.merchant import API, Merchant
from support.openapi_fuzzer import CHECKS, SCHEMA, fuzz

#: The webhook is authenticated by Stripe's signature instead of a session.
PUBLIC = {dashclicks.WEBHOOK}
#: Routes that an account may use before it is connected.
UNCONNECTED = {people.ACCOUNT}
Route = tuple[str, str]


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BillingStub]:
    """Run `dashclicks` at the root, so that the OpenAPI document is its own."""
    with BillingStub.running(tmp_path_factory.mktemp("stub"), api=API) as running:
        yield running


@pytest.fixture(scope="module")
def http(stub: BillingStub) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def routes(http: httpx.Client) -> list[Route]:
    """Return every route that needs a session."""
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


#: Invalid in every route: an answer that says so shows that the request was read.
NONSENSE: dict[str, Any] = {"content": b"\xff{", "params": {"limit": "x", "cursor": "*"}}


def answered(http: httpx.Client, route: Route, headers: dict[str, str]) -> tuple[int, str | None]:
    method, path = route
    sent = headers | {"Content-Type": "text/plain"}
    answer = http.request(method, filled(path), headers=sent, **NONSENSE)
    return answer.status_code, answer.json().get("code")


def test_every_route_needs_a_session(
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


def test_an_unconnected_account_is_refused_before_the_request_is_read(
    http: httpx.Client, routes: list[Route], new_merchant: Callable[..., Merchant]
) -> None:
    loner = new_merchant("loner", stripe_connected=False)
    for route in routes:
        found = answered(http, route, loner.headers)
        if route[1] in UNCONNECTED:
            assert found == (200, None)
        else:
            assert found == (403, "stripe_not_connected"), route


def test_a_signed_in_merchant_is_accepted_at_every_route(
    http: httpx.Client, routes: list[Route], new_merchant: Callable[..., Merchant]
) -> None:
    acme = new_merchant("acme")
    for route in routes:
        assert answered(http, route, acme.headers)[0] not in {401, 403}, route


def test_cors_allows_the_configured_origin_at_every_route(
    tmp_path: Path, routes: list[Route]
) -> None:
    origin = "https://app.example"
    with BillingStub.running(tmp_path, {"ALLOWED_ORIGIN": origin}, api=API) as stub:
        for method in {method for method, _ in routes}:
            for asking, may in ((origin, True), ("https://evil.example", False)):
                headers = {
                    "Origin": asking,
                    "Access-Control-Request-Method": method,
                    "Access-Control-Request-Headers": "authorization, content-type",
                }
                url = stub.url + people.CUSTOMERS
                answer = httpx.options(url, headers=headers, trust_env=False, timeout=60)
                assert answer.is_success is may, (method, asking)
                allowed = answer.headers.get("access-control-allow-methods", "") if may else ""
                assert (method in allowed) is may


# Objects of another merchant

ADA = {"email": "ada@example.com", "name": "Ada"}
PRICE = {"amount": 4900, "currency": "eur"}
INTENTS = f"{dashclicks.BASE}/payment-intents"
LINKS = f"{dashclicks.BASE}/payment-links"


def a_customer(owner: Merchant) -> str:
    made = owner.made(people.CUSTOMERS, ADA)["id"]
    owner.made(f"{people.CUSTOMERS}/{made}/{people.NOTES}", {"note": "Theirs."})
    return str(made)


def a_product(owner: Merchant) -> str:
    return str(owner.made(selling.PRODUCTS, {"name": "Chair", "price": PRICE})["id"])


def a_price(owner: Merchant) -> str:
    product = f"{selling.PRODUCTS}/{a_product(owner)}"
    return str(owner.listed(f"{product}/prices")[0]["id"])


def a_charge(owner: Merchant) -> str:
    wanted = {"priceId": a_price(owner), "customerId": a_customer(owner)}
    started = owner.made(selling.CHARGES, wanted)
    owner.stub.pay(started["id"], email=ADA["email"])
    return str(owner.listed(selling.CHARGES)[0]["id"])


def a_payout(owner: Merchant) -> str:
    a_charge(owner)
    owner.stub.clock.advance(days=10)
    return str(owner.listed(money.PAYOUTS)[0]["id"])


def an_intent(owner: Merchant) -> str:
    return str(owner.made(INTENTS, {"purpose": "purchase", **PRICE})["id"])


def a_link(owner: Merchant) -> str:
    item = {"description": "Chair", "quantity": 1, **PRICE}
    return str(owner.made(LINKS, {"customerId": a_customer(owner), "items": [item]})["id"])


#: Functions that create the object of an id, by the path before the id.
MAKERS: dict[str, Callable[[Merchant], str]] = {
    people.CUSTOMERS: a_customer,
    selling.PRODUCTS: a_product,
    selling.CHARGES: a_charge,
    money.PAYOUTS: a_payout,
    INTENTS: an_intent,
    LINKS: a_link,
}
#: Valid request bodies, by method and end of the path.
BODIES: dict[Route, Any] = {
    ("PATCH", "/{customer_id}"): {"name": "Eve"},
    ("POST", "/notes"): {"note": "Mine."},
    ("PUT", "/contact"): {"contactId": "con_1"},
    ("PATCH", "/{product_id}"): {"name": "Table"},
    ("POST", "/prices"): PRICE,
}


def body_for(method: str, path: str) -> Any:
    return BODIES.get((method, path[path.rindex("/") :]))


def kind_of(path: str) -> str:
    """Return the path before the id, or nothing where there is none."""
    before, brace, _ = path.partition("/{")
    return before if brace else ""


@pytest.fixture(scope="module")
def theirs(new_merchant: Callable[..., Merchant], routes: list[Route]) -> dict[str, str]:
    """Create one object of each kind for `acme`, by the path before its id."""
    acme = new_merchant("acme")
    kinds = {kind_of(path) for _, path in routes if kind_of(path)}
    return {kind: MAKERS[kind](acme) for kind in sorted(kinds)}


def test_another_merchants_objects_are_not_found(
    routes: list[Route], theirs: dict[str, str], new_merchant: Callable[..., Merchant]
) -> None:
    acme, globex = new_merchant("acme"), new_merchant("globex")
    by_id = [(method, path) for method, path in routes if kind_of(path)]

    def seen_by_acme() -> list[str]:
        paths = [path for method, path in by_id if method == "GET"]
        return [acme.ask("GET", filled(path, theirs[kind_of(path)])).text for path in paths]

    before = seen_by_acme()
    for method, path in by_id:
        its = filled(path, theirs[kind_of(path)])
        answer = globex.ask(method, its, body_for(method, path))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path)
    assert seen_by_acme() == before


def test_another_merchants_objects_are_in_no_list(
    routes: list[Route], theirs: dict[str, str], new_merchant: Callable[..., Merchant]
) -> None:
    acme, globex = new_merchant("acme"), new_merchant("globex")
    shown_to_acme = ""
    for method, path in routes:
        if method == "GET" and not kind_of(path):
            shown_to_acme += acme.ask("GET", path).text
            shown_to_globex = globex.ask("GET", path).text
            assert not [one for one in theirs.values() if one in shown_to_globex], path
    assert all(one in shown_to_acme for kind, one in theirs.items() if ("GET", kind) in routes)


def test_another_merchants_objects_cannot_be_referred_to(
    routes: list[Route], new_merchant: Callable[..., Merchant]
) -> None:
    acme, globex = new_merchant("acme"), new_merchant("globex")
    customer, price = a_customer(acme), a_price(acme)
    item = {"description": "Chair", "quantity": 1, **PRICE}
    naming: list[tuple[str, Any]] = [
        (selling.CHARGES, {"plan": "pro", "customerId": customer}),
        (selling.CHARGES, {"priceId": price}),
        (selling.PORTAL, {"customerId": customer}),
        (INTENTS, {"purpose": "purchase", "customerId": customer, **PRICE}),
        (LINKS, {"customerId": customer, "items": [item]}),
    ]
    for path, body in naming:
        if ("POST", path) in routes:
            answer = globex.ask("POST", path, body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    own = a_customer(globex)
    found = globex.listed(people.CUSTOMERS, search=ADA["email"], limit=1)
    assert own in [one["id"] for one in found]
    assert customer not in [one["id"] for one in found]
    a_charge(globex)
    for path in (selling.CHARGES, INTENTS, LINKS):
        if ("GET", path) in routes:
            answer = globex.ask("GET", path, customerId=customer)
            assert answer.json().get("data", []) == [], path
    for path in (people.CUSTOMERS, selling.PRODUCTS, selling.PRICES):
        cursor = {people.CUSTOMERS: customer, selling.PRICES: price}.get(path) or a_product(acme)
        assert "data" not in globex.ask("GET", path, cursor=cursor).json(), path


def operations(stub: BillingStub) -> Iterator[Any]:
    """Yield the documented operations that take an id."""
    schema = schemathesis.openapi.from_url(stub.url + SCHEMA)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        if found.ok().path.startswith(dashclicks.BASE) and kind_of(found.ok().path):
            yield found.ok()


def about(case: Any, value: str) -> Any:
    """Return the case with this id."""
    case.path_parameters = dict.fromkeys(case.path_parameters, value)
    return case


@pytest.mark.generated
@pytest.mark.long
def test_another_merchants_objects_look_like_unknown_ones(
    stub: BillingStub, theirs: dict[str, str], new_merchant: Callable[..., Merchant]
) -> None:
    globex = new_merchant("globex")
    for operation in operations(stub):
        its = theirs[kind_of(operation.path)]
        never = its[:-1] + ("A" if its[-1] != "A" else "B")

        def compare(case: Any, pair: tuple[str, str] = (its, never)) -> None:
            answers = [about(case, one).call(headers=globex.headers) for one in pair]
            responses = [(one.status_code, one.json() | {"requestId": ""}) for one in answers]
            assert responses[0] == responses[1]
            assert 400 <= responses[0][0] < 500

        fuzz(operation.as_strategy(), compare, usual=3, nightly=20)


@pytest.mark.generated
@pytest.mark.long
def test_own_objects_are_answered_as_documented(
    stub: BillingStub, theirs: dict[str, str], new_merchant: Callable[..., Merchant]
) -> None:
    acme = new_merchant("acme")
    for operation in operations(stub):
        kind = kind_of(operation.path)
        # Routes that change an object get a new one, so that they do not affect each other.
        own = theirs[kind] if operation.method.upper() == "GET" else MAKERS[kind](acme)

        def call(case: Any, value: str = own) -> None:
            about(case, value).call_and_validate(headers=acme.headers, checks=CHECKS)

        fuzz(operation.as_strategy(), call, usual=3, nightly=20)
