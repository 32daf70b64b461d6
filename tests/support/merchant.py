"""A merchant of `dashclicks`."""

from __future__ import annotations

from copy import copy
from typing import Any, Self

import httpx

from keystead.wire.dashclicks import people, selling
from keystead.wire.fields import PRODUCT_HEADER
from keystead_stub.in_process import BillingStub

API = "dashclicks"


class Merchant:
    """A client of the routes of `dashclicks` for one account."""

    def __init__(
        self, stub: BillingStub, http: httpx.Client, name: str, *, root: str = f"/{API}", **who: Any
    ) -> None:
        self.stub, self.http, self.id, self._root = stub, http, name, root
        self.headers = stub.session(API, account_id=name, **who)

    def by_program(self, product: str) -> Self:
        """Return the same merchant in the program with this product id."""
        other = copy(self)
        other.headers = {**self.headers, PRODUCT_HEADER: product}
        return other

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        return self.http.request(
            method, self._root + path, json=body, params=query or None, headers=self.headers
        )

    def made(self, path: str, body: Any) -> dict[str, Any]:
        """POST and return the body of the response, which must be 201."""
        answer = self.ask("POST", path, body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def sells_once(self, name: str = "Lifetime", amount: int = 39900) -> str:
        """Create a product with a one-time price in euros; return its plan."""
        price = {"amount": amount, "currency": "eur"}
        wanted = {"name": name, "price": price, "features": ["export"]}
        return str(self.made(selling.PRODUCTS, wanted)["id"])

    def pages(self, path: str, **query: Any) -> list[list[dict[str, Any]]]:
        """Return every page of the list."""
        found: list[list[dict[str, Any]]] = []
        cursor: dict[str, Any] = {}
        while True:
            answer = self.ask("GET", path, **query, **cursor)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert page["hasMore"] is (page["nextCursor"] is not None)
            found.append(page["data"])
            if not page["hasMore"]:
                return found
            cursor = {"cursor": page["nextCursor"]}

    def listed(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return the whole list."""
        return [one for page in self.pages(path, **query) for one in page]

    def ask_stripe(
        self, path: str, form: dict[str, str] | None = None, *, method: str = ""
    ) -> dict[str, Any]:
        """Call Stripe itself in the merchant's account: POST with a form, else GET."""
        account = self.ask("GET", people.ACCOUNT).json()["stripeAccountId"]
        headers = {"Authorization": "Bearer sk_test_platform", "Stripe-Account": account}
        url = f"{self.stub.url}/stripe/v1/{path}"
        method = method or ("POST" if form else "GET")
        answer = self.http.request(method, url, data=form, headers=headers)
        return dict(answer.raise_for_status().json())
