"""A merchant of `dashclicks` with products, purchases and a balance."""

from __future__ import annotations

from typing import Any

import httpx

from keystead.wire.dashclicks import people
from keystead.wire.dashclicks import selling as wire
from support.billing_device import BillingDevice
from support.merchant import Merchant


class Seller(Merchant):
    """A merchant's calls for products, purchases and the balance."""

    def got(self, path: str, **query: Any) -> dict[str, Any]:
        return json_of(self.ask("GET", path, **query))

    def changed(self, path: str, body: Any) -> dict[str, Any]:
        return json_of(self.ask("PATCH", path, body))

    def removed(self, path: str) -> dict[str, Any]:
        return json_of(self.ask("DELETE", path))

    def product(self, name: str = "Toolbox", *, features: Any = (), **price: Any) -> dict[str, Any]:
        asked = {"amount": 4900, "currency": "eur", **price}
        return self.made(wire.PRODUCTS, {"name": name, "price": asked, "features": list(features)})

    def price(self, **product: Any) -> str:
        """Create a product and return its price."""
        return str(self.product(**product)["prices"][0]["id"])

    def customer(self, email: str = "ada@example.com") -> str:
        return str(self.made(people.CUSTOMERS, {"email": email})["id"])

    def buy(self, device: BillingDevice | None = None, **wish: Any) -> str:
        """Start a purchase and pay it; return the session's id."""
        started = self.made(wire.CHARGES, {**wish, **(device.identity() if device else {})})
        assert started["id"] == started["sessionId"]
        self.stub.pay(started["id"], email=f"{self.id}@example.com")
        return str(started["id"])

    def at_stripe(self, path: str, **form: str) -> dict[str, Any]:
        """Call Stripe in the merchant's account with the platform's key."""
        account = self.got(people.ACCOUNT)["stripeAccountId"]
        headers = {"Authorization": "Bearer sk_test_platform", "Stripe-Account": account}
        return json_of(self.http.post(f"/stripe/v1/{path}", data=form, headers=headers))

    def at_stripe_listed(self, path: str) -> list[dict[str, Any]]:
        """List objects of the merchant's Stripe account."""
        found: list[dict[str, Any]] = self.ask_stripe(path)["data"]
        return found

    def top_up(self, amount: int, currency: str = "eur", **wish: Any) -> str:
        """Top up the account's balance; return the payment intent's id."""
        body = {"purpose": "top_up", "amount": amount, "currency": currency, **wish}
        intent = self.made(wire.PAYMENT_INTENTS, body)
        self.at_stripe(f"payment_intents/{intent['id']}/confirm", payment_method="pm_card_visa")
        return str(intent["id"])

    def balance(self, currency: str = "eur") -> int:
        """Return the balance, which must be the sum of its entries."""
        answer = self.got(wire.BALANCE, limit=100)
        entries = [
            one["amount"] for one in answer["entries"]["data"] if one["currency"] == currency
        ]
        found = {one["currency"]: one["amount"] for one in answer["balances"]}
        assert found.get(currency, 0) == sum(entries)
        return int(found.get(currency, 0))


def json_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
