"""Starting a checkout for a device, in whatever dialect it was asked for."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead.encoding import InvalidEncoding, b64u_decode
from keystead.errors import InvalidInput
from keystead.keys import checked_public, thumbprint
from keystead_stub.billing import customer_states
from keystead_stub.billing.account_metadata import metadata_of
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.catalogue import Interval, Plan, PlanPrice
from keystead_stub.billing.entitlements import LineItem, item_of_plan
from keystead_stub.billing.event_subject import NATIVE
from keystead_stub.billing.licensed_plans import entitlement_of
from keystead_stub.billing.licensing import decide_standing
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.return_urls import is_loopback
from keystead_stub.services import NO_TRIAL, Services
from keystead_stub.settings import deployability
from keystead_stub.store import accounts, devices, switches
from keystead_stub.store.account_ids import Account
from keystead_stub.store.devices import CheckoutRow
from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout
from keystead_stub.stripe_types.values import CheckoutSession

_INTERVALS: dict[str, Interval] = {
    "monthly": "month",
    "month": "month",
    "yearly": "year",
    "year": "year",
    "annual": "year",
}


class CheckoutRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be bought: for a device, for an account that somebody is signed in to, or both.

    `return_url` is where the device's program listens for the person's return.
    """

    device_id: str | None = None
    device_public_key: str | None = None
    device_name: str | None = None
    email: str | None = None
    plan: str | None = None
    billing_period: str | None = None
    seats: int | None = None
    locale: str | None = None
    return_url: str | None = None
    account: Account | None = None
    #: A price by its id, in the place of plan and period.
    price_id: str | None = None
    metadata: dict[str, str] = {}


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """Where and what is bought, if not a plan at the platform: a merchant's goods at their Stripe.

    `customer_id` is a customer of the merchant, for whom they sell; null is the wish's account.
    """

    merchant: str
    stripe: StripeApi
    goods: LineItem
    customer_id: str | None = None


class Device(msgspec.Struct, frozen=True):
    """A device that shall work once this is paid: its id and its public key fit."""

    id: str
    public_key: str
    name: str | None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is bought, for which device, by whom if Stripe knows them; what Stripe is told of it."""

    goods: LineItem
    device: Device | None
    customer_id: str | None
    metadata: dict[str, str]


def device_of(wish: CheckoutRequest) -> Device | None:
    """The device of the wish. Raises ProblemError for half of one, or parts that do not fit."""
    if wish.device_id is None and wish.device_public_key is None:
        return None
    if wish.device_id is None or wish.device_public_key is None:
        raise ProblemError("A device is its id and its public key.", code="invalid_request")
    check_device_key(wish.device_id, wish.device_public_key)
    return Device(wish.device_id, wish.device_public_key, wish.device_name)


def check_device_key(device_id: str, device_public_key: str) -> None:
    """Raises ProblemError unless the id is the key's thumbprint, and the key a key."""
    try:
        public = checked_public(b64u_decode(device_public_key))
    except (InvalidEncoding, InvalidInput):
        raise ProblemError(
            "The device's public key is no Ed25519 key.", code="invalid_request"
        ) from None
    if thumbprint(public) != device_id:
        raise ProblemError(
            "The device id is not the thumbprint of its key.", code="invalid_request"
        )


async def start(
    services: Services, wish: CheckoutRequest, counter: Seller | None = None
) -> CheckoutSession:
    """Open a checkout session; it activates the wish's device, and pays for its account.

    Raises ProblemError: ``checkout_disabled``, ``invalid_request``, ``already_entitled``,
    ``stripe_unavailable``.
    """
    wanted = prepare_order(services, wish, counter)
    goods = wanted.goods
    # A trial is for who has not bought before, and of what goes on.
    tried = wanted.customer_id is None and not goods.once
    trial = services.switches.trial if tried else NO_TRIAL
    request = NewCheckout(
        items=(CheckoutItem(price_id=goods.price_id, quantity=goods.seats),),
        success_url=services.settings.success_url,
        cancel_url=services.settings.cancel_url,
        client_reference_id=_reference(wanted.device, wish.account),
        metadata=wanted.metadata,
        mode="payment" if goods.once else "subscription",
        subscription_metadata=wanted.metadata,
        payment_metadata=wanted.metadata,
        # One payment alone leaves a receipt at Stripe, and nothing among the invoices.
        invoice_creation=goods.once,
        customer_id=wanted.customer_id,
        customer_email=None if wanted.customer_id else wish.email,
        locale=wish.locale,
        allow_promotion_codes=True,
        trial_period_days=trial.days,
        trial_end_behavior=trial.without_card,
        payment_method_collection="always" if trial.card_needed else "if_required",
    )
    of_merchant = counter is not None and counter.customer_id is not None
    anew = (
        None
        if of_merchant
        else msgspec.structs.replace(request, customer_id=None, customer_email=wish.email)
    )
    session = await _open_session(counter.stripe if counter else services.stripe, request, anew)
    merchant = counter.merchant if counter else None
    _record_checkout(services, wish, wanted.device, session, merchant=merchant)
    return session


def prepare_order(
    services: Services, wish: CheckoutRequest, counter: Seller | None = None
) -> Order:
    """What the wish comes to, if it may be bought now.

    Raises ProblemError: ``checkout_disabled``, ``invalid_request``, ``already_entitled``.
    """
    ensure_checkout_enabled(services)
    device = device_of(wish)
    if wish.return_url is not None and not is_loopback(wish.return_url):
        raise ProblemError("This is no address to return to.", code="invalid_request")
    goods = counter.goods if counter else _item_of_plan(services, wish)
    _check_seats(goods)
    metadata = {
        **({"deviceId": device.id} if device else {}),
        **(metadata_of(wish.account) if wish.account else {}),
        **goods.metadata,
        **wish.metadata,
    }
    return Order(
        goods=goods,
        device=device,
        customer_id=_paying_customer(services, wish, device, goods=goods, counter=counter),
        metadata=metadata,
    )


