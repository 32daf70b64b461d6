"""Operations on invoices created through the API.

https://docs.stripe.com/invoicing/integration/workflow-transitions
"""

from __future__ import annotations

from typing import Any

from keystead.instants import to_seconds
from keystead_stub.stripe_sim.engine.calendar import DAY_S
from keystead_stub.stripe_sim.engine.errors import invalid_request, invalid_state
from keystead_stub.stripe_sim.engine.objects import Json, listing, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.invoice_items import pending
from keystead_stub.stripe_sim.resources.invoice_items import shape as invoice_item_shape
from keystead_stub.stripe_sim.resources.invoices import lifecycle as invoice_lifecycle
from keystead_stub.stripe_sim.resources.invoices import lines as invoice_lines
from keystead_stub.stripe_sim.resources.invoices import shape
from keystead_stub.stripe_sim.resources.invoices.requests import NewInvoice
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle

#: How long a draft with `auto_advance` stays a draft (about an hour, as at Stripe).
_DRAFT_LIFE_S = 3_600
_LONGEST_DAYS = 10_000
_DEFAULT_CURRENCY = "eur"
#: What can be changed of an invoice that is no draft any more.
_DESCRIPTIVE = frozenset({"auto_advance", "metadata"})
#: How it is collected.
_TERMS = frozenset({"collection_method", "days_until_due", "due_date"})


def create(work: UnitOfWork, request: NewInvoice) -> Json:
    """Create a draft, with the pending invoice items if requested."""
    customer = retrieve(work, request.customer_id)
    _check_terms(work, request)
    waiting = pending.without_subscription(work, customer["id"]) if request.takes_pending else []
    currency = request.currency or customer["currency"]
    if currency is None:
        currency = waiting[0]["currency"] if waiting else _DEFAULT_CURRENCY
    # An invoice has one currency; items in others stay pending.
    taken = [item for item in waiting if item["currency"] == currency]
    invoice_id = work.ids.new("in_1")
    if request.method is not None:
        # Refused now, because the invoice may be charged only an hour later, without the caller.
        payment_methods.retrieve_usable(work, request.method, customer["id"])
    invoice = shape.invoice(
        invoice_id=invoice_id,
        created=work.now_s,
        customer=customer,
        subscription=None,
        reason="manual",
        period=(work.now_s, work.now_s),
        currency=currency,
        lines=[],
        discounts={},
    )
    invoice |= _requested_fields(work, request)
    work.add(invoice)
    for item in taken:
        work.change(item, None, invoice=invoice_id)
    _set_lines(work, invoice)
    work.emit("invoice.created", invoice)
    if invoice["auto_advance"]:
        work.set_timer(invoice["automatically_finalizes_at"], "advance", invoice_id)
    return invoice


def _check_terms(work: UnitOfWork, request: NewInvoice) -> None:
    dated = request.days_until_due is not None or request.due_date_ms is not None
    # Only an invoice that is sent has a due date: an automatic charge is due at once.
    if (request.collection_method == "send_invoice") != dated:
        raise invalid_request(
            "You must specify `days_until_due` or `due_date` if and only if `collection_method`"
            " is `send_invoice`."
        )
    if not 0 <= (request.days_until_due or 0) <= _LONGEST_DAYS:
        raise invalid_request(f"Invalid days_until_due: must be between 0 and {_LONGEST_DAYS}.")
    if request.due_date_ms is not None and to_seconds(request.due_date_ms) <= work.now_s:
        raise invalid_request("Invalid due_date: must be in the future.")


def _requested_fields(work: UnitOfWork, request: NewInvoice) -> Json:
    due_date = None
    if request.due_date_ms is not None:
        due_date = to_seconds(request.due_date_ms)
    elif request.days_until_due is not None:
        due_date = work.now_s + request.days_until_due * DAY_S
    advances = work.now_s + _DRAFT_LIFE_S if request.auto_advance else None
    return {
        "auto_advance": request.auto_advance,
        "automatically_finalizes_at": advances,
        "collection_method": request.collection_method,
        "default_payment_method": request.method,
        "description": request.description,
        "due_date": due_date,
        "footer": request.footer,
        "metadata": dict(request.metadata),
    }


