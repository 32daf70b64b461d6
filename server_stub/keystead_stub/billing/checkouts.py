"""Start a checkout for a device or an account, whichever billing API asked for it."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead.encoding import InvalidEncoding, b64u_decode
from keystead.errors import InvalidInput
from keystead.keys import checked_public, thumbprint
from keystead.wire.nyra import ONCE
from keystead_stub.billing import customer_states
from keystead_stub.billing.account_metadata import metadata_of
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.catalogue import Interval, Plan, PlanPrice
from keystead_stub.billing.device_names import one_line
from keystead_stub.billing.entitlements import LineItem, item_of_plan
from keystead_stub.billing.event_subject import NATIVE
from keystead_stub.billing.license_seller import find_seller, standing_of
from keystead_stub.billing.payments import second_purchases
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.return_urls import is_loopback_redirect
from keystead_stub.services import NO_TRIAL, Services, Trial
from keystead_stub.settings import deployability
from keystead_stub.store import accounts, devices, switches
from keystead_stub.store.account_ids import Account, own_shop
from keystead_stub.store.devices import CheckoutRow
from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import CheckoutItem, NewCheckout
from keystead_stub.stripe_types.values import CheckoutSession

_INTERVALS: dict[str, Interval | None] = {
    "monthly": "month",
    "month": "month",
    "yearly": "year",
    "year": "year",
    "annual": "year",
    ONCE: None,
}


class CheckoutRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller wants to buy, for a device, for the account they are signed in to, or both.

    `return_url` is a loopback address where the device's program waits for the browser's return.
    """

    device_id: str | None = None
    device_public_key: str | None = None
    device_name: str | None = None
    #: Whether the caller has shown that they hold the device's key.
    device_proven: bool = False
    email: str | None = None
    plan: str | None = None
    billing_period: str | None = None
    seats: int | None = None
    locale: str | None = None
    return_url: str | None = None
    account: Account | None = None
    #: A price by its id, instead of plan and period.
    price_id: str | None = None
    #: The billing API whose plans are on sale, if it is not the account's.
    sold_at: str | None = None
    metadata: dict[str, str] = {}
    #: Where the browser goes afterwards, if not to the configured pages.
    success_url: str | None = None
    cancel_url: str | None = None


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant who sells at their own Stripe account, and what they sell.

    `customer_id` is a customer of the merchant; if null, the request's account pays.
    """

    merchant: str
    stripe: StripeApi
    item: LineItem
    customer_id: str | None = None
    #: What is sold beside the item, once.
    extra: tuple[CheckoutItem, ...] = ()


class Device(msgspec.Struct, frozen=True):
    """A device to be activated once the checkout is paid. Its id is the thumbprint of its key."""

    id: str
    public_key: str
    name: str | None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A request that may be bought: the item, the device, and the customer if Stripe has one.

    `metadata` goes to the session and to what comes of it.
    """

    item: LineItem
    device: Device | None
    customer_id: str | None
    metadata: dict[str, str]


def device_of(request: CheckoutRequest) -> Device | None:
    """The request's device, if it names one. Raises ProblemError (``invalid_request``)."""
    if request.device_id is None and request.device_public_key is None:
        return None
    if request.device_id is None or request.device_public_key is None:
        raise ProblemError(
            "deviceId and devicePublicKey are required together.", code="invalid_request"
        )
    check_device_key(request.device_id, request.device_public_key)
    name = one_line(request.device_name)
    return Device(request.device_id, request.device_public_key, name)


def check_device_key(device_id: str, device_public_key: str) -> None:
    """Raises ProblemError (``invalid_request``) unless the id is the thumbprint of a valid key."""
    try:
        public = checked_public(b64u_decode(device_public_key))
    except (InvalidEncoding, InvalidInput):
        raise ProblemError(
            "devicePublicKey is not a valid Ed25519 public key.", code="invalid_request"
        ) from None
    if thumbprint(public) != device_id:
        raise ProblemError(
            "deviceId is not the thumbprint of devicePublicKey.", code="invalid_request"
        )


