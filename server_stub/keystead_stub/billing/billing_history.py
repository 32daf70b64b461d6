"""One customer's history: what events report, as far as it decides what they may use. Pure.

A history keeps the newest version of each object, by the events' true order, and not the events.
`merge` is commutative, associative and idempotent (a join semilattice), so events that come late,
shuffled, repeated or with gaps end in the same history, and one more event costs the same however
many came before it. What one event says is read in `event_facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, Generic, TypeVar

import msgspec

from keystead_stub.billing.entitlements import ProductEntitlement

#: Stored histories of another version are rebuilt from the kept events. Raise it whenever this
#: module, `event_facts` or the events' order in `stripe_types.events` changes.
FOLD_VERSION = 4
#: How many of a subscription's newest payment events are kept. Stripe sends two for each
#: paid invoice, and only the newest invoice of a subscription is ever looked for among them.
RECENT_PAYMENTS = 24

#: An event's place among all events: (created in ms, precedence of its type, id).
Order = tuple[int, int, str]

T = TypeVar("T")
#: A type whose values can be compared.
C = TypeVar("C", int, str, "Payment", "InvoiceStatus")


class Latest(msgspec.Struct, Generic[T], frozen=True, array_like=True):
    """The value that the newest event gave."""

    order: Order
    value: T


class Tracked(msgspec.Struct, Generic[T], frozen=True, array_like=True):
    """The newest version of an object, and the first event that named it."""

    first: Order
    last: Order
    value: T


class Item(msgspec.Struct, frozen=True, array_like=True):
    """One item of a subscription. Instants in ms."""

    price_id: str | None = None
    product_id: str | None = None
    seats: int = 1
    period_start_ms: int | None = None
    period_end_ms: int | None = None
    #: Usage is paid for after the period and not before it.
    metered: bool = False
    #: Whether its price is 0.
    free: bool = False


class SubscriptionVersion(msgspec.Struct, frozen=True, array_like=True):
    """A subscription as one event has it, without its status."""

    created_ms: int
    items: tuple[Item, ...]
    cancel_at_ms: int | None
    cancel_at_period_end: bool
    latest_invoice: str | None
    modules: dict[str, Any]
    #: What our own checkout wrote into its metadata, and for which price.
    entitles: ProductEntitlement | None
    entitles_for_price: str | None
    #: The connected account that it is of, null for the platform's own.
    account: str | None


class SubscriptionHistory(msgspec.Struct, frozen=True, array_like=True):
    """A subscription over time. Status and plan may be newer than the version."""

    first: Order
    status: Latest[str]
    version: Latest[SubscriptionVersion]
    #: The plan that metadata named last, and whether any named an account without a plan.
    plan: Latest[str] | None
    unnamed_plan: bool


class Payment(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A paid invoice of more than 0; the greater one is the newer one."""

    created_ms: int
    order: Order
    invoice_id: str


class SubscriptionPayments(msgspec.Struct, frozen=True, array_like=True):
    """How long a subscription is paid for, and its newest paid invoices by their events.

    Bounded, so that a subscription of many years costs no more than one of a year. The newest of
    all events stay the newest whichever of them came first, so nothing depends on the arrival.
    """

    until_ms: int | None
    recent: tuple[Latest[str], ...]

    @property
    def invoices(self) -> frozenset[str]:
        return frozenset(one.value for one in self.recent)


class InvoiceStatus(msgspec.Struct, frozen=True, array_like=True, order=True):
    """An invoice as one event has it; the greater one is of a newer invoice, or a later status."""

    created_ms: int
    invoice_id: str
    #: How far the status is on an invoice's way, which has no way back.
    progress: int
    status: str


class Purchase(msgspec.Struct, frozen=True, array_like=True):
    """A paid invoice of no subscription that our own metadata makes a license of."""

    entitles: ProductEntitlement
    price_id: str | None
    seats: int
    #: Whether its total is 0.
    free: bool = False


class Checkout(msgspec.Struct, frozen=True, array_like=True):
    """A completed checkout session; `pending` while a bank debit is under way."""

    subscription_id: str | None
    pending: bool
    failed: bool = False
    #: What our own checkout wrote into its metadata: known before the subscription is.
    price_id: str | None = None
    entitles: ProductEntitlement | None = None
    seats: int = 1
    modules: dict[str, Any] = {}
    plan: str | None = None
    #: Whether it is in payment mode, and the intent that pays for it.
    once: bool = False
    intent: str | None = None
    #: The device that started it.
    device_id: str | None = None
    #: Whether its total is 0.
    free: bool = False


class ReturnedPayment(msgspec.Struct, frozen=True, array_like=True):
    """A charge that was refunded or is disputed: when it was made, and by which intent."""

    made_ms: int
    intent: str | None


