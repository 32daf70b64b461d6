"""Post-payment invoices: created, already paid, for a checkout session in payment mode.

https://docs.stripe.com/payments/checkout/post-payment-invoices
"""

from __future__ import annotations

from collections.abc import Sequence

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions import line_items
from keystead_stub.stripe_sim.resources.checkout_sessions.line_items import LineItem
from keystead_stub.stripe_sim.resources.discounts import rules as discount_rules
from keystead_stub.stripe_sim.resources.discounts import shape as discount_shape
from keystead_stub.stripe_sim.resources.invoices import lifecycle as invoice_lifecycle
from keystead_stub.stripe_sim.resources.invoices import lines as invoice_lines
from keystead_stub.stripe_sim.resources.invoices import shape
from keystead_stub.stripe_sim.resources.invoices.lines import Line


def create(work: UnitOfWork, session: Json) -> None:
    """Create the invoice of a paid session that has `invoice_creation` enabled."""
    if not session["invoice_creation"]["enabled"]:
        return
    lines = line_items.from_private(work.private(session["id"])["items"], work.get)
    invoice_id = work.ids.new("in_1")
    taken_off = _taken_off(work, session, lines, invoice_id)
    invoice = shape.invoice(
        invoice_id=invoice_id,
        created=work.now_s,
        customer=work.get("customer", session["customer"]),
        subscription=None,
        reason="manual",
        period=(work.now_s, work.now_s),
        currency=session["currency"],
        lines=[
            _line(work, invoice_id, one, {name: off[at] for name, off in taken_off.items()})
            for at, one in enumerate(lines)
        ],
        discounts={name: sum(off) for name, off in taken_off.items()},
    )
    # It is paid already, so nothing may be collected for it again.
    invoice["auto_advance"] = False
    work.add(invoice)
    work.change(session, None, invoice=invoice_id)
    work.emit("invoice.created", invoice)
    invoice_lifecycle.finalize_paid(
        work, invoice, work.get("payment_intent", session["payment_intent"])
    )


def _line(work: UnitOfWork, invoice_id: str, one: LineItem, taken_off: dict[str, int]) -> Json:
    line = Line(
        amount=one.amount,
        description=one.name,
        quantity=one.quantity,
        period=(work.now_s, work.now_s),
        price_document=one.price,
    )
    return invoice_lines.line_item(
        line,
        line_id=work.ids.new("il_1"),
        invoice_id=invoice_id,
        subscription=None,
        discounts=taken_off,
    )


def _taken_off(
    work: UnitOfWork, session: Json, lines: Sequence[LineItem], invoice_id: str
) -> dict[str, tuple[int, ...]]:
    """Create the invoice's discount from the session's; return what it takes off each line."""
    off = session["total_details"]["amount_discount"]
    if not off:
        return {}
    (used,) = session["discounts"]
    code = work.get("promotion_code", used["promotion_code"]) if used["promotion_code"] else None
    discount = discount_shape.discount(
        discount_id=work.ids.new("di_1"),
        start=work.now_s,
        end=None,
        customer_id=session["customer"],
        subscription_id=None,
        session_id=session["id"],
        coupon_id=code["promotion"]["coupon"] if code else used["coupon"],
        code_id=code["id"] if code else None,
    )
    discount["invoice"] = invoice_id
    work.add(discount)
    # The amount shown at checkout holds, even if the coupon has changed since.
    whole = {"percent_off": None, "amount_off": off}
    return {discount["id"]: discount_rules.split([one.amount for one in lines], whole)}
