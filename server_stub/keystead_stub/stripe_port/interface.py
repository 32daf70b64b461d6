"""What the stub asks of Stripe, whether Stripe is simulated or real.

`StripeApi` is what a billing API needs to serve its customers; both the simulation and the
official SDK give it. The rest of the world, which only the simulation has, is
`keystead_stub.stripe_sim.simulation_controls`.

Instants are epoch milliseconds (`…_ms`); amounts are integers in the currency's smallest unit.
`document` is the object as Stripe's API gives it (pinned version), and is read only.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from keystead.errors import KeysteadError
from keystead_stub.stripe_sim.resources.subscriptions.rules import AfterTrial

STRIPE_API_VERSION = "2026-02-25.clover"
#: What simulated Stripe is asked for in `Prefer` by who waits for webhooks by itself (RFC 7240
#: §4.1): an answer before they are delivered.
RESPOND_ASYNC = "respond-async"

Document = Mapping[str, Any]
Mode = Literal["simulated", "test", "live"]
Interval = Literal["month", "year"]
CheckoutMode = Literal["subscription", "payment"]
FutureUsage = Literal["off_session", "on_session"]
CheckoutStatus = Literal["open", "complete", "expired"]
PaymentStatus = Literal["paid", "unpaid", "no_payment_required"]
InvoiceStatus = Literal["draft", "open", "paid", "uncollectible", "void"]
PortalFlow = Literal["payment_method_update", "subscription_cancel", "subscription_update"]


class StripeError(KeysteadError):
    """Stripe said no: `code` is Stripe's error code, `status` the HTTP status it goes with.

    Codes of the simulation: `resource_missing` (404), `invalid_request` (400),
    `illegal_transition` (409), `card_declined` and its kin (402), `stripe_unreachable` (502,
    live mode only).
    """

    def __init__(self, sentence: str, *, code: str, status: int = 400) -> None:
        super().__init__(sentence, code=code)
        self.status = status


class InlinePrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price that is made for one checkout: of a product that there is, or of a named new one."""

    currency: str
    unit_amount: int
    product_id: str | None = None
    name: str | None = None
    description: str | None = None
    interval: Interval | None = None


class CheckoutItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a checkout: so many of a price of the account, or of one made for it."""

    price_id: str | None = None
    price: InlinePrice | None = None
    quantity: int = 1


class NewCheckout(msgspec.Struct, frozen=True, kw_only=True):
    """A checkout session to be opened: for a subscription, or in `payment` mode for one purchase.

    `success_url` and `cancel_url` may hold `{CHECKOUT_SESSION_ID}`. People may type a promotion
    code, or the session has its discount from the start, or neither. A trial of 0 days is none;
    `trial_end_behavior` says what becomes of it without a payment method. It lives a day, or from
    half an hour to a day till `expires_at_ms`. The same `idempotency_key` within a day gives the
    same session.

    A purchase is of one-time prices; its `payment_…` are told by its payment intent. Its customer
    is made where none is named, unless only `if_required`: by an invoice, or a saved card.
    """

    items: tuple[CheckoutItem, ...]
    success_url: str
    cancel_url: str
    mode: CheckoutMode = "subscription"
    client_reference_id: str | None = None
    metadata: dict[str, str] = {}
    subscription_metadata: dict[str, str] = {}
    payment_metadata: dict[str, str] = {}
    payment_description: str | None = None
    setup_future_usage: FutureUsage | None = None
    invoice_creation: bool = False
    customer_id: str | None = None
    customer_creation: Literal["always", "if_required"] = "always"
    customer_email: str | None = None
    locale: str | None = None
    allow_promotion_codes: bool = False
    coupon_id: str | None = None
    promotion_code_id: str | None = None
    trial_period_days: int = 0
    trial_end_behavior: AfterTrial = "create_invoice"
    payment_method_collection: Literal["always", "if_required"] = "always"
    expires_at_ms: int | None = None
    idempotency_key: str | None = None


class CheckoutSession(msgspec.Struct, frozen=True, kw_only=True):
    """One checkout session; `url` is null once it is no longer open."""

    id: str
    mode: CheckoutMode
    status: CheckoutStatus
    payment_status: PaymentStatus
    url: str | None
    created_ms: int
    expires_at_ms: int
    customer_id: str | None
    customer_email: str | None
    subscription_id: str | None
    payment_intent_id: str | None
    client_reference_id: str | None
    metadata: dict[str, str]
    amount_subtotal: int | None
    amount_total: int | None
    currency: str | None
    success_url: str | None
    cancel_url: str | None
    locale: str | None
    document: Document


class NewPortal(msgspec.Struct, frozen=True, kw_only=True):
    """A customer portal session to be opened; `flow` lands on one page of it."""

    customer_id: str
    return_url: str | None = None
    flow: PortalFlow | None = None
    locale: str | None = None
    idempotency_key: str | None = None


class PortalSession(msgspec.Struct, frozen=True, kw_only=True):
    """One portal session. Stripe does not say when it ends: 5 minutes unless used, here 1 h."""

    id: str
    url: str
    customer_id: str
    return_url: str | None
    flow: PortalFlow | None
    created_ms: int
    expires_at_ms: int
    document: Document


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """One invoice."""

    id: str
    number: str | None
    status: InvoiceStatus
    customer_id: str
    subscription_id: str | None
    currency: str
    subtotal: int
    total: int
    amount_due: int
    amount_paid: int
    amount_remaining: int
    created_ms: int
    period_start_ms: int
    period_end_ms: int
    attempt_count: int
    next_payment_attempt_ms: int | None
    hosted_invoice_url: str | None
    document: Document


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription: price, interval, quantity and period are its main item's.

    The quantity of a metered item is 1.
    """

    id: str
    status: str
    customer_id: str
    price_id: str
    interval: Interval
    quantity: int
    current_period_start_ms: int
    current_period_end_ms: int
    cancel_at_period_end: bool
    trial_end_ms: int | None
    canceled_at_ms: int | None
    ended_at_ms: int | None
    collection_paused: bool
    latest_invoice_id: str | None
    metadata: dict[str, str]
    document: Document


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What may be shown of a payment method: `brand` is `sepa_debit` for a bank debit."""

    payment_method_id: str
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """One customer; `deleted` ones are kept, as Stripe keeps their id."""

    id: str
    email: str | None
    name: str | None
    created_ms: int
    deleted: bool
    metadata: dict[str, str]
    card: Card | None
    document: Document


class PaymentResult(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt to pay on a hosted page ended.

    `paid`; `saved` (a card, with nothing to pay); `processing` (a bank debit, known days later);
    `requires_action` (3-D Secure: ask the person, then call again with `authenticate=True` or
    `False`); `declined`, with Stripe's decline `code` and a `sentence` for the person.
    """

    status: Literal["paid", "saved", "processing", "requires_action", "declined"]
    code: str | None = None
    sentence: str | None = None
    session: CheckoutSession | None = None
    invoice: Invoice | None = None


