"""Fields of Stripe's events, and what an event states of its object. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from keystead_stub.billing.facts.statements import Moment, Statements, state
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.events import StripeEvent, instant
from keystead_stub.stripe_types.object_shapes import before

T = TypeVar("T")


def stated(
    event: StripeEvent, read: Callable[[Document], T], at: Moment | None = None
) -> Statements[T]:
    """What the event states of its object, with what it says of the object before.

    `at` is its place in time, the event's own moment by default.
    """
    value, moment = read(event.object), at or event.moment
    if event.previous is None:
        return state(moment, value)
    return state(moment, value, read(before(event.object, event.previous)))


def amount(value: Any) -> int | None:
    """A whole number that is not negative, null for anything else."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value < 2**53 else None


def created_ms(event: StripeEvent) -> int:
    """When the object was created, else when the event was."""
    return instant(event.object.get("created")) or event.created_ms
