"""Operations on invoice items: https://docs.stripe.com/api/invoiceitems."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.invoice_items import shape as invoice_item_shape
from keystead_stub.stripe_sim.resources.invoice_items.pending import KIND
from keystead_stub.stripe_sim.resources.invoice_items.requests import NewInvoiceItem
from keystead_stub.stripe_sim.resources.invoices import lines as invoice_lines
from keystead_stub.stripe_sim.resources.invoices import operations as invoices
from keystead_stub.stripe_sim.resources.invoices.lines import Line
from keystead_stub.stripe_sim.resources.prices import operations as prices
from keystead_stub.stripe_sim.resources.prices.operations import MAX_QUANTITY
from keystead_stub.stripe_types.requests import InlinePrice

_DEFAULT_CURRENCY = "eur"


def create(work: UnitOfWork, request: NewInvoiceItem) -> Json:
    """Create an invoice item; raises StripeError for a missing price or draft."""
    customer = retrieve(work, request.customer_id)
    invoice = _draft(work, request, customer)
    # In Stripe's order: the request's, the draft's or customer's, then the account's default.
    currency = request.currency or (invoice or customer)["currency"] or _DEFAULT_CURRENCY
    price = _price(work, request, currency)
    if invoice is not None and invoice["currency"] != price["currency"]:
        raise invalid_request(
            "The currency of the invoice item must match the currency of the invoice."
        )
    item = invoice_item_shape.invoice_item(
        Line(
            amount=price["unit_amount"] * request.quantity,
            description=request.description or _name(work, price),
            quantity=request.quantity,
            period=(work.now_s, work.now_s),
            price_document=price,
        ),
        item_id=work.ids.new("ii_1"),
        created=work.now_s,
        customer_id=customer["id"],
        subscription=None,
    )
    item |= {"metadata": dict(request.metadata), "invoice": request.invoice_id}
    work.add(item)
    work.emit("invoiceitem.created", item)
    if invoice is not None:
        invoices.update_lines(work, invoice)
    return item


def _draft(work: UnitOfWork, request: NewInvoiceItem, customer: Json) -> Json | None:
    if request.invoice_id is None:
        return None
    invoice = invoices.retrieve_editable(work, request.invoice_id)
    if invoice["customer"] != customer["id"]:
        raise invalid_request("The invoice belongs to another customer.")
    return invoice


def _price(work: UnitOfWork, request: NewInvoiceItem, currency: str) -> Json:
    alternatives = (request.amount, request.price_id, request.price)
    if sum(way is not None for way in alternatives) != 1:
        raise invalid_request(
            "You must specify exactly one of these parameters: amount, pricing[price], price_data."
        )
    if not 1 <= request.quantity <= MAX_QUANTITY:
        raise invalid_request(f"The quantity must be 1 to {MAX_QUANTITY}.")
    if request.price_id is not None:
        price = work.get("price", request.price_id)
        prices.check_sellable(work, price, request.quantity, once=True)
        return price
    wanted = request.price or InlinePrice(
        currency=currency,
        unit_amount=request.amount or 0,
        name=request.description or "Invoice item",
    )
    # An invoice item is billed once, so a recurring price makes no sense for it.
    if wanted.interval is not None:
        raise invalid_request("The price must be of type one_time.")
    # An invoice item may be negative: a credit on the next invoice.
    return prices.create_inline(work, wanted, credit=True)


def _name(work: UnitOfWork, price: Json) -> str:
    name: str = work.get("product", price["product"])["name"]
    return name


def update(work: UnitOfWork, item_id: str, fields: dict[str, Any]) -> Json:
    """Set fields of an item that is on no invoice, or on a draft."""
    item, invoice = _changeable(work, item_id)
    fields = merged(item, fields)
    price = work.get("price", item["pricing"]["price_details"]["price"])
    amount = fields.pop("amount", None)
    quantity: int = fields["quantity"] if "quantity" in fields else item["quantity"]
    if amount is not None:
        wanted = InlinePrice(
            currency=item["currency"], unit_amount=amount, name=item["description"]
        )
        price = prices.create_inline(work, wanted, credit=True)
        # `amount` is the total, so it replaces price and quantity together.
        quantity = 1
    if not 1 <= quantity <= MAX_QUANTITY:
        raise invalid_request(f"The quantity must be 1 to {MAX_QUANTITY}.")
    total = price["unit_amount"] * quantity
    work.change(
        item,
        None,
        **fields
        | {
            "amount": total,
            "net_amount": total,
            "pricing": invoice_lines.pricing(price),
            "quantity": quantity,
            "quantity_decimal": str(quantity),
        },
    )
    if invoice is not None:
        invoices.update_lines(work, invoice)
    return item


def delete(work: UnitOfWork, item_id: str) -> None:
    item, invoice = _changeable(work, item_id)
    # Before the deletion, because the event shows the whole item.
    work.emit("invoiceitem.deleted", item)
    work.delete(item)
    if invoice is not None:
        invoices.update_lines(work, invoice)


def _changeable(work: UnitOfWork, item_id: str) -> tuple[Json, Json | None]:
    """Return an item and the draft that it is on; raises StripeError for one that is billed."""
    item = work.get(KIND, item_id)
    # A proration must match the subscription's change that caused it.
    if item["parent"] is not None:
        raise invalid_request(
            "This invoice item was created by a subscription and can't be changed."
        )
    invoice = invoices.retrieve_editable(work, item["invoice"]) if item["invoice"] else None
    return item, invoice
