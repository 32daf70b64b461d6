"""The billing API ``mission-control``: routes, and types of requests and responses."""

from __future__ import annotations

from typing import Literal

from keystead.wire.fields import PlanCheckoutFields, ShortText, Wire

CHECKOUT = "/api/billing/checkout"
PORTAL = "/api/billing/portal"
STATUS = "/api/billing/status"
PLANS = "/api/billing/plans"
INVOICES = "/api/billing/invoices"
AUDIT = "/api/billing/audit"
WEBHOOK = "/api/billing/webhook"

#: The documents' plans by the names that checkouts accept: each one's product name, and its id.
PLAN_OF_NAME = {
    "strategos": "pro",
    "archon": "team",
    "pro": "pro",
    "team": "team",
}

#: The plan of a tenant that has bought none.
FREE = "free"
Change = Literal["upgrade", "downgrade", "none"]
Status = Literal["active", "past_due", "canceled", "trialing"]


class CheckoutRequest(PlanCheckoutFields, frozen=True, kw_only=True):
    """A checkout for the session's tenant. ``plan`` is any of a plan's names."""

    plan: ShortText


class CheckoutAnswer(Wire, frozen=True, kw_only=True):
    """``placeholder`` marks a response that was made without calling Stripe."""

    url: str
    session_id: str
    expires_at: int
    placeholder: bool = False


class PortalAnswer(Wire, frozen=True, kw_only=True):
    url: str
    expires_at: int
    placeholder: bool = False


class StatusAnswer(Wire, frozen=True, kw_only=True):
    """The tenant's subscription; ``current_period_end`` in ms, null on the free plan.

    ``plan`` is the id of a plan, or `FREE`.
    """

    plan: str
    status: Status
    seats: int
    current_period_end: int | None
    placeholder: bool = False


class AuditEntry(Wire, frozen=True, kw_only=True):
    """One billing event of the tenant; instants in ms."""

    event_id: str
    type: str
    created_at: int
    received_at: int


class AuditAnswer(Wire, frozen=True, kw_only=True):
    entries: tuple[AuditEntry, ...]
