"""What goes over the wire of the billing API ``mission-control``: tenants, plans, seats."""

from __future__ import annotations

from typing import Literal

import msgspec

from keystead.wire.nyra import Bytes32, Email, Seats, ShortText

CHECKOUT = "/api/billing/checkout"
PORTAL = "/api/billing/portal"
STATUS = "/api/billing/status"
PLANS = "/api/billing/plans"
INVOICES = "/api/billing/invoices"
AUDIT = "/api/billing/audit"
WEBHOOK = "/api/billing/webhook"

#: What the plans are called where they are sold, and what they are: the one mapping there is.
PLAN_OF_NAME = {"strategos": "pro", "archon": "team", "pro": "pro", "team": "team"}

Plan = Literal["free", "pro", "team"]
FREE: Plan = "free"
Status = Literal["active", "past_due", "canceled", "trialing"]


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class CheckoutRequest(_Wire, frozen=True, kw_only=True):
    """``plan`` is one of `PLAN_OF_NAME`; the tenant is the session's."""

    plan: ShortText
    billing_period: ShortText | None = None
    seats: Seats | None = None
    email: Email | None = None
    locale: ShortText | None = None
    device_id: Bytes32 | None = None
    device_public_key: Bytes32 | None = None
    device_name: ShortText | None = None
    return_url: ShortText | None = None


class CheckoutAnswer(_Wire, frozen=True, kw_only=True):
    """``placeholder`` marks an answer that no call to Stripe was made for."""

    url: str
    session_id: str
    expires_at: int
    placeholder: bool = False


class PortalRequest(_Wire, frozen=True, kw_only=True):
    return_url: str | None = None
    flow: str | None = None


class PortalAnswer(_Wire, frozen=True, kw_only=True):
    url: str
    expires_at: int
    placeholder: bool = False


class StatusAnswer(_Wire, frozen=True, kw_only=True):
    """What the tenant has; ``current_period_end`` in ms, null where nothing is paid for."""

    plan: Plan
    status: Status
    seats: int
    current_period_end: int | None
    placeholder: bool = False


class AuditEntry(_Wire, frozen=True, kw_only=True):
    """One billing event of the tenant; instants in ms."""

    event_id: str
    type: str
    created_at: int
    received_at: int


class AuditAnswer(_Wire, frozen=True, kw_only=True):
    entries: tuple[AuditEntry, ...]
