"""``dashclicks``: what a merchant sells, and who bought it.

Amounts are integers in the currency's smallest unit; instants epoch ms.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from keystead.wire.dashclicks import BASE
from keystead.wire.dashclicks.page import Page
from keystead.wire.fields import CheckoutFields, DeviceFields, PortalFields, ShortText, Wire
from keystead.wire.nyra import Invoice, PaymentMethod

PRODUCTS = f"{BASE}/products"
PRICES = f"{BASE}/prices"
PLANS = f"{BASE}/plans"
CHARGES = f"{BASE}/charges"
PORTAL = f"{BASE}/portal"
INVOICES = f"{BASE}/invoices"
SUBSCRIPTION = f"{BASE}/subscription"
PAYMENT_INTENTS = f"{BASE}/payment-intents"
BALANCE = f"{BASE}/balance"
PAYMENT_LINKS = f"{BASE}/payment-links"

#: As much as Stripe takes: eight digits (https://docs.stripe.com/currencies#minimum-and-maximum).
MAX_AMOUNT = 99_999_999
Amount = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
Currency = Annotated[str, Meta(pattern="^[a-z]{3}$")]
Interval = Literal["month", "year"]
Name = Annotated[str, Meta(min_length=1, max_length=250, pattern=r"^[^\x00-\x1f\x7f]+$")]
#: What a program asks its license for.
Feature = Annotated[str, Meta(pattern="^[A-Za-z0-9_.:-]{1,40}$")]
#: As many as one value of Stripe's metadata holds: 500 characters.
Features = Annotated[tuple[Feature, ...], Meta(max_length=12)]
#: An id of Stripe's, or one that a merchant gave to a product.
StripeId = Annotated[str, Meta(pattern="^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$")]
Quantity = Annotated[int, Meta(ge=1, le=1000)]


class NewPrice(Wire, frozen=True, kw_only=True):
    """A price: of each period where it has an ``interval``, else paid once."""

    amount: Amount
    currency: Currency
    interval: Interval | None = None


class Price(Wire, frozen=True, kw_only=True):
    """``interval`` is Stripe's, whatever it is; null is paid once."""

    id: str
    product_id: str
    amount: int | None
    currency: str
    interval: str | None
    interval_count: int | None
    active: bool
    created_at: int


class NewProduct(Wire, frozen=True, kw_only=True):
    """A product with its first price; ``features`` are what its buyers' licenses allow."""

    name: Name
    price: NewPrice
    features: Features = ()


class ProductChange(Wire, frozen=True, kw_only=True):
    """Only what is given is changed; features are given as a whole."""

    name: Name | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    features: Features | UnsetType = UNSET


class Product(Wire, frozen=True, kw_only=True):
    """``key`` is what its buyers' licenses are for."""

    id: str
    name: str
    active: bool
    key: str
    features: tuple[str, ...]
    created_at: int


class PricedProduct(Product, frozen=True, kw_only=True):
    """A product by itself: ``prices`` are its newest hundred."""

    prices: tuple[Price, ...]


class ProductRemoved(Wire, frozen=True, kw_only=True):
    """Stripe keeps a product that has prices: that one is ``archived``, and sold no longer."""

    id: str
    deleted: bool
    archived: bool


class Purchase(CheckoutFields, frozen=True, kw_only=True):
    """What is to be bought: a price, or a plan and how often it is paid.

    Without ``customer_id`` the account itself buys. ``return_url`` is where the program listens
    on loopback. ``from_balance``: what is paid once is paid from the account's balance, at once.
    """

    price_id: StripeId | None = None
    plan: StripeId | None = None
    billing_period: ShortText | None = None
    quantity: Quantity | None = None
    customer_id: StripeId | None = None
    from_balance: bool = False


class PurchaseAnswer(Wire, frozen=True, kw_only=True):
    """The page to pay on, or that says it is paid; ``id``, ``session_id``: the checkout."""

    id: str
    url: str
    session_id: str
    expires_at: int


