"""Route groups: guards, dependencies and body decoding that every handler of a group shares."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from litestar import Litestar
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.testing import TestClient

from keystead_stub.http.api_routes import ApiRoutes, Body
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.problem_responses import EXCEPTION_HANDLERS
from keystead_stub.http.requests import AnyConnection


class Order(msgspec.Struct, frozen=True):
    """The body of a test route."""

    item: str = "chair"
    count: int = 1


async def members_only(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    if connection.headers.get("x-member") != "yes":
        raise ProblemError("Members only.", code="forbidden")


def app(*, any_media_type: bool = False) -> Litestar:
    routes = ApiRoutes(
        guards=[members_only],
        refuses=(403,),
        dependencies={"shop": lambda: "corner"},
        any_media_type=any_media_type,
    )

    @routes.post("/orders", status=201, refuses=(409,))
    async def post_order(shop: NamedDependency[str], data: Body[Order]) -> dict[str, Any]:
        """Order something.

        It is delivered the next day.
        """
        return {"shop": shop, "item": data.item, "count": data.count}

    @routes.get("/orders")
    def get_orders() -> list[str]:
        """List orders."""
        return []

    return Litestar([routes.router()], exception_handlers=EXCEPTION_HANDLERS)


def test_guards_and_dependencies_reach_every_handler() -> None:
    with TestClient(app()) as client:
        assert client.post("/orders", json={}).status_code == 403
        assert client.get("/orders").status_code == 403
        answer = client.post("/orders", json={"count": 2}, headers={"X-Member": "yes"})
        assert (answer.status_code, answer.json()) == (
            201,
            {"shop": "corner", "item": "chair", "count": 2},
        )


def test_a_missing_body_has_the_default_of_every_field() -> None:
    with TestClient(app()) as client:
        answer = client.post("/orders", headers={"X-Member": "yes"})
        assert answer.json() == {"shop": "corner", "item": "chair", "count": 1}


@pytest.mark.parametrize("body", [b'{"count": "2"}', b"[]", b"{", b"\xff", b"[" * 20_000])
def test_bodies_are_decoded_strictly(body: bytes) -> None:
    headers = {"X-Member": "yes", "Content-Type": "application/json"}
    with TestClient(app()) as client:
        answer = client.post("/orders", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_other_media_types_are_refused_unless_the_routes_allow_them() -> None:
    headers = {"X-Member": "yes", "Content-Type": "application/x-www-form-urlencoded"}
    for any_media_type, status in ((False, 415), (True, 201)):
        with TestClient(app(any_media_type=any_media_type)) as client:
            answer = client.post("/orders", content=b'{"count": 2}', headers=headers)
            assert answer.status_code == status


def test_the_openapi_document_has_the_docstring_refusals_and_body() -> None:
    document = app().openapi_schema.to_schema()
    post, get = document["paths"]["/orders"]["post"], document["paths"]["/orders"]["get"]
    assert post["summary"] == "Order something"
    assert post["description"] == "It is delivered the next day."
    assert set(post["responses"]) == {"201", "400", "403", "409", "413", "415"}
    assert set(get["responses"]) == {"200", "403"}
    schema = post["requestBody"]["content"]["application/json"]["schema"]
    assert "Order" in schema["$ref"]
