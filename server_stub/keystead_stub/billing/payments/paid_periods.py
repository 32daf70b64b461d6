"""Which periods of a subscription are paid for, by its invoices. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from keystead.instants import DAY_MS
from keystead_stub.billing.billing_history import BillingHistory, KnownInvoice
from keystead_stub.billing.known_subscriptions import Subscription
from keystead_stub.stripe_types.object_shapes import BilledPeriod

#: Statuses in which the newest invoice is paid, or not due yet.
PAID_UP = frozenset({"active", "trialing"})


class PaidPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """What one paid invoice has bought; `returned` is why its payment no longer stands.

    Without `money` it was paid by a credit, a coupon or a trial.
    """

    created_ms: int
    paid_ms: int
    invoice_id: str
    money: bool
    start_ms: int | None
    end_ms: int | None
    returned: str | None


class Payments(msgspec.Struct, frozen=True, kw_only=True):
    """The invoices of one subscription, as far as they decide what it is worth.

    `unpaid` is whether an invoice is not known to be paid, `owes` whether one is known to be open.
    `due_ms` is when that is due, null if it is charged at once.
    """

    periods: tuple[PaidPeriod, ...] = ()
    unpaid: bool = False
    owes: bool = False
    failed: bool = False
    due_ms: int | None = None

    @property
    def ever_paid(self) -> bool:
        """Whether money ever came for it."""
        return any(one.money for one in self.periods)

    @property
    def counting(self) -> PaidPeriod | None:
        """The newest period that money was paid for."""
        paid = [one for one in self.periods if one.money]
        return max(paid, key=_place, default=None)

    @property
    def returned(self) -> str | None:
        """Why the payment for the newest period no longer stands, null if it does."""
        return self.counting.returned if self.counting else None

    @property
    def end_ms(self) -> int | None:
        """The end of what is paid for, without what went back."""
        return _latest_end(one for one in self.periods if one.returned is None)

    @property
    def left_ms(self) -> int | None:
        """What is left where the newest payment went back: the end of an older paid period.

        Null unless that reaches into the newest one, as where a change of plan began a new period.
        """
        newest = self.counting
        if newest is None:
            return None
        end_ms = _latest_end(
            one for one in self.periods if one.money and one.returned is None and one is not newest
        )
        begins_ms = newest.start_ms if newest.start_ms is not None else newest.created_ms
        return end_ms if end_ms is not None and end_ms > begins_ms else None

    def end_of_following(self, at_ms: int) -> int | None:
        """The end of the paid periods that begin at this instant or after it."""
        return _latest_end(
            one
            for one in self.periods
            if one.returned is None and one.start_ms is not None and one.start_ms >= at_ms
        )


def _place(one: PaidPeriod) -> tuple[int, int, str]:
    return one.created_ms, one.paid_ms, one.invoice_id


def _latest_end(periods: Iterable[PaidPeriod]) -> int | None:
    return max((one.end_ms for one in periods if one.end_ms is not None), default=None)


def payments_of(
    history: BillingHistory, subscription: Subscription, returned: Mapping[str, str]
) -> Payments:
    """The payments of a subscription; `returned` are the invoices whose money went back."""
    known = history.invoices.get(subscription.id, ())
    paid = [one for one in known if one.paid]
    paid_ids = {one.invoice_id for one in paid}
    newest_id = subscription.latest_invoice
    # The newest invoice may be for a change, while the one for the period is still open.
    owed = [one for one in known if _is_owed(one, newest_id) and one.invoice_id not in paid_ids]
    unpaid = bool(owed) or (newest_id is not None and newest_id not in paid_ids)
    return Payments(
        periods=tuple(
            _period(one, subscription, returned) for one in paid if one.details.value.for_period
        ),
        unpaid=unpaid,
        owes=any(one.details.value.amount_due for one in owed),
        failed=_has_failed(known, paid_ids),
        due_ms=_due(subscription, owed) if unpaid else None,
    )


def _is_owed(invoice: KnownInvoice, newest_id: str | None) -> bool:
    details = invoice.details.value
    return invoice.invoice_id == newest_id or (
        details.for_period and bool(details.amount_due) and not details.void
    )


def _has_failed(known: tuple[KnownInvoice, ...], paid_ids: set[str]) -> bool:
    """Whether the payment of the newest invoice has failed."""
    open_or_paid = [one for one in known if one.failed or one.paid]
    return bool(open_or_paid) and (
        open_or_paid[0].failed and open_or_paid[0].invoice_id not in paid_ids
    )


def _period(
    invoice: KnownInvoice, subscription: Subscription, returned: Mapping[str, str]
) -> PaidPeriod:
    details = invoice.details.value
    # An invoice may bill other things for other periods, too.
    ours = [one for one in details.periods if one.price_id == subscription.price_id]
    periods: Iterable[BilledPeriod] = ours or details.periods
    newest = max(periods, key=lambda one: one.end_ms, default=None)
    return PaidPeriod(
        created_ms=invoice.created_ms,
        paid_ms=invoice.paid[0] if invoice.paid else 0,
        invoice_id=invoice.invoice_id,
        # An invoice of 0 was paid by credit or a coupon: no money came that could be refunded.
        money=bool(details.amount_paid),
        start_ms=newest.start_ms if newest else None,
        end_ms=newest.end_ms if newest else None,
        returned=returned.get(invoice.invoice_id),
    )


def _due(subscription: Subscription, owed: Iterable[KnownInvoice]) -> int | None:
    if subscription.days_until_due is None:
        return None
    due = [one.details.value.due_ms for one in owed if one.details.value.due_ms is not None]
    if due:
        return max(due)
    # No event has shown the invoice: it was made at the start of the period.
    if subscription.period_start_ms is None:
        return None
    return subscription.period_start_ms + subscription.days_until_due * DAY_MS


def was_never_paid(subscription: Subscription, payments: Payments) -> bool:
    """Whether the first period is the one that is owed, as far as its invoice is known."""
    begins_ms = subscription.period_start_ms
    if payments.end_ms is not None or not payments.owes or begins_ms is None:
        return False
    return not subscription.metered and begins_ms < subscription.created_ms + DAY_MS


def due_of(subscription: Subscription, payments: Payments) -> int | None:
    """Until when Stripe waits for an invoice that was sent, null if the period is paid."""
    due_ms, end_ms = payments.due_ms, subscription.period_end_ms
    if subscription.status not in PAID_UP or due_ms is None or end_ms is None:
        return None
    paid_ms = payments.end_ms
    if paid_ms is None:
        return due_ms
    return None if paid_ms >= end_ms else max(due_ms, paid_ms)


def paid_period_end(subscription: Subscription, payments: Payments) -> int | None:
    """The end of the last period that is paid for."""
    # Usage is paid for after it: what is owed is the period that ended here.
    last_paid = subscription.period_start_ms if subscription.metered else payments.end_ms
    if subscription.status not in PAID_UP:
        # Periods follow one another: the unpaid one began where the last paid one ended.
        return last_paid if last_paid is not None else subscription.period_start_ms
    end_ms = subscription.period_end_ms
    following = None if end_ms is None else payments.end_of_following(end_ms)
    # A renewal was paid, and the event that moves the subscription's period has not arrived.
    if following is not None:
        return following
    # At a renewal Stripe moves the period first, and asks for the money an hour later.
    if payments.unpaid and last_paid is not None and end_ms is not None:
        return min(last_paid, end_ms)
    return end_ms