def _set_lines(work: UnitOfWork, invoice: Json) -> None:
    """Rebuild the draft's lines from its invoice items."""
    items = [
        item
        for item in work.of_customer(pending.KIND, invoice["customer"])
        if item["invoice"] == invoice["id"]
    ]
    lines = [_line(work, invoice, item) for item in items]
    balance = retrieve(work, invoice["customer"])["balance"]
    subtotal = sum(line["amount"] for line in lines)
    work.change(
        invoice,
        None,
        lines=listing(lines, invoice["lines"]["url"]),
        **shape.amounts_of(subtotal, {}, balance, invoice["currency"]),
    )


def _line(work: UnitOfWork, invoice: Json, item: Json) -> Json:
    # Rebuilt lines keep their ids, so that a developer's reference to a line stays valid.
    known = {
        line["parent"]["invoice_item_details"]["invoice_item"]: line["id"]
        for line in _line_items(invoice)
    }
    price = work.get("price", item["pricing"]["price_details"]["price"])
    line = invoice_lines.line_item(
        invoice_item_shape.to_line(item, price),
        line_id=known.get(item["id"]) or work.ids.new("il_1"),
        invoice_id=invoice["id"],
        subscription=None,
        discounts={},
    )
    return line | {"metadata": item["metadata"]}


def _line_items(invoice: Json) -> list[Json]:
    own: list[Json] = invoice["lines"]["data"]
    return own


def update_lines(work: UnitOfWork, invoice: Json) -> None:
    """Rebuild a draft's lines and emit `invoice.updated`."""
    before = {name: invoice[name] for name in ("lines", "total", "amount_due")}
    _set_lines(work, invoice)
    work.emit("invoice.updated", invoice, before)


def retrieve_editable(work: UnitOfWork, invoice_id: str) -> Json:
    """Return a draft that was created through the API; raises StripeError for other invoices."""
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] != "draft":
        raise invalid_request("This invoice is no longer editable.", code="invoice_not_editable")
    if invoice["parent"] is not None:
        raise invalid_request(
            "Invoices of a subscription can't be edited.", code="invoice_not_editable"
        )
    return invoice


def update(work: UnitOfWork, invoice_id: str, fields: dict[str, Any]) -> Json:
    """Set fields of an invoice; all but a few only while it is a draft.

    `due_date` in seconds, or `days_until_due` from now, sets when it is due.
    """
    invoice = work.get("invoice", invoice_id)
    if set(fields) - _DESCRIPTIVE:
        retrieve_editable(work, invoice_id)
    if method_id := fields.get("default_payment_method"):
        payment_methods.retrieve_usable(work, method_id, invoice["customer"])
    if _TERMS & set(fields):
        fields = fields | _terms(work, invoice, fields)
    # A parameter only: Stripe's invoice stores the resulting due date.
    fields.pop("days_until_due", None)
    work.change(invoice, "invoice.updated", **merged(invoice, fields))
    if invoice["status"] == "draft" and "auto_advance" in fields:
        _advance_later(work, invoice)
    return invoice


def _terms(work: UnitOfWork, invoice: Json, fields: dict[str, Any]) -> Json:
    """Return how a draft is collected from now on, and when it is due."""
    collection = fields.get("collection_method", invoice["collection_method"])
    days, due_date = fields.get("days_until_due"), fields.get("due_date")
    if collection == "charge_automatically":
        if days is not None or due_date is not None:
            raise invalid_request(
                "You can only specify `days_until_due` or `due_date` if `collection_method` is"
                " `send_invoice`."
            )
        return {"collection_method": collection, "due_date": None}
    if days is not None and due_date is not None:
        raise invalid_request(
            "You may only specify one of these parameters: days_until_due, due_date."
        )
    if days is not None:
        if not 0 <= days <= _LONGEST_DAYS:
            raise invalid_request(f"Invalid days_until_due: must be between 0 and {_LONGEST_DAYS}.")
        due_date = work.now_s + days * DAY_S
    elif due_date is None:
        due_date = invoice["due_date"]
    if due_date is None:
        raise invalid_request(
            "You must specify `days_until_due` or `due_date` if `collection_method` is"
            " `send_invoice`."
        )
    if days is None and due_date <= work.now_s:
        raise invalid_request("Invalid due_date: must be in the future.")
    return {"collection_method": collection, "due_date": due_date}


def _advance_later(work: UnitOfWork, invoice: Json) -> None:
    work.clear_timers(invoice["id"], "advance")
    advances = work.now_s + _DRAFT_LIFE_S if invoice["auto_advance"] else None
    work.change(invoice, None, automatically_finalizes_at=advances)
    if advances is not None:
        work.set_timer(advances, "advance", invoice["id"])


