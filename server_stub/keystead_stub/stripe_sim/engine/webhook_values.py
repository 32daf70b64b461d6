"""Events, their deliveries, and the endpoints that they are delivered to."""

from typing import Literal

import msgspec

from keystead_stub.stripe_types.api import Document

DeliveryStatus = Literal["pending", "delivered", "failed"]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to deliver one event to one endpoint.

    `status` is the HTTP status, or null if there was no response; `error` then names the cause.
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
    """An event with its delivery attempts.

    `pending_webhooks` counts the endpoints that have not yet answered 2xx. `account` is the
    connected account that the event belongs to, null for the platform.
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
        """The status over all endpoints; ``failed`` if one refused the last attempt."""
        if self.pending_webhooks:
            return "pending"
        # Later attempts overwrite earlier ones, which leaves each endpoint's last.
        last = {one.endpoint_id: one for one in sorted(self.deliveries, key=lambda d: d.attempt)}
        arrived = all(one.status is not None and 200 <= one.status < 300 for one in last.values())
        return "delivered" if arrived else "failed"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook endpoint. Each secret signs; the newest is the last."""

    id: str
    url: str
    secrets: tuple[str, ...]
    enabled_events: tuple[str, ...] = ("*",)

    def listens_to(self, event_type: str) -> bool:
        return not {"*", event_type}.isdisjoint(self.enabled_events)
