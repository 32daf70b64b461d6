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
from keystead_stub.billing.facts.statements import Moment, Statements, join, last
from keystead_stub.stripe_types.object_shapes import BilledPeriod

#: Stored histories of another version are rebuilt from the kept events. Raise it whenever this
#: module, `event_facts`, `statements` or the events' order in `stripe_types.events` changes.
FOLD_VERSION = 8
#: How many of a subscription's newest invoices are kept: of those that pay for a period, and of
#: the others. Only the newest ones decide anything.
RECENT_INVOICES = 12

T = TypeVar("T")
#: A type whose values can be compared.
C = TypeVar("C", str, "InvoiceStatus")


class Dated(msgspec.Struct, Generic[T], frozen=True, array_like=True):
    """A value, and the moment of the event that gave it."""

    at: Moment
    value: T


class Tracked(msgspec.Struct, Generic[T], frozen=True, array_like=True):
    """The newest version of an object, and the first event that named it."""

    first: Moment
    last: Moment
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
    #: How many days an invoice that is sent has to be paid; null where a card is charged.
    days_until_due: int | None = None


class SubscriptionReport(msgspec.Struct, frozen=True, array_like=True):
    """A subscription after one event."""

    status: str
    version: SubscriptionVersion

    @property
    def is_complete(self) -> bool:
        # Stripe always sends the items: an event that leaves them out changes the status only.
        return bool(self.version.items)


class SubscriptionHistory(msgspec.Struct, frozen=True, array_like=True):
    """A subscription over time."""

    first: Moment
    reports: Statements[SubscriptionReport]
    #: The plan that metadata named last, and whether any named an account without a plan.
    plan: Dated[str] | None
    unnamed_plan: bool


class InvoiceDetails(msgspec.Struct, frozen=True, array_like=True):
    """An invoice of a subscription as one event has it. Amounts in the smallest unit."""

    amount_due: int | None
    amount_paid: int | None
    due_ms: int | None
    #: What its lines pay for.
    periods: tuple[BilledPeriod, ...]
    #: Whether it is for a period, and not for a change within one.
    for_period: bool
    void: bool = False
    currency: str | None = None


class KnownInvoice(msgspec.Struct, frozen=True, array_like=True):
    """An invoice of a subscription. `paid` is when it was paid first, by its events."""

    created_ms: int
    invoice_id: str
    paid: Moment | None
    failed: bool
    details: Dated[InvoiceDetails]


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
    amount_paid: int | None = None
    currency: str | None = None


class Checkout(msgspec.Struct, frozen=True, array_like=True):
    """A completed checkout session."""

    subscription_id: str | None
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
    amount: int | None = None
    #: When it was paid, by the first event that says so; null while a bank debit is under way.
    paid: Moment | None = None
    #: The device that started it.
    device_id: str | None = None
    #: Whether its total is 0.
    free: bool = False
    currency: str | None = None


class Charge(msgspec.Struct, frozen=True, array_like=True):
    """A charge as one event has it. `invoice` is "" where Stripe says that it paid for none."""

    made_ms: int
    intent: str | None
    invoice: str | None
    amount: int | None
    amount_refunded: int | None
    refunded: bool
    currency: str | None = None


class Dispute(msgspec.Struct, frozen=True, array_like=True):
    """A dispute as one event has it. `takes` unless it is an inquiry or decided for the seller."""

    made_ms: int
    intent: str | None
    charge: str | None
    amount: int | None
    status: str
    takes: bool
    currency: str | None = None


class ActiveEntitlements(msgspec.Struct, frozen=True, array_like=True):
    """The names of the active features, and Stripe's list of them as JSON."""

    names: tuple[str, ...]
    listed: str


