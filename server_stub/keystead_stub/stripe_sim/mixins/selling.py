"""Checkout and coupons, as the account's transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from keystead.instants import to_ms, to_seconds
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine import idempotency, records
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.rows import Rows
from keystead_stub.stripe_sim.engine.unit_of_work import missing
from keystead_stub.stripe_sim.hosted_payments import PaymentResult
from keystead_stub.stripe_sim.resources.billing_portal import operations as portal
from keystead_stub.stripe_sim.resources.checkout_sessions import line_items
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.coupons import shape as discounts
from keystead_stub.stripe_sim.resources.coupons.requests import (
    CheckoutTerms,
    Discounted,
    NewCoupon,
    NewPromotionCode,
    PromotionCode,
)
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.values import CheckoutSession, PortalSession


class Selling(Account):
    """What people do on the hosted pages before they have anything, and what it costs them."""

    def get_checkout(self, session_id: str) -> CheckoutSession:
        with self.reading() as rows:
            document, _ = records.get(rows, checkout.KIND, session_id)
        return views.checkout_session(document)

    def checkout_terms(self, session_id: str) -> CheckoutTerms:
        now_s = to_seconds(self.now_ms())
        with self.reading() as rows:
            session, wanted = records.get(rows, checkout.KIND, session_id)
            coupon, code = _offered(rows, session)
            return checkout.terms(
                session,
                wanted,
                line_items.of(wanted["items"], _getter(rows)),
                now_s=now_s,
                coupon=coupon,
                code=code,
            )

    def checkout_items(self, session_id: str) -> tuple[Document, ...]:
        """Return the line items of a session, as Stripe's objects."""
        with self.reading() as rows:
            session, wanted = records.get(rows, checkout.KIND, session_id)
            coupon, _ = _offered(rows, session)
            chosen = line_items.of(wanted["items"], _getter(rows))
        # Of a trial nothing is charged yet, and nothing taken off.
        free = session["amount_subtotal"] == 0
        return tuple(line_items.documents(chosen, None if free else coupon))

    def apply_promotion_code(self, session_id: str, code: str) -> CheckoutSession:
        with self.writing() as work:
            return views.checkout_session(checkout.apply_code(work, session_id, code))

    def remove_promotion_code(self, session_id: str) -> CheckoutSession:
        with self.writing() as work:
            return views.checkout_session(checkout.remove_code(work, session_id))

    def complete_checkout(
        self,
        session_id: str,
        *,
        card: str | None = "4242424242424242",
        email: str | None = None,
        authenticate: bool | None = None,
    ) -> PaymentResult:
        with self.writing() as work:
            return hosted_payments.complete_checkout(
                work, session_id, card=card, email=email, authenticate=authenticate
            )

    def expire_checkout(self, session_id: str) -> CheckoutSession:
        with self.writing() as work:
            return views.checkout_session(checkout.expire(work, session_id))

    def get_portal(self, session_id: str) -> PortalSession:
        now_ms = self.now_ms()
        with self.reading() as rows:
            document, _ = records.get(rows, portal.KIND, session_id)
        session = views.portal_session(document)
        if now_ms >= session.expires_at_ms:
            raise missing(portal.KIND)
        return session

    # Coupons

    def create_coupon(self, request: NewCoupon) -> Document:
        with self.writing() as work:
            return idempotency.once(
                work,
                request.idempotency_key,
                request,
                lambda: coupons.create_coupon(work, request),
            )

    def create_promotion_code(self, request: NewPromotionCode) -> Document:
        with self.writing() as work:
            return idempotency.once(
                work,
                request.idempotency_key,
                request,
                lambda: coupons.create_promotion_code(work, request),
            )

    def delete_coupon(self, coupon_id: str) -> None:
        with self.writing() as work:
            coupons.delete_coupon(work, coupon_id)

    def promotion_codes(self) -> tuple[PromotionCode, ...]:
        with self.reading() as rows:
            codes = [one for one, _ in records.objects(rows, "promotion_code")]
            known = {one["id"]: one for one, _ in records.objects(rows, "coupon")}
        found = ((one, known[one["promotion"]["coupon"]]) for one in codes)
        return tuple(
            discounts.promotion(code, coupon) for code, coupon in found if not coupon.get("deleted")
        )

    def discounts_of_invoice(self, invoice_id: str) -> tuple[Discounted, ...]:
        with self.reading() as rows:
            invoice, _ = records.get(rows, "invoice", invoice_id)
            taken = {one["discount"]: one["amount"] for one in invoice["total_discount_amounts"]}
            return _discounted(rows, taken)

    def discounts_of_customer(self, customer_id: str) -> tuple[Discounted, ...]:
        with self.reading() as rows:
            found = records.objects(rows, "subscription", customer_id)
            subscription = lifecycle.newest_living(document for document, _ in found)
            running = subscription["discounts"] if subscription else []
            return _discounted(rows, dict.fromkeys(running, 0))

    def discount(self, customer_id: str, code: str) -> Document:
        with self.writing() as work:
            return customer_controls.discount(work, customer_id, code)

    def discount_customer(
        self, customer_id: str, *, coupon_id: str | None = None, code_id: str | None = None
    ) -> Document:
        """Give the customer a discount on all that they are billed for; return the discount."""
        with self.writing() as work:
            return customer_controls.discount_customer(work, customer_id, coupon_id, code_id)

    def undiscount_customer(self, customer_id: str) -> Document:
        """Take the customer's own discount away; return what it was."""
        with self.writing() as work:
            return customer_controls.undiscount_customer(work, customer_id)

    def remove_discount(self, customer_id: str) -> None:
        with self.writing() as work:
            customer_controls.remove_discount(work, customer_id)


def _getter(rows: Rows) -> Callable[[str, str], Document]:
    return lambda kind, object_id: records.get(rows, kind, object_id)[0]


def _offered(rows: Rows, session: Document) -> tuple[Document | None, Document | None]:
    """Return the coupon of a session's discount, and the code that was typed for it."""
    used: Document = next(iter(session["discounts"] or []), {})
    code = records.find_document(rows, "promotion_code", used.get("promotion_code"))
    coupon_id = code["promotion"]["coupon"] if code else used.get("coupon")
    return records.find_document(rows, "coupon", coupon_id), code


def _discounted(rows: Rows, taken: Mapping[str, int]) -> tuple[Discounted, ...]:
    """Return the discounts of these ids, each with what it takes off."""
    found = []
    for discount_id, amount in taken.items():
        discount, terms = records.get(rows, "discount", discount_id)
        code = records.find_document(rows, "promotion_code", discount["promotion_code"])
        end = discount["end"]
        found.append(
            Discounted(
                reduction=discounts.reduction(terms),
                code=code["code"] if code else None,
                amount=amount,
                ends_at_ms=None if end is None else to_ms(end),
            )
        )
    return tuple(found)
