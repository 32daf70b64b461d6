"""Every page that a person can meet, with something on it to see."""

from __future__ import annotations

from urllib.parse import urlencode

import httpx

from keystead.wire import nyra as wire
from keystead.wire import sign_in
from keystead.wire.offline import link_to
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice

CUSTOMER_PAGES = (
    "checkout",
    "purchase",
    "portal",
    "portal/cancel",
    "portal/card",
    "portal/offline",
    "portal/resume",
    "invoice",
    "success",
    "cancelled",
    "closed",
    "restore",
    "sign-in",
    "offline",
    "offline/confirm",
    "nothing",
)
CONSOLE_PAGES = ("console", "customer", "event", "operating")
SIGN_IN = {
    "api": "mission-control",
    "client_id": sign_in.CLIENT_ID,
    "code_challenge": sign_in.challenge_of("a" * 43),
    "code_challenge_method": "S256",
    "redirect_uri": "http://127.0.0.1:50123/signed-in",
    "response_type": "code",
}


def portal_of(device: BillingDevice, **wish: str) -> str:
    """A fresh address of the portal."""
    answer = device.call("POST", wire.PORTAL, token=device.token, json=wish)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def purchase_page(stub: BillingStub, http: httpx.Client) -> str:
    """The page of a checkout for several things that are bought once."""
    items = ("Notebook with dots", 1250, 2), ("Pencil", 300, 1)
    form = {"mode": "payment", "success_url": stub.url, "cancel_url": stub.url}
    for number, (name, amount, quantity) in enumerate(items):
        line = f"line_items[{number}]"
        form |= {
            f"{line}[price_data][currency]": "eur",
            f"{line}[price_data][unit_amount]": str(amount),
            f"{line}[price_data][product_data][name]": name,
            f"{line}[quantity]": str(quantity),
        }
    answer = http.post(
        f"{stub.url}/stripe/v1/checkout/sessions", data=form, auth=("sk_test_page", "")
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def every_page(stub: BillingStub, device: BillingDevice) -> dict[str, str]:
    """The addresses by name, of a customer who owes something and of others who do not."""
    device.activate(email="ada@example.com", seats=3)
    stub.customer(device.customer_id, "fail_next_payment")
    stub.clock.advance(days=32)
    device.status()
    stub.ask("POST", "/_stub/seed", {"customers": 2})
    checkout = BillingDevice(stub, device.http, "Studio").start_checkout(seats=2)
    BillingDevice(stub, device.http, "New laptop").restore("ada@example.com")
    restored = stub.outbox()[0]["link"]
    island = BillingDevice(stub, device.http, "Press room")
    portal = portal_of(device)
    state = stub.state(device.id)
    root = f"{stub.url}/_stub/"
    return {
        "checkout": f"{root}checkout/{checkout}",
        "purchase": purchase_page(stub, device.http),
        "portal": portal,
        **{f"portal/{step}": f"{portal}/{step}" for step in ("cancel", "card", "offline")},
        "portal/resume": f"{portal}/resume",
        "invoice": state["invoices"][0]["hostedUrl"],
        "success": f"{stub.url}/checkout/success",
        "cancelled": f"{stub.url}/checkout/cancelled",
        "closed": f"{stub.url}/portal/closed",
        "sign-in": f"{stub.url}{sign_in.AUTHORIZE}?{urlencode(SIGN_IN)}",
        "restore": restored,
        "offline": link_to(f"{stub.url}/offline", island.offline_request()),
        "offline/confirm": island.ask_offline("ada@example.com"),
        "nothing": f"{root}checkout/cs_none",
        "console": root,
        "operating": f"{root}operating",
        "customer": f"{root}customers/{device.customer_id}",
        "event": f"{root}events/{state['events'][0]['id']}",
    }
