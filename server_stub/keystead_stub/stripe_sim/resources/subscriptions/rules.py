"""The life of a subscription, as a table. Pure: (life, cause) -> (life, effects).

The states are Stripe's (https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses):

    incomplete ──first payment──> active <──payment── past_due, unpaid
        │                          │  └──failed renewal──> past_due ──retries spent──> canceled
        └──no payment──> incomplete_expired                                        or unpaid
    trialing ──its end──> active, or without a card: paused, canceled
    active, trialing ──paused──> paused ──resumed──> active
    everything alive ──canceled, deleted──> canceled

What is not in the table is illegal: it raises, and nothing has changed. Effects name what must be
done to invoices, periods and timers; `lifecycle` carries it out.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from keystead_stub.stripe_sim.engine.rules import AfterRetries
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.requests import AfterTrial


class Status(StrEnum):
    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"


class Cause(StrEnum):
    """Causes of a transition."""

    PAID = "paid"
    PAYMENT_FAILED = "payment_failed"
    PERIOD_ENDED = "period_ended"
    RETRIES_SPENT = "retries_spent"
    NEVER_PAID = "never_paid"
    CANCEL_AT_PERIOD_END = "cancel_at_period_end"
    KEEP = "keep"
    CANCEL_NOW = "cancel_now"
    PAUSE = "pause"
    RESUME = "resume"
    CHANGE = "change"


class Effect(StrEnum):
    """Effects of a transition, in the order in which they are carried out."""

    BILL_NEXT_PERIOD = "bill_next_period"
    DRAFT_NEXT_PERIOD = "draft_next_period"
    STOP_RETRIES = "stop_retries"
    STOP_RENEWALS = "stop_renewals"
    VOID_INVOICES = "void_invoices"
    CATCH_UP = "catch_up"
    END = "end"


class Life(msgspec.Struct, frozen=True):
    """A subscription's state."""

    status: Status
    cancel_at_period_end: bool = False


class Step(msgspec.Struct, frozen=True):
    """The state after a transition, and its effects."""

    life: Life
    effects: tuple[Effect, ...] = ()


