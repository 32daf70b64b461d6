"""What events state about one object, and which statement is the last. Pure.

Stripe's events have whole seconds, and one second may hold several changes of an object. Their
order follows from what Stripe sends with each: the object as it is after the event, and the
attributes that it had before (`data.previous_attributes`). The ids of events are random and decide
nothing.

The statements of the two newest moments are kept, so that joining them is commutative, associative
and idempotent: the older moment shows where the changes of the newest one began.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

#: An event's place in time: (created in ms, precedence of its type).
Moment = tuple[int, int]

T = TypeVar("T")

#: How many moments are kept.
_MOMENTS = 2

_encode = msgspec.json.Encoder(order="deterministic").encode


class Statement(msgspec.Struct, Generic[T], frozen=True, array_like=True):
    """The value after an event, and the value before it, null where the event doesn't say."""

    value: T
    before: T | None = None


class Group(msgspec.Struct, Generic[T], frozen=True, array_like=True):
    """The statements of one moment, in a canonical order."""

    at: Moment
    said: tuple[Statement[T], ...]


#: The statements about one object, the newest group first.
Statements = tuple[Group[T], ...]


def state(at: Moment, value: T, earlier: T | None = None) -> Statements[T]:
    """Return what one event states."""
    return (Group(at, (Statement(value, earlier),)),)


def join(
    one: Statements[T], other: Statements[T], *, needed: Callable[[T], bool] | None = None
) -> Statements[T]:
    """Join two sets of statements. Groups with a `needed` value are counted separately, too."""
    groups = {group.at: group for group in one}
    for group in other:
        known = groups.get(group.at)
        groups[group.at] = group if known is None else _unite(known, group)
    ordered = [groups[at] for at in sorted(groups, reverse=True)]
    if len(ordered) <= _MOMENTS:
        return tuple(ordered)
    kept = {group.at for group in ordered[:_MOMENTS]}
    if needed is not None:
        having = [group for group in ordered if any(needed(one.value) for one in group.said)]
        kept |= {group.at for group in having[:_MOMENTS]}
    return tuple(group for group in ordered if group.at in kept)


def _unite(one: Group[T], other: Group[T]) -> Group[T]:
    if one.said == other.said:
        return one
    united = {_encode(each): each for each in (*one.said, *other.said)}
    return Group(one.at, tuple(united[key] for key in sorted(united)))


def last(statements: Statements[T], progress: Callable[[T], Any]) -> T:
    """Return the value after the last of the events.

    Changes of one moment are a chain: its last value is reached once more often than it is left.
    A chain that ends where it began does so at the value of the moment before. Where that is not
    known, the greatest `progress` of the object's own state decides.
    """
    newest = statements[0].said
    # An event that changed nothing of what is read here is no step of the chain.
    steps = [one for one in newest if one.before != one.value] or list(newest)
    reached = [one.value for one in steps]
    left = [one.before for one in steps]
    ends = [value for value in reached if reached.count(value) > left.count(value)]
    if not ends and len(statements) > 1:
        began = last(statements[1:], progress)
        ends = [value for value in reached if value == began]
    return max(ends or reached, key=lambda value: (progress(value), _encode(value)))
