"""Pages that request a payment outside a subscription, and pages of a connected account."""

from __future__ import annotations

from typing import Any

import httpx

from keystead.wire.dashclicks import people
from keystead_stub.in_process import BillingStub
from support.hosted_browser import ASKS_THE_BANK
from support.merchant import Merchant

_ITEMS = (
    ("Workshop on site, two days, with a written summary for everybody who was there", 240000),
    ("Travel", 18250),
)
MERCHANT = "Northwind"


def ask_stripe(stub: BillingStub, http: httpx.Client, path: str, **form: str) -> dict[str, Any]:
    """Send a form to Stripe's API on the platform's account and return the response."""
    answer = http.post(f"{stub.url}/stripe/v1/{path}", data=form, auth=("sk_test_page", ""))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def purchase_page(stub: BillingStub, http: httpx.Client) -> str:
    """Return the page of a checkout for several one-time products."""
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
    return str(ask_stripe(stub, http, "checkout/sessions", **form)["url"])


def _billed(stub: BillingStub, http: httpx.Client, days: int) -> dict[str, Any]:
    """Create an invoice and send it."""
    customer = ask_stripe(stub, http, "customers", email="orders@example.com", name="Orders")["id"]
    for description, amount in _ITEMS:
        ask_stripe(
            stub,
            http,
            "invoiceitems",
            customer=customer,
            description=description,
            amount=str(amount),
            currency="eur",
        )
    draft = ask_stripe(
        stub,
        http,
        "invoices",
        customer=customer,
        collection_method="send_invoice",
        days_until_due=str(days),
        pending_invoice_items_behavior="include",
    )
    return ask_stripe(stub, http, f"invoices/{draft['id']}/finalize")


def overdue_invoice(stub: BillingStub, http: httpx.Client) -> str:
    """Return the page of an invoice that becomes overdue after a week."""
    return str(_billed(stub, http, 7)["hosted_invoice_url"])


def _payment(stub: BillingStub, http: httpx.Client) -> dict[str, Any]:
    return ask_stripe(
        stub,
        http,
        "payment_intents",
        amount="12900",
        currency="eur",
        description="Top-up of your balance",
    )


def payment_pages(stub: BillingStub, http: httpx.Client) -> dict[str, str]:
    """Return the pages of a purchase, and of payments and invoices in each state."""
    bills = [_billed(stub, http, 14) for _ in range(4)]
    owed, credited, void, paid = (str(one["id"]) for one in bills)
    ask_stripe(stub, http, "credit_notes", invoice=credited, amount="18250")
    ask_stripe(stub, http, f"invoices/{void}/void")
    ask_stripe(stub, http, f"invoices/{paid}/pay", payment_method="pm_card_visa")
    begun, asked = _payment(stub, http), _payment(stub, http)
    card = ASKS_THE_BANK.replace(" ", "")
    ask_stripe(stub, http, f"payment_intents/{asked['id']}/confirm", payment_method=card)
    invoices = f"{stub.url}/_stub/invoices/"
    return {
        "purchase": purchase_page(stub, http),
        "payment": f"{stub.url}/_stub/payments/{begun['id']}",
        "payment/bank": f"{stub.url}/_stub/payments/{asked['id']}",
        "bill": invoices + owed,
        "bill/credited": invoices + credited,
        "bill/void": invoices + void,
        "bill/paid": invoices + paid,
    }


def merchant_pages(stub: BillingStub, http: httpx.Client) -> dict[str, str]:
    """Return pages of a connected account: a customer and an event, and an invoice."""
    merchant = Merchant(stub, http, MERCHANT)
    merchant.sells_once()
    customer = merchant.made(people.CUSTOMERS, {"email": "cleo@example.com", "name": "Cleo"})["id"]
    merchant.ask_stripe(
        "payment_intents",
        {
            "amount": "39900",
            "currency": "eur",
            "customer": customer,
            "payment_method": "pm_card_visa",
            "confirm": "true",
        },
    )
    item = {"customer": customer, "description": "Tuning", "amount": "9900", "currency": "eur"}
    merchant.ask_stripe("invoiceitems", item)
    draft = merchant.ask_stripe(
        "invoices",
        {
            "customer": customer,
            "collection_method": "send_invoice",
            "days_until_due": "14",
            "pending_invoice_items_behavior": "include",
        },
    )
    final = merchant.ask_stripe(f"invoices/{draft['id']}/finalize", method="POST")
    told = merchant.ask_stripe("events")["data"][0]["id"]
    return {
        "merchant/customer": f"{stub.url}/_stub/customers/{customer}",
        "merchant/event": f"{stub.url}/_stub/events/{told}",
        "merchant/bill": final["hosted_invoice_url"],
    }