async def start(
    services: Services, request: CheckoutRequest, seller: Seller | None = None
) -> CheckoutSession:
    """Open a checkout session that activates the request's device and pays for its account.

    Raises ProblemError: ``checkout_disabled``, ``invalid_request``, ``already_entitled``,
    ``stripe_unavailable``.
    """
    try:
        order = prepare_order(services, request, seller)
    except second_purchases.AlreadyEntitled as refused:
        stripe = seller.stripe if seller else services.stripe
        raise await second_purchases.with_invoice(refused, stripe) from None
    item = order.item
    # Trials are for new customers, and for subscriptions.
    gets_trial = order.customer_id is None and not item.once
    trial = services.switches.trial if gets_trial else NO_TRIAL
    if gets_trial and not trial.days:
        trial = Trial(days=item.trial_days)
    new_checkout = NewCheckout(
        items=(
            CheckoutItem(price_id=item.price_id, quantity=item.seats),
            *(seller.extra if seller else ()),
        ),
        success_url=request.success_url or services.settings.success_url,
        cancel_url=request.cancel_url or services.settings.cancel_url,
        client_reference_id=_reference(order.device, request.account),
        metadata=order.metadata,
        mode="payment" if item.once else "subscription",
        subscription_metadata=order.metadata,
        payment_metadata=order.metadata,
        # In payment mode Stripe creates no invoice unless it is asked to.
        invoice_creation=item.once,
        customer_id=order.customer_id,
        # Stripe refuses a session that names both a customer and an email address.
        customer_email=None if order.customer_id else request.email,
        locale=request.locale,
        allow_promotion_codes=True,
        trial_period_days=trial.days,
        trial_end_behavior=trial.without_card,
        payment_method_collection="always" if trial.card_needed else "if_required",
    )
    # The merchant has chosen this customer: if Stripe does not know them, that is an error and no
    # reason to create another one.
    of_merchant = seller is not None and seller.customer_id is not None
    retry = (
        None
        if of_merchant
        else msgspec.structs.replace(new_checkout, customer_id=None, customer_email=request.email)
    )
    session = await _open_session(seller.stripe if seller else services.stripe, new_checkout, retry)
    merchant = seller.merchant if seller else None
    _record_checkout(services, request, order.device, session, merchant=merchant)
    return session


def prepare_order(
    services: Services, request: CheckoutRequest, seller: Seller | None = None
) -> Order:
    """Check that the request may be bought now, and choose item and customer for it.

    Raises ProblemError: ``checkout_disabled``, ``invalid_request``, ``already_entitled``.
    """
    ensure_checkout_enabled(services)
    device = device_of(request)
    # A native app waits at a loopback address (RFC 8252 §7.3). Any other address would make the
    # return page an open redirect.
    if request.return_url is not None and not is_loopback_redirect(request.return_url):
        raise ProblemError(
            "returnUrl must be a loopback address with a port.", code="invalid_request"
        )
    item = seller.item if seller else _item_of_plan(services, request)
    _check_seats(item)
    metadata = {
        **({"deviceId": device.id} if device else {}),
        **(metadata_of(request.account) if request.account else {}),
        **item.metadata,
        **request.metadata,
    }
    return Order(
        item=item,
        device=device,
        customer_id=_paying_customer(services, request, device, item=item, seller=seller),
        metadata=metadata,
    )


def _reference(device: Device | None, account: Account | None) -> str | None:
    if device is not None:
        return device.id
    return account.account_id if account else None


async def _open_session(
    stripe: StripeApi, new_checkout: NewCheckout, retry: NewCheckout | None = None
) -> CheckoutSession:
    """Open the session. `retry` is tried where Stripe does not know the customer (any longer)."""
    try:
        return await stripe.create_checkout_session(new_checkout)
    except StripeError as error:
        if error.code == "resource_missing" and new_checkout.customer_id and retry is not None:
            return await _open_session(stripe, retry)
        if error.status < 500:
            raise ProblemError("Stripe rejected the checkout.", code="invalid_request") from None
        raise ProblemError("Stripe is unavailable.", code="stripe_unavailable") from None


def ensure_checkout_enabled(services: Services) -> None:
    """Raises ProblemError (``checkout_disabled``) while checkout is switched off."""
    live = services.settings.mode == "live"
    with services.store.read() as connection:
        on = switches.is_on(connection, switches.CHECKOUT)
    # No real money is taken before every production value is set.
    if not on or (live and deployability(services.settings) != "GO"):
        raise ProblemError("Checkout is disabled.", code="checkout_disabled")