def _reference(device: Device | None, account: Account | None) -> str | None:
    if device is not None:
        return device.id
    return account.account_id if account else None


async def _open_session(
    stripe: StripeApi, request: NewCheckout, anew: NewCheckout | None = None
) -> CheckoutSession:
    """The session; `anew` is asked for where Stripe does not have the customer (any longer)."""
    try:
        return await stripe.create_checkout_session(request)
    except StripeError as error:
        if error.code == "resource_missing" and request.customer_id and anew is not None:
            return await _open_session(stripe, anew)
        if error.status < 500:
            raise ProblemError(
                "Stripe does not accept this checkout.", code="invalid_request"
            ) from None
        raise ProblemError("Stripe did not answer.", code="stripe_unavailable") from None


def ensure_checkout_enabled(services: Services) -> None:
    """Raises ProblemError (``checkout_disabled``) where nothing may be sold."""
    live = services.settings.mode == "live"
    with services.store.read() as connection:
        on = switches.is_on(connection, switches.CHECKOUT)
    if not on or (live and deployability(services.settings) != "GO"):
        raise ProblemError("Nothing can be bought at the moment.", code="checkout_disabled")


def _item_of_plan(services: Services, wish: CheckoutRequest) -> LineItem:
    plan, price = _find_price(services, wish)
    if plan is None or price is None:
        raise ProblemError("There is no such plan.", code="invalid_request")
    return item_of_plan(plan, price.id, wish.seats)


def _check_seats(goods: LineItem) -> None:
    if not goods.min_seats <= goods.seats <= goods.max_seats:
        raise ProblemError(
            f"This plan has {goods.min_seats} to {goods.max_seats} seats.", code="invalid_request"
        )


def _find_price(services: Services, wish: CheckoutRequest) -> tuple[Plan | None, PlanPrice | None]:
    plans = services.catalogue.sold_at(wish.account.api if wish.account else NATIVE)
    if wish.price_id is not None:
        offers = ((plan, price) for plan in plans for price in plan.prices)
        return next((o for o in offers if o[1].id == wish.price_id), (None, None))
    plan = next((one for one in plans if wish.plan in (None, one.id)), None)
    interval = _INTERVALS.get(wish.billing_period or "monthly")
    price = services.catalogue.price_of(plan.id, interval) if plan and interval else None
    return plan, price


def _paying_customer(
    services: Services,
    wish: CheckoutRequest,
    device: Device | None,
    *,
    goods: LineItem,
    counter: Seller | None,
) -> str | None:
    """Who pays already, so that one payer stays one customer.

    Raises ProblemError (``already_entitled``) where there is nothing to buy.
    """
    account = wish.account
    with services.store.read() as connection:
        if counter is not None and counter.customer_id is not None:
            customer_id: str | None = counter.customer_id
            state = customer_states.state_of(connection, counter.customer_id)
        elif account is not None:
            customer_id = accounts.find_customer(connection, account)
            state = customer_states.state_of(connection, customer_id) if customer_id else None
        else:
            customer_id, state = _owner_of_device(connection, device) if device else (None, None)
    if state is None or state.reason == "customer_deleted":
        return customer_id if state is None else None
    if _already_owns(wish, goods, state) and is_entitled(services, state):
        raise ProblemError(
            "This is paid for already: manage it in the customer portal.",
            code="already_entitled",
        )
    return customer_id


def _already_owns(wish: CheckoutRequest, goods: LineItem, state: BillingState) -> bool:
    """Whether somebody in this state, if they are entitled, has what is to be bought.

    What goes on they have once: an account its plan, a merchant's customer each price. What is
    paid once can be bought again, but a device needs no second license.
    """
    if wish.device_id is not None:
        return True
    sold_to_customer = wish.account is None
    return not goods.once and (not sold_to_customer or state.price_id == goods.price_id)


def _owner_of_device(
    connection: sa.Connection, device: Device
) -> tuple[str, BillingState] | tuple[None, None]:
    found = devices.find_device_with_state(connection, device.id)
    if found is None or found[0].removed_at is not None:
        return None, None
    return found[0].customer_id, customer_states.decode(found[1])


def is_entitled(services: Services, state: BillingState) -> bool:
    """Whether a device of the customer in this state may work now."""
    return decide_standing(
        state,
        entitles=entitlement_of(services.catalogue, state),
        now_ms=services.now_ms(),
        terms=services.terms,
    ).active


def _record_checkout(
    services: Services,
    wish: CheckoutRequest,
    device: Device | None,
    session: CheckoutSession,
    *,
    merchant: str | None,
) -> None:
    with services.store.write() as connection:
        if wish.account is not None:
            accounts.ensure_account(services.store, connection, wish.account, session.created_ms)
        if device is None:
            return
        devices.insert_checkout(
            connection,
            CheckoutRow(
                session_id=session.id,
                device_id=device.id,
                device_public_key=device.public_key,
                name=device.name,
                customer_id=None,
                created_at=session.created_ms,
                expires_at=session.expires_at_ms,
                completed_at=None,
                return_url=wish.return_url,
                merchant=merchant,
            ),
        )
