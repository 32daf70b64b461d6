"""The native billing API ``nyra`` (specification §7): routes, and types of requests and responses.

JSON is camelCase; fields ``…At`` and ``…End`` are epoch milliseconds. Unknown fields of a response
are ignored, missing required ones are an error.
"""

from __future__ import annotations

from typing import Any

import msgspec

from keystead.entitlement import Entitlement, OfflineGrace
from keystead.wire.fields import (
    Bytes32,
    Email,
    PlanCheckoutFields,
    PortalFields,
    RequiredDeviceFields,
    ShortText,
    Wire,
)

HEALTH = "/health"
CHECKOUT = "/api/billing/checkout"
PORTAL = "/api/billing/portal"
WEBHOOK = "/api/billing/webhook"
PLANS = "/api/billing/plans"
INVOICES = "/api/billing/invoices"
LICENSE_STATUS = "/api/license/status"
DEVICES = "/api/license/devices"
DEACTIVATE = "/api/license/deactivate"
KEYS = "/api/license/keys"
RESTORE = "/api/license/restore"
ACTIVATE = "/api/license/activate"

#: The ``billingPeriod`` of a one-time purchase, which is never renewed.
ONCE = "once"

#: Values of ``LicenseStatus.status`` in addition to Stripe's subscription statuses.
CHECKOUT_OPEN = "checkout_open"
DEVICE_REMOVED = "device_removed"
DEVICE_LIMIT = "device_limit"


class CheckoutRequest(PlanCheckoutFields, frozen=True, kw_only=True):
    """A checkout for a device. Unlike the other APIs this one requires the device."""

    device_id: Bytes32
    device_public_key: Bytes32
    plan: ShortText | None = None


class CheckoutAnswer(Wire, frozen=True, kw_only=True):
    session_id: str
    url: str
    expires_at: int


class PortalRequest(PortalFields, frozen=True, kw_only=True):
    """The customer portal's start page, and the URL it returns to."""


class PortalAnswer(Wire, frozen=True, kw_only=True):
    url: str
    expires_at: int


class DeviceStanding(Wire, frozen=True, kw_only=True):
    """The requesting device, the number of active devices, and their limit."""

    device_id: str
    name: str | None
    activated_at: int | None
    last_checked_at: int | None
    active_devices: int
    device_limit: int


class LicenseStatus(Wire, frozen=True, kw_only=True):
    """The response of ``GET /api/license/status``.

    Only ``license`` is signed, so the other fields must never activate or deactivate a device.
    """

    active: bool
    status: str
    server_time: int
    reason: str | None
    entitlement: Entitlement | None
    offline_grace: OfflineGrace | None
    device: DeviceStanding | None
    license: str | None
    device_access_token: str | None
    device_access_token_expires_at: int | None
    device_access_token_expires_at_iso: str | None
    refresh_after_seconds: int


class Device(Wire, frozen=True, kw_only=True):
    device_id: str
    name: str | None
    activated_at: int
    last_checked_at: int | None
    current: bool = False


class DevicesAnswer(Wire, frozen=True, kw_only=True):
    devices: tuple[Device, ...]
    device_limit: int


class Price(Wire, frozen=True, kw_only=True):
    """``amount`` is in the currency's smallest unit, for one seat and one period.

    ``billing_period`` is ``monthly``, ``yearly``, or `ONCE`.
    """

    price_id: str
    billing_period: str
    amount: int
    currency: str


class Plan(Wire, frozen=True, kw_only=True):
    plan: str
    name: str
    features: tuple[str, ...]
    prices: tuple[Price, ...]
    min_seats: int = 1
    max_seats: int = 1
    modules: dict[str, Any] = msgspec.field(default_factory=dict)


class PlansAnswer(Wire, frozen=True, kw_only=True):
    plans: tuple[Plan, ...]


class Invoice(Wire, frozen=True, kw_only=True):
    """Amounts are in the currency's smallest unit; ``status`` is Stripe's.

    A paid invoice stays ``paid`` when its whole payment went back: ``reason`` is then ``refunded``
    or ``disputed``.
    """

    id: str
    number: str | None
    status: str
    amount_due: int
    amount_paid: int
    currency: str
    created_at: int
    period_end: int | None
    hosted_url: str | None
    reason: str | None = None


class PaymentMethod(Wire, frozen=True, kw_only=True):
    """The displayable details of a card; ``brand`` is Stripe's identifier of its brand."""

    brand: str
    last4: str


class InvoicesAnswer(Wire, frozen=True, kw_only=True):
    """``payment_method`` is charged for the next invoice; None if unknown."""

    invoices: tuple[Invoice, ...]
    payment_method: PaymentMethod | None = None


class DeactivateAnswer(Wire, frozen=True, kw_only=True):
    deactivated: bool


class RestoreRequest(RequiredDeviceFields, frozen=True, kw_only=True):
    email: Email


class RestoreAnswer(Wire, frozen=True, kw_only=True):
    activation_id: str
    expires_at: int


class ActivateRequest(RequiredDeviceFields, frozen=True, kw_only=True):
    """Activation of another device by a signed-in person (specification §7.15)."""


class ActivateAnswer(Wire, frozen=True, kw_only=True):
    activation_id: str
    expires_at: int


class KeysAnswer(Wire, frozen=True, kw_only=True):
    """``manifest`` is the signed key manifest (specification §2.4)."""

    manifest: str


class WebhookAnswer(Wire, frozen=True, kw_only=True):
    received: bool
    duplicate: bool


class SecretsCheck(Wire, frozen=True, kw_only=True):
    """``missing`` holds the names of missing secrets, never their values."""

    ok: bool
    missing: tuple[str, ...]


class DatabaseCheck(Wire, frozen=True, kw_only=True):
    ok: bool


class KeysCheck(Wire, frozen=True, kw_only=True):
    """Whether the key manifest can be served and used, and what is wrong with it."""

    ok: bool = True
    problems: tuple[str, ...] = ()


class WebhooksCheck(Wire, frozen=True, kw_only=True):
    """Whether all webhooks have the pinned API version, and which other ones they have."""

    ok: bool = True
    api_versions: tuple[str, ...] = ()


class HealthChecks(Wire, frozen=True, kw_only=True):
    secrets: SecretsCheck
    vars: dict[str, Any]
    database: DatabaseCheck
    keys: KeysCheck = KeysCheck()
    webhooks: WebhooksCheck = WebhooksCheck()


class StripeMode(Wire, frozen=True, kw_only=True):
    mode: str


class Deployability(Wire, frozen=True, kw_only=True):
    status: str
    blockers: tuple[str, ...]


class Health(Wire, frozen=True, kw_only=True):
    ok: bool
    service: str
    time: int
    checks: HealthChecks
    stripe: StripeMode
    deployability: Deployability
