"""Invoice items that somebody makes through the API: what waits to be billed, or is on a draft."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_port.interface import InlinePrice
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import Ledger
from keystead_stub.stripe_sim.resources.checkout_sessions import line_items
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import living_customer, refuse
from keystead_stub.stripe_sim.resources.invoice_items.pending import KIND
from keystead_stub.stripe_sim.resources.invoices import drafts
from keystead_stub.stripe_sim.resources.invoices import shape as shapes
from keystead_stub.stripe_sim.resources.invoices.shape import Line
from keystead_stub.stripe_sim.resources.payment_intents.requests import NewInvoiceItem

_DEFAULT_CURRENCY = "eur"


def create(ledger: Ledger, request: NewInvoiceItem) -> Json:
    """Make an invoice item; raises StripeRefused for a price or a draft that is not there."""
    customer = living_customer(ledger, request.customer_id)
    invoice = _draft(ledger, request, customer)
    currency = request.currency or (invoice or customer)["currency"] or _DEFAULT_CURRENCY
    price = _price(ledger, request, currency)
    if invoice is not None and invoice["currency"] != price["currency"]:
        raise refuse("An invoice is in one currency.")
    item = shapes.invoice_item(
        Line(
            amount=price["unit_amount"] * request.quantity,
            description=request.description or _name(ledger, price),
            quantity=request.quantity,
            period=(ledger.now_s, ledger.now_s),
            price_document=price,
        ),
        item_id=ledger.ids.new("ii_1"),
        created=ledger.now_s,
        customer_id=customer["id"],
        subscription=None,
    )
    item |= {"metadata": dict(request.metadata), "invoice": request.invoice_id}
    ledger.add(item)
    ledger.emit("invoiceitem.created", item)
    if invoice is not None:
        drafts.refill(ledger, invoice)
    return item


def _draft(ledger: Ledger, request: NewInvoiceItem, customer: Json) -> Json | None:
    if request.invoice_id is None:
        return None
    invoice = drafts.changeable(ledger, request.invoice_id)
    if invoice["customer"] != customer["id"]:
        raise refuse("This invoice is another customer's.")
    return invoice


def _price(ledger: Ledger, request: NewInvoiceItem, currency: str) -> Json:
    ways = (request.amount, request.price_id, request.price)
    if sum(way is not None for way in ways) != 1:
        raise refuse("An invoice item has an amount, a price, or the data of one.")
    if not 1 <= request.quantity <= line_items.MOST_UNITS:
        raise refuse(f"The quantity must be 1 to {line_items.MOST_UNITS}.")
    if request.price_id is not None:
        price = ledger.get("price", request.price_id)
        line_items.check_price(ledger, price, request.quantity, once=True)
        return price
    wanted = request.price or InlinePrice(
        currency=currency,
        unit_amount=request.amount or 0,
        name=request.description or "Invoice item",
    )
    if wanted.interval is not None:
        raise refuse("This needs a one-time price.")
    return line_items.inline(ledger, wanted, credit=True)


def _name(ledger: Ledger, price: Json) -> str:
    name: str = ledger.get("product", price["product"])["name"]
    return name


def update(ledger: Ledger, item_id: str, fields: dict[str, Any]) -> Json:
    """Set fields of an item that is on no invoice, or on a draft."""
    item, invoice = _changeable(ledger, item_id)
    fields = merged(item, fields)
    price = ledger.get("price", item["pricing"]["price_details"]["price"])
    amount = fields.pop("amount", None)
    quantity: int = fields["quantity"] if "quantity" in fields else item["quantity"]
    if amount is not None:
        wanted = InlinePrice(
            currency=item["currency"], unit_amount=amount, name=item["description"]
        )
        price = line_items.inline(ledger, wanted, credit=True)
        quantity = 1
    if not 1 <= quantity <= line_items.MOST_UNITS:
        raise refuse(f"The quantity must be 1 to {line_items.MOST_UNITS}.")
    total = price["unit_amount"] * quantity
    ledger.change(
        item,
        None,
        **fields
        | {
            "amount": total,
            "net_amount": total,
            "pricing": shapes.pricing(price),
            "quantity": quantity,
            "quantity_decimal": str(quantity),
        },
    )
    if invoice is not None:
        drafts.refill(ledger, invoice)
    return item


def delete(ledger: Ledger, item_id: str) -> None:
    item, invoice = _changeable(ledger, item_id)
    ledger.emit("invoiceitem.deleted", item)
    ledger.discard(item)
    if invoice is not None:
        drafts.refill(ledger, invoice)


def _changeable(ledger: Ledger, item_id: str) -> tuple[Json, Json | None]:
    """Return an item and the draft that it is on; raises StripeRefused for one that is billed."""
    item = ledger.get(KIND, item_id)
    if item["parent"] is not None:
        raise refuse("This item belongs to a subscription.")
    invoice = drafts.changeable(ledger, item["invoice"]) if item["invoice"] else None
    return item, invoice
