"""A person at a hosted page: which answer their card gives, and what comes of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.charges import operations as charging
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions import subscription_mode
from keystead_stub.stripe_sim.resources.invoices import operations as invoicing
from keystead_stub.stripe_sim.resources.payment_methods import operations as methods
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import (
    Answer,
    error_code,
    find_card,
    sentence,
)
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.values import CheckoutSession, Invoice


class PaymentResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a payment on a hosted page.

    `saved` is a card saved with nothing to pay. `processing` is a bank debit whose outcome takes
    days. `requires_action` is 3-D Secure: ask the customer, then call again with
    `authenticate=True` or `False`. `declined` has Stripe's decline `code` and a `sentence` for
    the customer.
    """

    status: Literal["paid", "saved", "processing", "requires_action", "declined"]
    code: str | None = None
    sentence: str | None = None
    session: CheckoutSession | None = None
    invoice: Invoice | None = None


#: Whom a page that asks for no address writes to.
ANYBODY = "person@example.com"


def _answer(answer: Answer, authenticate: bool | None) -> tuple[Answer, bool]:
    """Return how the attempt ends, and whether the person's refusal is why."""
    if answer != "requires_action" or authenticate is None:
        return answer, False
    return ("paid", False) if authenticate else ("declined", True)


def _declined(decline_code: str) -> PaymentResult:
    code = decline_code if decline_code != "authentication_failed" else error_code(decline_code)
    return PaymentResult(status="declined", code=code, sentence=sentence(decline_code))


def complete_checkout(
    work: UnitOfWork,
    session_id: str,
    *,
    card: str | None,
    email: str | None,
    authenticate: bool | None,
) -> PaymentResult:
    """Pay an open session; see `StripeControls.complete_checkout`."""
    session = checkout.open_or_refuse(work, session_id)
    address = email or session["customer_email"] or ANYBODY
    if _is_free_purchase(session) or (card is None and _asks_for_no_card(session)):
        return _completed(subscription_mode.complete(work, session, None, address))
    found = find_card(card or "")
    if found is None:
        return _declined("incorrect_number")
    answer, refused = _answer(found.at_checkout, authenticate)
    if answer == "requires_action":
        return PaymentResult(
            status="requires_action",
            code="authentication_required",
            sentence=sentence("authentication_required"),
            session=views.checkout_session(session),
        )
    if answer == "declined":
        why = "authentication_failed" if refused else found.decline_code
        subscription_mode.decline(work, session, found, why)
        return _declined(why)
    return _completed(subscription_mode.complete(work, session, found, address))


def _is_free_purchase(session: Json) -> bool:
    """Whether there is nothing to pay, now or later: no card is even looked at."""
    return bool(session["mode"] == "payment" and session["amount_total"] == 0)


def _asks_for_no_card(session: Json) -> bool:
    collected: str = session["payment_method_collection"]
    return collected == "if_required" and session["amount_total"] == 0


def _completed(session: Json) -> PaymentResult:
    unpaid = session["payment_status"] == "unpaid"
    return PaymentResult(
        status="processing" if unpaid else "paid", session=views.checkout_session(session)
    )


def pay_invoice(
    work: UnitOfWork,
    invoice_id: str,
    *,
    card: str | None,
    authenticate: bool | None,
    page: str | None = None,
) -> PaymentResult:
    """Pay an open invoice; see `StripeControls.pay_invoice`.

    A bank asks its question at `page`: at the invoice's own where none is named.
    """
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] not in {"draft", "open", "uncollectible"}:
        raise customer_controls.illegal(f"This invoice is {invoice['status']}.")
    customer = checkout.living_customer(work, invoice["customer"])
    if invoicing.is_on_its_way(work, invoice):
        raise customer_controls.illegal("A payment of this invoice is on its way.")
    saved = _saved(work, invoice, customer, card)
    chosen = methods.card_of(work, saved) if saved else find_card(card or "")
    if chosen is None:
        return _declined("incorrect_number" if card else "no_card")
    answer, refused = _answer(chosen.later if card is None else chosen.at_checkout, authenticate)
    if invoice["status"] == "draft":
        invoicing.finalize(work, invoice)
    if answer == "requires_action":
        url = page or invoice["hosted_invoice_url"]
        charging.ask_for_action(work, invoicing.intent_of(work, invoice), url)
        return PaymentResult(
            status="requires_action",
            code="authentication_required",
            sentence=sentence("authentication_required"),
            invoice=views.invoice(invoice),
        )
    if answer == "declined":
        why = "authentication_failed" if refused else chosen.decline_code
        if saved is not None:
            invoicing.decline(work, invoice, saved, why, next_attempt_s=None, manual=True)
        return _declined(why)
    method = saved or customer_controls.update_card(work, customer["id"], card or "")
    invoicing.settle(work, invoice, method, manual=True)
    lifecycle.paid(work, invoice)
    return PaymentResult(status="paid", invoice=views.invoice(invoice))


def pay_out_of_band(work: UnitOfWork, invoice_id: str) -> Json:
    """Let an invoice be paid outside of Stripe; return it."""
    invoice = work.get("invoice", invoice_id)
    if invoice["status"] not in {"draft", "open", "uncollectible"}:
        raise customer_controls.illegal(f"This invoice is {invoice['status']}.")
    if invoicing.is_on_its_way(work, invoice):
        raise customer_controls.illegal("A payment of this invoice is on its way.")
    if invoice["status"] == "draft":
        invoicing.finalize(work, invoice)
    invoicing.settle_elsewhere(work, invoice)
    lifecycle.paid(work, invoice)
    return invoice


def save_card(
    work: UnitOfWork, customer_id: str, card: str, *, authenticate: bool | None
) -> PaymentResult:
    """Save a card without a payment; see `StripeControls.save_card`."""
    customer = checkout.living_customer(work, customer_id)
    found = find_card(card)
    if found is None:
        return _declined("incorrect_number")
    answer, refused = _answer(found.at_checkout, authenticate)
    if answer == "requires_action":
        return PaymentResult(
            status="requires_action",
            code="authentication_required",
            sentence=sentence("authentication_required"),
        )
    if answer == "declined":
        why = "authentication_failed" if refused else found.decline_code
        method = methods.make(work, found, customer_id=None, email=customer["email"])
        methods.fail_to_set_up(work, method, customer_id=customer_id, decline_code=why)
        return _declined(why)
    customer_controls.update_card(work, customer_id, card)
    return PaymentResult(status="saved")


def _saved(work: UnitOfWork, invoice: Json, customer: Json, card: str | None) -> Json | None:
    """Return the payment method on file that is meant; null for a card that is new."""
    if card is None:
        return methods.default(work, customer, invoice)
    known = card.startswith("pm_") and find_card(card) is None
    return methods.owned(work, card, customer["id"]) if known else None
