"""Starting a checkout for a device, in whatever dialect it was asked for."""

from __future__ import annotations

import msgspec

from keystead.encoding import InvalidEncoding, b64u_decode
from keystead.errors import InvalidInput
from keystead.keys import checked_public, thumbprint
from keystead_stub.billing_state import BillingState
from keystead_stub.catalogue import Plan, PlanPrice
from keystead_stub.ledger import offer
from keystead_stub.licensing import stand
from keystead_stub.refusals import Refused
from keystead_stub.return_urls import is_loopback
from keystead_stub.services import Services
from keystead_stub.settings import deployability
from keystead_stub.store import customers, devices
from keystead_stub.store.devices import CheckoutRow
from keystead_stub.stripe_.interface import CheckoutSession, NewCheckout, StripeRefused

_INTERVALS = {
    "monthly": "month",
    "month": "month",
    "yearly": "year",
    "year": "year",
    "annual": "year",
}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a device wants to buy, and where its program listens for the person's return."""

    device_id: str
    device_public_key: str
    device_name: str | None = None
    email: str | None = None
    plan: str | None = None
    billing_period: str | None = None
    seats: int | None = None
    locale: str | None = None
    return_url: str | None = None


def check_device_key(device_id: str, device_public_key: str) -> None:
    """Raises Refused unless the id is the key's thumbprint, and the key a key."""
    try:
        public = checked_public(b64u_decode(device_public_key))
    except (InvalidEncoding, InvalidInput):
        raise Refused(
            "The device's public key is no Ed25519 key.", code="invalid_request"
        ) from None
    if thumbprint(public) != device_id:
        raise Refused("The device id is not the thumbprint of its key.", code="invalid_request")


async def start(services: Services, wish: Wish) -> CheckoutSession:
    """Open a checkout session that will activate this device.

    Raises Refused: ``checkout_disabled``, ``invalid_request``, ``already_entitled``,
    ``stripe_unavailable``.
    """
    _refuse_if_off(services)
    check_device_key(wish.device_id, wish.device_public_key)
    if wish.return_url is not None and not is_loopback(wish.return_url):
        raise Refused("This is no address to return to.", code="invalid_request")
    plan, price, seats = _choose(services, wish)
    customer_id = _known_customer(services, wish.device_id)
    metadata = {
        "deviceId": wish.device_id,
        "plan": plan.id,
        "priceId": price.id,
        "seats": str(seats),
    }
    request = NewCheckout(
        price_id=price.id,
        quantity=seats,
        success_url=services.settings.success_url,
        cancel_url=services.settings.cancel_url,
        client_reference_id=wish.device_id,
        metadata=metadata,
        subscription_metadata=metadata,
        customer_id=customer_id,
        customer_email=None if customer_id else wish.email,
        locale=wish.locale,
    )
    session = await _open(services, request)
    _remember(services, wish, session)
    return session


async def _open(services: Services, request: NewCheckout) -> CheckoutSession:
    try:
        return await services.stripe.create_checkout_session(request)
    except StripeRefused as error:
        if error.status < 500:
            raise Refused("Stripe does not accept this checkout.", code="invalid_request") from None
        raise Refused("Stripe did not answer.", code="stripe_unavailable") from None


def _refuse_if_off(services: Services) -> None:
    live = services.settings.mode == "live"
    if not services.switches.checkout_enabled or (
        live and deployability(services.settings) != "GO"
    ):
        raise Refused("Nothing can be bought at the moment.", code="checkout_disabled")


def _choose(services: Services, wish: Wish) -> tuple[Plan, PlanPrice, int]:
    plan_id = wish.plan or services.catalogue.plans[0].id
    plan = next((p for p in services.catalogue.plans if p.id == plan_id), None)
    interval = _INTERVALS.get(wish.billing_period or "monthly")
    price = next((p for p in plan.prices if p.interval == interval), None) if plan else None
    if plan is None or price is None:
        raise Refused("There is no such plan.", code="invalid_request")
    seats = wish.seats or plan.min_seats
    if not plan.min_seats <= seats <= plan.max_seats:
        raise Refused(
            f"This plan has {plan.min_seats} to {plan.max_seats} seats.", code="invalid_request"
        )
    return plan, price, seats


def _known_customer(services: Services, device_id: str) -> str | None:
    """Who this device belongs to, so that one person stays one customer.

    Raises Refused (``already_entitled``) where there is nothing to buy.
    """
    with services.store.read() as connection:
        found = devices.device_with_state(connection, device_id)
    if found is None:
        return None
    row, payload, _count = found
    state = customers.decode_state(payload)
    if row.removed_at is not None or state.reason == "customer_deleted":
        return None
    if is_entitled(services, state):
        raise Refused(
            "This device is paid for already: manage it in the customer portal.",
            code="already_entitled",
        )
    return row.customer_id


def is_entitled(services: Services, state: BillingState) -> bool:
    """Whether a device of the customer in this state may work now."""
    key, features = offer(services, state)
    return stand(
        state, key=key, features=features, now_ms=services.now_ms(), terms=services.terms
    ).active


def _remember(services: Services, wish: Wish, session: CheckoutSession) -> None:
    with services.store.write() as connection:
        devices.put_checkout(
            connection,
            CheckoutRow(
                session_id=session.id,
                device_id=wish.device_id,
                device_public_key=wish.device_public_key,
                name=wish.device_name,
                customer_id=None,
                created_at=session.created_ms,
                expires_at=session.expires_at_ms,
                completed_at=None,
                return_url=wish.return_url,
            ),
        )
