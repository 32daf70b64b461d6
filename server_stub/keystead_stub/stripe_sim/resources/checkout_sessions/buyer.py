"""Who pays a checkout session, and with which discount."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import Ledger
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import (
    check_discount,
    living_customer,
)
from keystead_stub.stripe_sim.resources.customers import shape as people


def discount_of(ledger: Ledger, session: Json) -> tuple[Json | None, Json | None]:
    """Return the coupon and the code of the session; raises StripeRefused where it is over."""
    for used in session["discounts"] or []:
        code_id = used["promotion_code"]
        code = ledger.get("promotion_code", code_id) if code_id else None
        coupon = ledger.get("coupon", code["promotion"]["coupon"] if code else used["coupon"])
        check_discount(ledger, session, coupon, code)
        return coupon, code
    return None, None


def customer(ledger: Ledger, session: Json, email: str) -> Json:
    """Return the session's customer, who is made where it has none."""
    if session["customer"]:
        return living_customer(ledger, session["customer"])
    made = people.customer(
        customer_id=ledger.ids.new("cus_"),
        created=ledger.now_s,
        email=email,
        invoice_prefix=ledger.ids.text(8).upper(),
        locale=session["locale"],
    )
    ledger.add(made, private={"created": ledger.now_s})
    ledger.emit("customer.created", made)
    return made
