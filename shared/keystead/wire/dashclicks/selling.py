"""Products, prices, purchases and payments of a ``dashclicks`` merchant.

Amounts are integers in the currency's smallest unit; instants epoch ms.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from keystead.wire.dashclicks import BASE
from keystead.wire.dashclicks.page import Page
from keystead.wire.dashclicks.people import ContactId
from keystead.wire.fields import (
    CheckoutFields,
    DeviceFields,
    Email,
    PortalFields,
    ShortText,
    Wire,
)
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
USAGE = f"{BALANCE}/usage"
PAYMENT_LINKS = f"{BASE}/payment-links"

#: Stripe's maximum: eight digits (https://docs.stripe.com/currencies#minimum-and-maximum).
MAX_AMOUNT = 99_999_999
Amount = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
Currency = Annotated[str, Meta(pattern="^[a-z]{3}$")]
Interval = Literal["month", "year"]
Name = Annotated[str, Meta(min_length=1, max_length=250, pattern=r"^[^\x00-\x1f\x7f]+$")]
#: The name of a feature, which a program checks in its license.
Feature = Annotated[str, Meta(pattern="^[A-Za-z0-9_.:-]{1,40}$")]
#: Twelve names of 40 characters fit into one value of Stripe's metadata: 500 characters.
Features = Annotated[tuple[Feature, ...], Meta(max_length=12)]
#: An id from Stripe, or a product id that a merchant chose.
StripeId = Annotated[str, Meta(pattern="^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$")]
Quantity = Annotated[int, Meta(ge=1, le=1000)]


class NewPrice(Wire, frozen=True, kw_only=True):
    """A new price: recurring with an ``interval``, otherwise one-time."""

    amount: Amount
    currency: Currency
    interval: Interval | None = None


class Price(Wire, frozen=True, kw_only=True):
    """``interval`` is any of Stripe's values; null for a one-time price."""

    id: str
    product_id: str
    amount: int | None
    currency: str
    interval: str | None
    interval_count: int | None
    active: bool
    created_at: int


class NewProduct(Wire, frozen=True, kw_only=True):
    """A product with its first price; ``features`` are those of its buyers' licenses."""

    name: Name
    price: NewPrice
    features: Features = ()


class ProductChange(Wire, frozen=True, kw_only=True):
    """The fields to change. ``features`` replaces all features."""

    name: Name | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    features: Features | UnsetType = UNSET


class Product(Wire, frozen=True, kw_only=True):
    """``key`` is the entitlement key of its buyers' licenses."""

    id: str
    name: str
    active: bool
    key: str
    features: tuple[str, ...]
    created_at: int


class PricedProduct(Product, frozen=True, kw_only=True):
    """A single product with its newest hundred prices."""

    prices: tuple[Price, ...]


class ProductRemoved(Wire, frozen=True, kw_only=True):
    """Stripe can't delete a product that has prices, so it is ``archived`` instead."""

    id: str
    deleted: bool
    archived: bool


#: What is set up for the account after the purchase.
Bundle = Literal["phone", "listing"]


class Purchase(CheckoutFields, frozen=True, kw_only=True):
    """A purchase of a price, or of a plan with its billing period.

    Without ``customer_id`` the account itself buys. ``return_url`` is the program's loopback URL.
    With ``from_balance`` a one-time price is paid immediately from the account's balance. A
    ``bundle`` adds the setup fee to a one-time price.
    """

    price_id: StripeId | None = None
    plan: StripeId | None = None
    billing_period: ShortText | None = None
    quantity: Quantity | None = None
    customer_id: StripeId | None = None
    from_balance: bool = False
    bundle: Bundle | None = None


class PurchaseAnswer(Wire, frozen=True, kw_only=True):
    """The page to pay on, or the page that confirms a payment from the balance.

    ``id`` and ``session_id`` both identify the checkout.
    """

    id: str
    url: str
    session_id: str
    expires_at: int