class IllegalTransition(StripeError):
    """The subscription's state does not allow the cause; nothing has changed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, code="illegal_transition", status=409)


_ENDED = (Effect.STOP_RETRIES, Effect.STOP_RENEWALS, Effect.END)
_S, _C, _E = Status, Cause, Effect

#: Statuses that unlock the features. During retries (`past_due`) the customer keeps them.
GRANTING = frozenset({_S.ACTIVE, _S.TRIALING, _S.PAST_DUE})
#: Statuses without further transitions, except for late payments.
FINAL = frozenset({_S.CANCELED, _S.INCOMPLETE_EXPIRED})

_Row = dict[Cause, tuple[Status, tuple[Effect, ...]]]

TABLE: dict[Status, _Row] = {
    _S.INCOMPLETE: {
        _C.PAID: (_S.ACTIVE, ()),
        _C.PAYMENT_FAILED: (_S.INCOMPLETE, ()),
        _C.NEVER_PAID: (
            _S.INCOMPLETE_EXPIRED,
            (_E.STOP_RETRIES, _E.STOP_RENEWALS, _E.VOID_INVOICES, _E.END),
        ),
        _C.CANCEL_NOW: (
            _S.INCOMPLETE_EXPIRED,
            (_E.STOP_RETRIES, _E.STOP_RENEWALS, _E.VOID_INVOICES, _E.END),
        ),
    },
    _S.TRIALING: {
        # A trial has an invoice too: of nothing.
        _C.PAID: (_S.TRIALING, ()),
        _C.PERIOD_ENDED: (_S.ACTIVE, (_E.BILL_NEXT_PERIOD,)),
        _C.CANCEL_AT_PERIOD_END: (_S.TRIALING, ()),
        _C.KEEP: (_S.TRIALING, ()),
        _C.CANCEL_NOW: (_S.CANCELED, _ENDED),
        _C.PAUSE: (_S.PAUSED, (_E.STOP_RENEWALS,)),
        _C.CHANGE: (_S.TRIALING, ()),
    },
    _S.ACTIVE: {
        _C.PERIOD_ENDED: (_S.ACTIVE, (_E.BILL_NEXT_PERIOD,)),
        _C.PAID: (_S.ACTIVE, ()),
        _C.PAYMENT_FAILED: (_S.PAST_DUE, ()),
        _C.CANCEL_AT_PERIOD_END: (_S.ACTIVE, ()),
        _C.KEEP: (_S.ACTIVE, ()),
        _C.CANCEL_NOW: (_S.CANCELED, _ENDED),
        _C.PAUSE: (_S.PAUSED, (_E.STOP_RENEWALS,)),
        _C.CHANGE: (_S.ACTIVE, ()),
    },
    _S.PAST_DUE: {
        _C.PERIOD_ENDED: (_S.PAST_DUE, (_E.BILL_NEXT_PERIOD,)),
        _C.PAID: (_S.ACTIVE, (_E.STOP_RETRIES,)),
        _C.PAYMENT_FAILED: (_S.PAST_DUE, ()),
        _C.RETRIES_SPENT: (_S.CANCELED, _ENDED),
        _C.CANCEL_AT_PERIOD_END: (_S.PAST_DUE, ()),
        _C.KEEP: (_S.PAST_DUE, ()),
        _C.CANCEL_NOW: (_S.CANCELED, _ENDED),
    },
    _S.UNPAID: {
        _C.PERIOD_ENDED: (_S.UNPAID, (_E.DRAFT_NEXT_PERIOD,)),
        _C.PAID: (_S.ACTIVE, ()),
        _C.PAYMENT_FAILED: (_S.UNPAID, ()),
        _C.CANCEL_AT_PERIOD_END: (_S.UNPAID, ()),
        _C.KEEP: (_S.UNPAID, ()),
        _C.CANCEL_NOW: (_S.CANCELED, _ENDED),
    },
    _S.PAUSED: {
        _C.PAID: (_S.PAUSED, ()),
        _C.PAYMENT_FAILED: (_S.PAUSED, ()),
        _C.RESUME: (_S.ACTIVE, (_E.CATCH_UP,)),
        _C.CANCEL_NOW: (_S.CANCELED, _ENDED),
    },
    # A remaining invoice can still be paid, but that does not revive the subscription.
    _S.CANCELED: {
        _C.PAID: (_S.CANCELED, ()),
        _C.PAYMENT_FAILED: (_S.CANCELED, ()),
    },
    _S.INCOMPLETE_EXPIRED: {},
}


def step(life: Life, cause: Cause, *, after_retries: AfterRetries = "cancel") -> Step:
    """Return what follows from `cause`, or raise IllegalTransition.

    `after_retries` is the outcome when all retries of a payment have failed.
    """
    row = TABLE[life.status]
    if cause not in row:
        raise IllegalTransition(
            f"A subscription with status {life.status.value} does not allow: {cause.value}."
        )
    # Here and not in the table, because it depends on the flag and not on the status.
    if cause is Cause.PERIOD_ENDED and life.cancel_at_period_end:
        return Step(Life(Status.CANCELED, cancel_at_period_end=True), _ENDED)
    # The account's setting decides; the table has the default.
    if cause is Cause.RETRIES_SPENT and after_retries == "unpaid":
        return Step(msgspec.structs.replace(life, status=Status.UNPAID), (Effect.STOP_RETRIES,))
    status, effects = row[cause]
    return Step(Life(status, _flag_after(life, cause)), effects)


def end_of_trial(life: Life, *, can_be_charged: bool, otherwise: AfterTrial) -> Cause:
    """Return the cause of the transition at the end of a trial."""
    # A canceled trial ends like any period: the transition then sees the flag.
    if can_be_charged or life.cancel_at_period_end or otherwise == "create_invoice":
        return Cause.PERIOD_ENDED
    return Cause.PAUSE if otherwise == "pause" else Cause.CANCEL_NOW


def _flag_after(life: Life, cause: Cause) -> bool:
    if cause is Cause.CANCEL_AT_PERIOD_END:
        return True
    return life.cancel_at_period_end and cause is not Cause.KEEP


#: Stripe's longest trial.
MAX_TRIAL_DAYS = 730