def delete(work: UnitOfWork, invoice_id: str) -> None:
    """Delete a draft; its invoice items become pending again."""
    invoice = retrieve_editable(work, invoice_id)
    for item in work.of_customer(pending.KIND, invoice["customer"]):
        # Released instead of deleted, because they are still owed
        # (https://docs.stripe.com/api/invoices/delete).
        if item["invoice"] == invoice_id:
            work.change(item, None, invoice=None)
    work.clear_timers(invoice_id)
    work.emit("invoice.deleted", invoice)
    work.delete(invoice)


def finalize(work: UnitOfWork, invoice_id: str, *, auto_advance: bool | None = None) -> Json:
    """Number a draft and open it; an automatic charge follows at once."""
    if auto_advance is not None:
        update(work, invoice_id, {"auto_advance": auto_advance})
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] != "draft":
        raise invalid_state(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice."
        )
    invoice_lifecycle.finalize(work, invoice)
    if invoice["amount_due"] == 0:
        invoice_lifecycle.mark_paid(work, invoice, None)
        lifecycle.invoice_paid(work, invoice)
        return invoice
    if invoice["due_date"] is not None:
        # A due date that passed while it was a draft is overdue at once, not in the past.
        work.set_timer(max(invoice["due_date"], work.now_s), "overdue", invoice_id)
    if invoice["auto_advance"] and invoice["collection_method"] == "charge_automatically":
        work.change(invoice, None, next_payment_attempt=work.now_s)
        # As a timer of its own: at Stripe finalizing and charging are two steps with events of
        # their own.
        work.set_timer(work.now_s, "retry", invoice_id)
    return invoice


def advance(work: UnitOfWork, invoice_id: str) -> None:
    """Finalize a draft automatically, an hour after its creation."""
    invoice = work.get("invoice", invoice_id)
    # It may have been finalized or deleted by hand within the hour.
    if invoice["status"] != "draft":
        return
    if not _line_items(invoice) or work.get("customer", invoice["customer"]).get("deleted"):
        # Stripe refuses to finalize an empty invoice and one of a deleted customer, so an automatic
        # attempt stops instead of failing.
        work.change(invoice, "invoice.updated", auto_advance=False)
        return
    finalize(work, invoice_id)
    if invoice["status"] == "open" and invoice["collection_method"] == "send_invoice":
        send(work, invoice_id)


def send(work: UnitOfWork, invoice_id: str) -> Json:
    """Send an invoice to its customer, finalized before if it is a draft."""
    invoice = work.get("invoice", invoice_id)
    if invoice["collection_method"] != "send_invoice":
        raise invalid_request(
            "You can only manually send an invoice if its collection method is 'send_invoice'."
        )
    if invoice["customer_email"] is None:
        raise invalid_request(
            "Missing email. In order to send invoices, the customer must have a valid email."
        )
    if invoice["status"] == "draft":
        finalize(work, invoice_id)
    if invoice["status"] not in {"open", "paid"}:
        raise invalid_state(f"This invoice is {invoice['status']}.")
    work.emit("invoice.sent", invoice)
    return invoice


def mark_overdue(work: UnitOfWork, invoice_id: str) -> None:
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] == "open":
        work.emit("invoice.overdue", invoice)


def void(work: UnitOfWork, invoice_id: str) -> Json:
    """Void a finalized invoice; it keeps its number."""
    invoice = _closable(work, invoice_id, {"open", "uncollectible"})
    invoice_lifecycle.void(work, invoice)
    return invoice


def mark_uncollectible(work: UnitOfWork, invoice_id: str) -> Json:
    """Mark an open invoice as uncollectible; it can still be paid."""
    invoice = _closable(work, invoice_id, {"open"})
    invoice_lifecycle.mark_uncollectible(work, invoice)
    return invoice


def _closable(work: UnitOfWork, invoice_id: str, allowed: set[str]) -> Json:
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] not in allowed:
        raise invalid_state(f"This invoice is {invoice['status']}.")
    if invoice["parent"] is not None:
        raise invalid_state(
            "Invoices of a subscription follow the subscription and can't be closed by themselves."
        )
    if invoice_lifecycle.is_processing(work, invoice):
        raise invalid_state("This invoice has a payment that is still processing.")
    return invoice