class Charge(Wire, frozen=True, kw_only=True):
    """A charge; ``status`` is Stripe's: ``succeeded``, ``pending`` or ``failed``."""

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
    """The portal of a customer, or without ``customer_id`` of the account itself."""

    customer_id: StripeId | None = None


class PortalAnswer(Wire, frozen=True, kw_only=True):
    url: str
    expires_at: int


class InvoicesPage(Page[Invoice], frozen=True, kw_only=True):
    """``payment_method`` is charged for the account's next invoice; None if unknown."""

    payment_method: PaymentMethod | None = None


class Subscription(Wire, frozen=True, kw_only=True):
    """The account's own subscription; ``status`` is null if there has never been one."""

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
#: Movements of an account's balance: a top-up, its refund or dispute and the reversal of either
#: (named as in Stripe's reports), and a purchase.
EntryKind = Literal[
    "top_up", "refund", "refund_failure", "dispute", "dispute_reversal", "spent", "usage"
]


class NewPaymentIntent(Wire, frozen=True, kw_only=True):
    """A payment on the merchant's own page; a ``top_up`` is credited to the account's balance."""

    purpose: Purpose
    amount: Annotated[int, Meta(ge=1, le=MAX_AMOUNT)]
    currency: Currency
    customer_id: StripeId | None = None


class PaymentIntent(Wire, frozen=True, kw_only=True):
    """``status`` is Stripe's. ``purpose`` is null for an intent that this API didn't create.

    ``url`` is the payment page of the simulated Stripe. Stripe itself has no such page: there the
    merchant's page confirms the payment with ``client_secret``.
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
    """A signed movement of a balance; ``source`` is its payment, refund, dispute or purchase.

    ``amount`` is in the ledger's currency: ``original_amount`` at ``rate``.
    """

    id: str
    kind: EntryKind
    amount: int
    currency: str
    source: str
    created_at: int
    original_amount: int
    original_currency: str
    rate: str


class NewUsage(Wire, frozen=True, kw_only=True):
    """Something that is taken from the account's balance."""

    amount: Annotated[int, Meta(ge=1, le=MAX_AMOUNT)]
    currency: Currency
    description: Name


class Usage(Wire, frozen=True, kw_only=True):
    """A row of the usage log; ``base_amount`` is ``amount`` at ``rate``."""

    id: str
    description: str
    amount: int
    currency: str
    base_amount: int
    base_currency: str
    rate: str
    created_at: int


class Balance(Wire, frozen=True, kw_only=True):
    currency: str
    amount: int


class BalanceAnswer(Wire, frozen=True, kw_only=True):
    """The account's balance in each currency, which is the sum of all its entries."""

    balances: tuple[Balance, ...]
    entries: Page[Entry]


class LinkItem(Wire, frozen=True, kw_only=True):
    """A line item; ``amount`` is the unit price."""

    description: Name
    amount: Amount
    currency: Currency
    quantity: Quantity = 1


class NewPaymentLink(DeviceFields, frozen=True, kw_only=True):
    """An invoice for arbitrary items, as a link to its payment page.

    It is for a customer, or for a contact of the CRM: the customer who is linked to it or, if there
    is none, a new one with ``email`` and ``name``. When it is paid, the device is activated with
    ``plan``, as after a purchase.
    """

    customer_id: StripeId | None = None
    contact_id: ContactId | None = None
    email: Email | None = None
    name: Name | None = None
    items: Annotated[tuple[LinkItem, ...], Meta(min_length=1, max_length=100)]
    plan: StripeId | None = None


class PaymentLink(Wire, frozen=True, kw_only=True):
    """``status`` is the invoice's: ``open``, ``paid``, ``void`` or ``uncollectible``.

    ``id`` and ``session_id`` are accepted wherever a checkout session's id is. ``short_url``
    redirects to ``url``, the hosted page, until the invoice is voided. Stripe closes the page at
    ``expires_at``.
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