class Charge(Wire, frozen=True, kw_only=True):
    """A payment; ``status`` is Stripe's: ``succeeded``, ``pending`` or ``failed``."""

    id: str
    status: str
    amount: int
    amount_refunded: int
    currency: str
    paid: bool
    refunded: bool
    disputed: bool
    customer_id: str | None
    payment_intent_id: str | None
    description: str | None
    failure: str | None
    created_at: int


class PortalRequest(PortalFields, frozen=True, kw_only=True):
    """The portal of a customer, or of the account itself."""

    customer_id: StripeId | None = None


class PortalAnswer(Wire, frozen=True, kw_only=True):
    url: str
    expires_at: int


class InvoicesPage(Page[Invoice], frozen=True, kw_only=True):
    """``payment_method`` is what the account's next invoice is charged to, where that is known."""

    payment_method: PaymentMethod | None = None


class Subscription(Wire, frozen=True, kw_only=True):
    """What the account itself has; ``status`` is null where nothing was ever bought."""

    account_id: str
    active: bool
    plan: str | None
    features: tuple[str, ...]
    status: str | None
    seats: int
    current_period_end: int | None
    cancel_at_period_end: bool
    customer_id: str | None
    subscription_id: str | None
    price_id: str | None


Purpose = Literal["purchase", "top_up"]
#: How an account's balance moves: paid in, taken back by Stripe and in again where that came to
#: nothing (as Stripe's reports call it), spent on a purchase.
EntryKind = Literal["top_up", "refund", "refund_failure", "dispute", "dispute_reversal", "spent"]


class NewPaymentIntent(Wire, frozen=True, kw_only=True):
    """A payment that the merchant's own page asks for; a top-up is for the account's balance."""

    purpose: Purpose
    amount: Annotated[int, Meta(ge=1, le=MAX_AMOUNT)]
    currency: Currency
    customer_id: StripeId | None = None


class PaymentIntent(Wire, frozen=True, kw_only=True):
    """``status`` is Stripe's. ``purpose`` is null for an intent that was made elsewhere.

    ``url`` is a page that takes the payment, where Stripe is simulated; Stripe itself has none,
    and a page of the merchant's takes it by ``client_secret``.
    """

    id: str
    client_secret: str | None
    status: str
    amount: int
    currency: str
    purpose: Purpose | None
    customer_id: str | None
    url: str | None
    created_at: int


class Entry(Wire, frozen=True, kw_only=True):
    """A movement of a balance, signed, and the payment, refund, dispute or purchase behind it."""

    id: str
    kind: EntryKind
    amount: int
    currency: str
    source: str
    created_at: int


class Balance(Wire, frozen=True, kw_only=True):
    currency: str
    amount: int


class BalanceAnswer(Wire, frozen=True, kw_only=True):
    """What the account has left of each currency: the sums of all of its entries."""

    balances: tuple[Balance, ...]
    entries: Page[Entry]


class LinkItem(Wire, frozen=True, kw_only=True):
    """One line: so many of something, at ``amount`` each."""

    description: Name
    amount: Amount
    currency: Currency
    quantity: Quantity = 1


class NewPaymentLink(DeviceFields, frozen=True, kw_only=True):
    """An invoice for whatever the merchant has done or sold, as a link to a page that takes it.

    A device works once it is paid: by ``plan``, as at a purchase.
    """

    customer_id: StripeId
    items: Annotated[tuple[LinkItem, ...], Meta(min_length=1, max_length=100)]
    plan: StripeId | None = None


class PaymentLink(Wire, frozen=True, kw_only=True):
    """``status`` is the invoice's: ``open``, ``paid``, ``void``, ``uncollectible``.

    ``id`` and ``session_id`` stand for it where a checkout's session does. ``short_url`` leads to
    ``url``, the hosted page, until it is voided. At ``expires_at`` Stripe closes the page.
    """

    id: str
    url: str
    short_url: str
    session_id: str
    expires_at: int
    status: str
    customer_id: str
    invoice_id: str
    invoice_number: str | None
    amount: int
    amount_paid: int
    currency: str
    items: tuple[LinkItem, ...]
    created_at: int