class BillingHistory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that decides what a customer may use; the empty one is that of a new customer."""

    #: The connected Stripe account whose customer this is, null for the platform's own. All events
    #: of a customer are of one Stripe account.
    account: str | None = None
    #: As the customer or a checkout has it, and as the first paid invoice has it.
    email: Statements[str] = ()
    invoice_email: Dated[str] | None = None
    deleted: bool = False
    features: Statements[ActiveEntitlements] = ()
    last_invoice: InvoiceStatus | None = None
    subscriptions: dict[str, SubscriptionHistory] = {}
    #: Invoices of each subscription, the newest first.
    invoices: dict[str, tuple[KnownInvoice, ...]] = {}
    checkouts: dict[str, Tracked[Checkout]] = {}
    purchases: dict[str, Tracked[Purchase]] = {}
    #: Payment intents that pay for no subscription, whatever becomes of their money.
    other_intents: frozenset[str] = frozenset()
    #: Which invoice a payment intent, or a charge, has paid; each pays one invoice.
    invoice_of_payment: dict[str, str] = {}
    charges: dict[str, Statements[Charge]] = {}
    #: The last failure of a refund, by charge or payment intent: the money never went back.
    failed_refunds: dict[str, Moment] = {}
    disputes: dict[str, Statements[Dispute]] = {}


EMPTY = BillingHistory()

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(BillingHistory)


def encode(history: BillingHistory) -> str:
    """The history as JSON. Equal histories have equal texts."""
    return _encoder.encode(history).decode()


def decode(text: str) -> BillingHistory:
    """The history that `encode` wrote, of this `FOLD_VERSION`."""
    return _decoder.decode(text)


def active_entitlements(history: BillingHistory) -> ActiveEntitlements | None:
    """The newest list of active entitlements, null where Stripe keeps none."""
    return last(history.features, lambda one: len(one.names)) if history.features else None


def merge_all(histories: Iterable[BillingHistory]) -> BillingHistory:
    """Merge any number of histories, in whatever order they are given."""
    return reduce(merge, histories, EMPTY)


def merge(one: BillingHistory, other: BillingHistory) -> BillingHistory:
    """Merge what two sets of events report. It is fastest with the larger history first."""
    return BillingHistory(
        account=_greatest(one.account, other.account),
        email=join(one.email, other.email),
        invoice_email=_earliest(one.invoice_email, other.invoice_email),
        deleted=one.deleted or other.deleted,
        features=join(one.features, other.features),
        last_invoice=_greatest(one.last_invoice, other.last_invoice),
        subscriptions=_join(one.subscriptions, other.subscriptions, _merge_subscription),
        invoices=_join(one.invoices, other.invoices, _merge_invoices),
        checkouts=_join(one.checkouts, other.checkouts, _merge_checkout),
        purchases=_join(one.purchases, other.purchases, _tracked),
        other_intents=one.other_intents | other.other_intents,
        # A payment pays one invoice. `max` only makes the result independent of the order.
        invoice_of_payment=_join(one.invoice_of_payment, other.invoice_of_payment, max),
        charges=_join(one.charges, other.charges, join),
        failed_refunds=_join(one.failed_refunds, other.failed_refunds, max),
        disputes=_join(one.disputes, other.disputes, join),
    )


def _join(one: dict[str, T], other: dict[str, T], combine: Callable[[T, T], T]) -> dict[str, T]:
    if not other:
        return one
    changed = {key: combine(one[key], new) if key in one else new for key, new in other.items()}
    return one | changed


def _newer(one: Dated[T], other: Dated[T]) -> Dated[T]:
    return max(one, other, key=lambda dated: (dated.at, _encoder.encode(dated.value)))


def _newest(one: Dated[T] | None, other: Dated[T] | None) -> Dated[T] | None:
    if one is None or other is None:
        return one or other
    return _newer(one, other)


def _earliest(one: Dated[str] | None, other: Dated[str] | None) -> Dated[str] | None:
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda dated: (dated.at, dated.value))


def _tracked(one: Tracked[T], other: Tracked[T]) -> Tracked[T]:
    newest = max(one, other, key=lambda tracked: (tracked.last, _encoder.encode(tracked.value)))
    return Tracked(min(one.first, other.first), newest.last, newest.value)


def _merge_checkout(one: Tracked[Checkout], other: Tracked[Checkout]) -> Tracked[Checkout]:
    paid = _first_moment(one.value.paid, other.value.paid)
    return Tracked(
        first=min(one.first, other.first),
        last=max(one.last, other.last),
        value=msgspec.structs.replace(_last_checkout(one, other), paid=paid),
    )


def _last_checkout(one: Tracked[Checkout], other: Tracked[Checkout]) -> Checkout:
    def place(tracked: Tracked[Checkout]) -> tuple[Moment, bytes]:
        return tracked.last, _encoder.encode(msgspec.structs.replace(tracked.value, paid=None))

    return max(one, other, key=place).value


def _greatest(one: C | None, other: C | None) -> C | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def _first_moment(one: Moment | None, other: Moment | None) -> Moment | None:
    if one is None or other is None:
        return one or other
    return min(one, other)


def _merge_invoices(
    one: tuple[KnownInvoice, ...], other: tuple[KnownInvoice, ...]
) -> tuple[KnownInvoice, ...]:
    known = {_identity(each): each for each in one}
    for each in other:
        key = _identity(each)
        known[key] = _merge_invoice(known[key], each) if key in known else each
    ordered = [known[key] for key in sorted(known, reverse=True)]
    kept: tuple[list[KnownInvoice], list[KnownInvoice]] = ([], [])
    for each in ordered:
        kept[each.details.value.for_period].append(each)
    most = {_identity(each) for part in kept for each in part[:RECENT_INVOICES]}
    return tuple(each for each in ordered if _identity(each) in most)


def _identity(invoice: KnownInvoice) -> tuple[int, str, bool]:
    # What never changes of an invoice, so that a bounded list does not depend on the arrival.
    return invoice.created_ms, invoice.invoice_id, invoice.details.value.for_period


def _merge_invoice(one: KnownInvoice, other: KnownInvoice) -> KnownInvoice:
    def place(each: KnownInvoice) -> tuple[bool, Moment, bytes]:
        # A paid invoice changes no more.
        return each.paid is not None, each.details.at, _encoder.encode(each.details.value)

    return KnownInvoice(
        created_ms=one.created_ms,
        invoice_id=one.invoice_id,
        paid=_first_moment(one.paid, other.paid),
        failed=one.failed or other.failed,
        details=max(one, other, key=place).details,
    )


def _merge_subscription(
    one: SubscriptionHistory, other: SubscriptionHistory
) -> SubscriptionHistory:
    return SubscriptionHistory(
        first=min(one.first, other.first),
        reports=join(one.reports, other.reports, needed=lambda report: report.is_complete),
        plan=_newest(one.plan, other.plan),
        unnamed_plan=one.unnamed_plan or other.unnamed_plan,
    )
