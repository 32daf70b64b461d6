"""The customer and the discount of a session that is being completed."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import check_discount
from keystead_stub.stripe_sim.resources.customers import shape as customer_shape
from keystead_stub.stripe_sim.resources.customers.operations import retrieve


def discount_of(work: UnitOfWork, session: Json) -> tuple[Json | None, Json | None]:
    """Return the session's coupon and code; raises StripeError if it can't be redeemed."""
    for used in session["discounts"] or []:
        code_id = used["promotion_code"]
        code = work.get("promotion_code", code_id) if code_id else None
        coupon = work.get("coupon", code["promotion"]["coupon"] if code else used["coupon"])
        # Checked again at payment: the coupon may have expired or been used up since the session
        # was opened.
        check_discount(work, session, coupon, code)
        return coupon, code
    return None, None


def customer(work: UnitOfWork, session: Json, email: str) -> Json:
    """Return the session's customer; a session without one gets a new customer."""
    if session["customer"]:
        return retrieve(work, session["customer"])
    new_customer = customer_shape.customer(
        customer_id=work.ids.new("cus_"),
        created=work.now_s,
        email=email,
        invoice_prefix=work.ids.text(8).upper(),
        locale=session["locale"],
    )
    # `created` is also kept beside the object, because a deleted customer loses its fields.
    work.add(new_customer, private={"created": work.now_s})
    work.emit("customer.created", new_customer)
    return new_customer
