"""The URLs of every page that the stub serves to people, with data on it."""

from __future__ import annotations

from urllib.parse import urlencode

from keystead.wire import nyra as wire
from keystead.wire import sign_in
from keystead.wire.offline import link_to
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice
from support.payable_pages import merchant_pages, overdue_invoice, payment_pages

CUSTOMER_PAGES = (
    "checkout",
    "purchase",
    "payment",
    "payment/bank",
    "bill",
    "bill/credited",
    "bill/overdue",
    "bill/paid",
    "bill/void",
    "merchant/bill",
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
    "sign-in/merchant",
    "offline",
    "offline/confirm",
    "nothing",
)
CONSOLE_PAGES = ("console", "customer", "event", "merchant/customer", "merchant/event", "operating")
SIGN_IN = {
    "client_id": sign_in.CLIENT_ID,
    "code_challenge": sign_in.challenge_of("a" * 43),
    "code_challenge_method": "S256",
    "redirect_uri": "http://127.0.0.1:50123/signed-in",
    "response_type": "code",
}


def portal_url(device: BillingDevice, **wish: str) -> str:
    """Return a new URL of the portal."""
    answer = device.call("POST", wire.PORTAL, token=device.token, json=wish)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def sign_in_url(stub: BillingStub, api: str) -> str:
    return f"{stub.url}{sign_in.AUTHORIZE}?{urlencode({**SIGN_IN, 'api': api})}"


def all_page_urls(stub: BillingStub, device: BillingDevice) -> dict[str, str]:
    """Return the URLs of all pages by name."""
    overdue = overdue_invoice(stub, device.http)
    device.activate(email="ada@example.com", seats=3)
    stub.customer(device.customer_id, "fail_next_payment")
    stub.clock.advance(days=32)
    device.status()
    stub.ask("POST", "/_stub/seed", {"customers": 2})
    checkout = BillingDevice(stub, device.http, "Studio").start_checkout(seats=2)
    BillingDevice(stub, device.http, "New laptop").restore("ada@example.com")
    restored = stub.outbox()[0]["link"]
    island = BillingDevice(stub, device.http, "Press room")
    portal = portal_url(device)
    state = stub.state(device.id)
    root = f"{stub.url}/_stub/"
    return {
        "checkout": f"{root}checkout/{checkout}",
        **payment_pages(stub, device.http),
        **merchant_pages(stub, device.http),
        "bill/overdue": overdue,
        "portal": portal,
        **{f"portal/{step}": f"{portal}/{step}" for step in ("cancel", "card", "offline")},
        "portal/resume": f"{portal}/resume",
        "invoice": state["invoices"][0]["hostedUrl"],
        "success": f"{stub.url}/checkout/success",
        "cancelled": f"{stub.url}/checkout/cancelled",
        "closed": f"{stub.url}/portal/closed",
        "sign-in": sign_in_url(stub, "mission-control"),
        "sign-in/merchant": sign_in_url(stub, "dashclicks"),
        "restore": restored,
        "offline": link_to(f"{stub.url}/offline", island.offline_request()),
        "offline/confirm": island.ask_offline("ada@example.com"),
        "nothing": f"{root}checkout/cs_none",
        "console": root,
        "operating": f"{root}operating",
        "customer": f"{root}customers/{device.customer_id}",
        "event": f"{root}events/{state['events'][0]['id']}",
    }
