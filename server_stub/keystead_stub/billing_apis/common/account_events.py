"""Events of a customer that an account of a billing API learns of."""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.store import customers
from keystead_stub.stripe_types.events import StripeEvent

#: The events that can reveal which account the customer pays for.
_REVEALING = ("checkout.session.completed", "customer.subscription.created")


def events_to_report(
    connection: sa.Connection, customer_id: str, event: StripeEvent, reported: str
) -> list[StripeEvent]:
    """Return the events of the type `reported` that the customer's accounts learn of now.

    Such an event reports itself. One that may reveal whose the customer is also reports those that
    came before it, so the receiver must recognise a repetition.
    """
    if event.type == reported:
        return [event]
    if event.type not in _REVEALING:
        return []
    earlier = customers.list_events(connection, customer_id)
    return [one for one in earlier if one.type == reported]