def _item_of_plan(services: Services, request: CheckoutRequest) -> LineItem:
    plan, price = _find_price(services, request)
    if plan is None or price is None:
        raise ProblemError("Unknown plan or billing period.", code="invalid_request")
    return item_of_plan(plan, price, request.seats)


def _check_seats(item: LineItem) -> None:
    if not item.min_seats <= item.seats <= item.max_seats:
        raise ProblemError(
            f"seats must be between {item.min_seats} and {item.max_seats}.", code="invalid_request"
        )


def _find_price(
    services: Services, request: CheckoutRequest
) -> tuple[Plan | None, PlanPrice | None]:
    api = request.account.api if request.account else NATIVE
    plans = services.catalogue.sold_at(request.sold_at or api)
    if request.price_id is not None:
        offers = ((plan, price) for plan in plans for price in plan.prices)
        return next((o for o in offers if o[1].id == request.price_id), (None, None))
    if request.plan == "":
        return None, None
    plan = services.catalogue.plan_called(request.plan or "", request.sold_at or api)
    return plan, _price_of(plan, request.billing_period) if plan else None


def _price_of(plan: Plan, period: str | None) -> PlanPrice | None:
    """The plan's price for a period: by default for a month, or else the first one that it has."""
    if period is None:
        return plan.price_for("month") or next(iter(plan.prices), None)
    return plan.price_for(_INTERVALS[period]) if period in _INTERVALS else None


def _paying_customer(
    services: Services,
    request: CheckoutRequest,
    device: Device | None,
    *,
    item: LineItem,
    seller: Seller | None,
) -> str | None:
    """The customer who already pays for the account or device, so that they stay one customer.

    Raises ProblemError (``already_entitled``) if they have what the request is for.
    """
    account, now_ms = request.account, services.now_ms()
    with services.store.read() as connection:
        if seller is not None and seller.customer_id is not None:
            customer_id: str | None = seller.customer_id
            state = customer_states.state_of(connection, seller.customer_id)
        elif account is not None:
            buyer = account if seller is None else own_shop(account)
            customer_id = accounts.find_customer(connection, buyer)
            state = customer_states.state_of(connection, customer_id) if customer_id else None
        else:
            # Id and key stand in every request link: alone they say nothing about whose device it
            # is, or any stranger would learn who is entitled, and buy as that customer.
            known = device if request.device_proven else None
            customer_id, state = _owner_of_device(connection, known) if known else (None, None)
            if known and state is None and seller is None:
                second_purchases.check_address(services, connection, request.email, now_ms)
        entitled = state is not None and is_entitled(services, connection, state, now_ms)
    # Stripe opens no session for a deleted customer, so the account starts with a new one.
    if state is None or state.reason == "customer_deleted":
        return customer_id if state is None else None
    if _already_owns(request, item, state):
        second_purchases.check_customer(state, entitled=entitled)
    return customer_id


def _already_owns(request: CheckoutRequest, item: LineItem, state: BillingState) -> bool:
    """Whether an entitled customer in this state already has what the request is for.

    An account has one subscription, a merchant's customer one for each price. Single purchases can
    be repeated, but a device needs no second license.
    """
    if request.device_id is not None:
        return True
    sold_to_customer = request.account is None
    return not item.once and (not sold_to_customer or state.price_id == item.price_id)


def _owner_of_device(
    connection: sa.Connection, device: Device
) -> tuple[str, BillingState] | tuple[None, None]:
    found = devices.find_device_with_state(connection, device.id)
    if found is None or found[0].removed_at is not None:
        return None, None
    return found[0].customer_id, customer_states.decode(found[1])


def is_entitled(
    services: Services, connection: sa.Connection, state: BillingState, now_ms: int
) -> bool:
    """Whether a device of the customer in this state may work at `now_ms`."""
    seller = find_seller(services, connection, state)
    return standing_of(services, state, seller, now_ms).active


def _record_checkout(
    services: Services,
    request: CheckoutRequest,
    device: Device | None,
    session: CheckoutSession,
    *,
    merchant: str | None,
) -> None:
    with services.store.write() as connection:
        if request.account is not None:
            accounts.ensure_account(services.store, connection, request.account, session.created_ms)
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
                return_url=request.return_url,
                merchant=merchant,
            ),
        )