DeliveryStatus = Literal["pending", "delivered", "failed"]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to deliver one event to one endpoint.

    `status` is the HTTP status, null where there was no answer (then `error` says why).
    `next_attempt_ms` is null after success and after the last attempt.
    """

    event_id: str
    endpoint_id: str
    url: str
    attempt: int
    at_ms: int
    status: int | None
    duration_ms: int
    error: str | None
    next_attempt_ms: int | None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event, with what is known of its deliveries.

    `pending_webhooks` counts the endpoints that have not yet answered 2xx. `account` is the
    connected account that it is of, null for the platform's own.
    """

    id: str
    type: str
    created_ms: int
    object_id: str | None
    customer_id: str | None
    account: str | None
    pending_webhooks: int
    deliveries: tuple[Delivery, ...]
    document: Document

    @property
    def delivery_status(self) -> DeliveryStatus:
        """How far it has come with all endpoints; ``failed`` is one that nobody tries again."""
        if self.pending_webhooks:
            return "pending"
        last = {one.endpoint_id: one for one in sorted(self.deliveries, key=lambda d: d.attempt)}
        arrived = all(one.status is not None and 200 <= one.status < 300 for one in last.values())
        return "delivered" if arrived else "failed"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook endpoint; the newest secret is the last, and each of them signs."""

    id: str
    url: str
    secrets: tuple[str, ...]
    enabled_events: tuple[str, ...] = ("*",)


class AccountPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price as the account has it; `interval` is null for one that is paid once."""

    id: str
    active: bool
    currency: str
    interval: str | None
    interval_count: int


class AccountEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook endpoint of the account; without a version it gets events in the account's."""

    url: str
    enabled: bool
    events: tuple[str, ...]
    api_version: str | None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The account's settings as far as a preflight asks for them."""

    id: str
    mode: Mode
    charges_enabled: bool
    #: Those of the prices asked for that there are.
    prices: tuple[AccountPrice, ...]
    endpoints: tuple[AccountEndpoint, ...]
    #: What the portal's standard configuration offers; null where it was never set up.
    portal_features: tuple[str, ...] | None


class OpenedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A new account, and the only time that its secret key is shown."""

    id: str
    secret_key: str


class StripeApi(Protocol):
    """What every billing API needs; simulated or live. Each call raises `StripeError`."""

    @property
    def mode(self) -> Mode:
        """Which Stripe this is."""
        ...

    async def create_checkout_session(self, request: NewCheckout) -> CheckoutSession:
        """Open a checkout session."""
        ...

    async def get_checkout_session(self, session_id: str) -> CheckoutSession:
        """Return a session; `resource_missing` if there is none."""
        ...

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        """Close an open session."""
        ...

    async def create_portal_session(self, request: NewPortal) -> PortalSession:
        """Open a customer portal session."""
        ...

    async def list_invoices(self, customer_id: str) -> tuple[Invoice, ...]:
        """Return the customer's invoices, newest first."""
        ...

    async def payment_secret(self, invoice_id: str) -> str:
        """Return the client secret that pays an open invoice.

        `resource_missing` for no invoice, `illegal_transition` for one that is not open.
        """
        ...

    async def get_subscription(self, customer_id: str) -> Subscription | None:
        """Return the customer's newest subscription, running ones first."""
        ...

    async def get_card(self, customer_id: str) -> Card | None:
        """Return what the customer's next invoice is charged to, if anything is on file."""
        ...

    async def get_account(self, price_ids: Sequence[str] = ()) -> Account:
        """Return what a preflight wants to know, of these prices too."""
        ...
