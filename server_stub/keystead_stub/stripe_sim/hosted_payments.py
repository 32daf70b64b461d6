"""Payments on hosted pages: the outcome of a test card, and what follows from it."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine import records
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.snapshot import Snapshot
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions import operations as checkout
from keystead_stub.stripe_sim.resources.checkout_sessions import subscription_mode
from keystead_stub.stripe_sim.resources.customers import operations as customers
from keystead_stub.stripe_sim.resources.payment_intents import confirmation
from keystead_stub.stripe_sim.resources.payment_intents.requests import Confirmation
from keystead_stub.stripe_sim.resources.payment_methods import attempts, default_card
from keystead_stub.stripe_sim.resources.payment_methods import operations as payment_methods
from keystead_stub.stripe_sim.resources.payment_methods.attempts import PaymentResult
from keystead_stub.stripe_sim.resources.payment_methods.test_cards import find_card
from keystead_stub.stripe_sim.resources.setup_intents import automatic as automatic_setup
from keystead_stub.stripe_sim.resources.setup_intents import operations as setup_intents
from keystead_stub.stripe_sim.resources.setup_intents.requests import SetupConfirmation
from keystead_stub.stripe_types import views

#: The email of customers whose page has no email field.
ANYBODY = "person@example.com"


def complete_checkout(
    work: UnitOfWork,
    session_id: str,
    *,
    card: str | None = "4242424242424242",
    email: str | None = None,
    authenticate: bool | None = None,
) -> PaymentResult:
    """Pay an open session as a person on the hosted page would.

    `card` is a test card's number with or without blanks, a `pm_card_…` name, or `sepa_debit`;
    null for a session that needs none. `authenticate` is the answer to 3-D Secure, null before it
    was asked.
    """
    session = checkout.retrieve_open(work, session_id)
    address = email or session["customer_email"] or ANYBODY
    if _is_free_purchase(session) or (card is None and _asks_for_no_card(session)):
        return _completed(subscription_mode.complete(work, session, None, address))
    # Only test cards are known, as in Stripe's sandboxes; any other number is a wrong one.
    found = find_card(card or "")
    if found is None:
        return attempts.declined("incorrect_number")
    answer, refused = attempts.outcome(found.at_checkout, authenticate)
    # Nothing is stored here: the page sends the card again together with the answer.
    if answer == "requires_action":
        return attempts.requires_action(session=views.checkout_session(session))
    if answer == "declined":
        decline_code = "authentication_failed" if refused else found.decline_code
        subscription_mode.decline(work, session, found, decline_code)
        return attempts.declined(decline_code)
    return _completed(subscription_mode.complete(work, session, found, address))


def _is_free_purchase(session: Json) -> bool:
    """Whether there is nothing to pay, now or later, so that no card is needed."""
    return bool(session["mode"] == "payment" and session["amount_total"] == 0)


def _asks_for_no_card(session: Json) -> bool:
    collected: str = session["payment_method_collection"]
    # A free trial may still ask for a card: https://docs.stripe.com/payments/checkout/free-trials.
    return collected == "if_required" and session["amount_total"] == 0


def _completed(session: Json) -> PaymentResult:
    # A completed session that is still unpaid waits for its bank debit.
    unpaid = session["payment_status"] == "unpaid"
    return PaymentResult(
        status="processing" if unpaid else "paid", session=views.checkout_session(session)
    )


def save_card(
    work: UnitOfWork, customer_id: str, card: str, *, authenticate: bool | None = None
) -> PaymentResult:
    """Save a card without a payment, as a person on the portal's page would."""
    customer = customers.retrieve(work, customer_id)
    found = find_card(card)
    if found is None:
        return attempts.declined("incorrect_number")
    answer, refused = attempts.outcome(found.at_checkout, authenticate)
    if answer == "requires_action":
        return attempts.requires_action()
    if answer == "declined":
        decline_code = "authentication_failed" if refused else found.decline_code
        # Without the customer: a declined card is not attached, but the failed setup intent names
        # it.
        method = payment_methods.build(work, found, customer_id=None, email=customer["email"])
        automatic_setup.record_failure(
            work, method, customer_id=customer_id, decline_code=decline_code
        )
        return attempts.declined(decline_code)
    default_card.replace(work, customer_id, card)
    return PaymentResult(status="saved")


def pay_intent(
    work: UnitOfWork,
    intent_id: str,
    *,
    card: str | None = None,
    authenticate: bool | None = None,
) -> PaymentResult:
    """Pay a payment intent at its page, or answer the 3-D Secure question about it."""
    if card is not None and find_card(card) is None:
        return attempts.declined("incorrect_number")
    intent = confirmation.confirm(
        work, intent_id, Confirmation(method=card), authenticate=authenticate
    )
    if intent["status"] == "requires_action":
        return attempts.requires_action()
    if error := intent["last_payment_error"]:
        return attempts.declined(error["decline_code"])
    return PaymentResult(status="processing" if intent["status"] == "processing" else "paid")


def authenticate_setup(work: UnitOfWork, intent_id: str, *, authenticate: bool) -> None:
    """Answer the 3-D Secure question about a setup intent."""
    setup_intents.confirm(work, intent_id, SetupConfirmation(authenticate=authenticate))


def return_url(snapshot: Snapshot, kind: str, intent_id: str) -> str | None:
    """Return the intent's `return_url`, where its page leads at the end; null if it has none."""
    found: str | None = records.get(snapshot, kind, intent_id)[1].get("return_url")
    return found