class BillingHistory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that decides what a customer may use; the empty one is that of a new customer."""

    #: The connected Stripe account whose customer this is, null for the platform's own. All events
    #: of a customer are of one Stripe account.
    account: str | None = None
    #: As the customer or a checkout has it, and as the first paid invoice has it.
    email: Latest[str] | None = None
    invoice_email: Latest[str] | None = None
    deleted: bool = False
    features: Latest[tuple[str, ...]] | None = None
    #: The active entitlements as Stripe lists them, as JSON.
    entitlements: Latest[str] | None = None
    last_invoice: InvoiceStatus | None = None
    subscriptions: dict[str, SubscriptionHistory] = {}
    payments: dict[str, SubscriptionPayments] = {}
    newest_payment: Payment | None = None
    checkouts: dict[str, Tracked[Checkout]] = {}
    purchases: dict[str, Tracked[Purchase]] = {}
    #: Payment intents that pay for no subscription, whatever becomes of their money.
    other_intents: frozenset[str] = frozenset()
    #: Which invoice a payment intent has paid; an intent pays one invoice.
    invoice_of_intent: dict[str, str] = {}
    refunds: dict[str, Latest[ReturnedPayment]] = {}
    #: A dispute that was won is kept as null: an older event of it may still arrive.
    disputes: dict[str, Latest[ReturnedPayment | None]] = {}
    payment_failed: Latest[bool] | None = None


EMPTY = BillingHistory()

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(BillingHistory)


def encode(history: BillingHistory) -> str:
    """The history as JSON. Equal histories have equal texts."""
    return _encoder.encode(history).decode()


def decode(text: str) -> BillingHistory:
    """The history that `encode` wrote, of this `FOLD_VERSION`."""
    return _decoder.decode(text)


def merge_all(histories: Iterable[BillingHistory]) -> BillingHistory:
    """Merge any number of histories, in whatever order they are given."""
    return reduce(merge, histories, EMPTY)


def merge(one: BillingHistory, other: BillingHistory) -> BillingHistory:
    """Merge what two sets of events report. It is fastest with the larger history first."""
    return BillingHistory(
        account=_greater(one.account, other.account),
        email=_latest(one.email, other.email),
        invoice_email=_earliest(one.invoice_email, other.invoice_email),
        deleted=one.deleted or other.deleted,
        features=_latest(one.features, other.features),
        entitlements=_latest(one.entitlements, other.entitlements),
        last_invoice=_greater(one.last_invoice, other.last_invoice),
        subscriptions=_join(one.subscriptions, other.subscriptions, _merge_subscription),
        payments=_join(one.payments, other.payments, _merge_payments),
        newest_payment=_greater(one.newest_payment, other.newest_payment),
        checkouts=_join(one.checkouts, other.checkouts, _tracked),
        purchases=_join(one.purchases, other.purchases, _tracked),
        other_intents=one.other_intents | other.other_intents,
        # An intent pays one invoice. `max` only makes the result independent of the order.
        invoice_of_intent=_join(one.invoice_of_intent, other.invoice_of_intent, max),
        refunds=_join(one.refunds, other.refunds, _newer),
        disputes=_join(one.disputes, other.disputes, _newer),
        payment_failed=_latest(one.payment_failed, other.payment_failed),
    )


def _join(one: dict[str, T], other: dict[str, T], combine: Callable[[T, T], T]) -> dict[str, T]:
    if not other:
        return one
    changed = {key: combine(one[key], new) if key in one else new for key, new in other.items()}
    return one | changed


def _newer(one: Latest[T], other: Latest[T]) -> Latest[T]:
    return other if other.order > one.order else one


def _latest(one: Latest[T] | None, other: Latest[T] | None) -> Latest[T] | None:
    if one is None or other is None:
        return one or other
    return _newer(one, other)


def _earliest(one: Latest[T] | None, other: Latest[T] | None) -> Latest[T] | None:
    if one is None or other is None:
        return one or other
    return other if other.order < one.order else one


def _tracked(one: Tracked[T], other: Tracked[T]) -> Tracked[T]:
    newest = other if other.last > one.last else one
    return Tracked(min(one.first, other.first), newest.last, newest.value)


def _greater(one: C | None, other: C | None) -> C | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def _merge_payments(one: SubscriptionPayments, other: SubscriptionPayments) -> SubscriptionPayments:
    newest = sorted({*one.recent, *other.recent}, key=_order, reverse=True)
    return SubscriptionPayments(
        until_ms=_greater(one.until_ms, other.until_ms), recent=tuple(newest[:RECENT_PAYMENTS])
    )


def _order(latest: Latest[str]) -> Order:
    return latest.order


def _merge_subscription(
    one: SubscriptionHistory, other: SubscriptionHistory
) -> SubscriptionHistory:
    return SubscriptionHistory(
        first=min(one.first, other.first),
        status=_newer(one.status, other.status),
        version=max(one.version, other.version, key=_completeness),
        plan=_latest(one.plan, other.plan),
        unnamed_plan=one.unnamed_plan or other.unnamed_plan,
    )


def _completeness(version: Latest[SubscriptionVersion]) -> tuple[bool, Order]:
    # Stripe always sends the items: an event that leaves them out changes the status only.
    return bool(version.value.items), version.order
