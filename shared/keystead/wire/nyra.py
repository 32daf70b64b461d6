"""The native billing API ``nyra`` (contract §3): bodies and answers of its routes.

camelCase on the wire; fields ``…At`` and ``…End`` are epoch milliseconds. Unknown fields in an
answer are ignored, missing required ones are an error.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from keystead.entitlement import Entitlement, OfflineGrace

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

#: base64url of 32 bytes: an RFC 7638 SHA-256 thumbprint, or a public key.
Bytes32 = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]
Nonce = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{16,64}$")]
ShortText = Annotated[str, Meta(min_length=1, max_length=200)]
#: The end is said twice: to some a `$` stands before a last line break too.
_EMAIL = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$(?!\n)"
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=_EMAIL)]
#: Where a page sends a person back to.
ReturnUrl = Annotated[str, Meta(max_length=2000)]
Seats = Annotated[int, Meta(ge=1, le=1000)]

#: The billing period of what is paid for once: it has no period, and is never renewed.
ONCE = "once"

#: Statuses that stand in ``LicenseStatus.status`` beside Stripe's own.
CHECKOUT_OPEN = "checkout_open"
DEVICE_REMOVED = "device_removed"
DEVICE_LIMIT = "device_limit"


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class CheckoutRequest(_Wire, frozen=True, kw_only=True):
    """``return_url`` is where the program listens on loopback (RFC 8252 §7.3), if it does."""

    device_id: Bytes32
    device_public_key: Bytes32
    device_name: ShortText | None = None
    email: Email | None = None
    plan: ShortText | None = None
    billing_period: ShortText | None = None
    seats: Seats | None = None
    locale: ShortText | None = None
    return_url: ReturnUrl | None = None


class CheckoutAnswer(_Wire, frozen=True, kw_only=True):
    session_id: str
    url: str
    expires_at: int


class PortalRequest(_Wire, frozen=True, kw_only=True):
    """``flow`` names the page to land on: a flow of Stripe's portal, or ``invoices``."""

    return_url: ReturnUrl | None = None
    flow: ShortText | None = None


class PortalAnswer(_Wire, frozen=True, kw_only=True):
    url: str
    expires_at: int


class DeviceStanding(_Wire, frozen=True, kw_only=True):
    """The asking device, and how many of the allowed number are in use."""

    device_id: str
    name: str | None
    activated_at: int | None
    last_checked_at: int | None
    active_devices: int
    device_limit: int


class LicenseStatus(_Wire, frozen=True, kw_only=True):
    """The answer of ``GET /api/license/status``; only ``license`` in it is signed."""

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


class Device(_Wire, frozen=True, kw_only=True):
    device_id: str
    name: str | None
    activated_at: int
    last_checked_at: int | None
    current: bool = False


class DevicesAnswer(_Wire, frozen=True, kw_only=True):
    devices: tuple[Device, ...]
    device_limit: int


class Price(_Wire, frozen=True, kw_only=True):
    """``amount`` is in the currency's smallest unit, for one seat and one period.

    ``billing_period`` is ``monthly``, ``yearly``, or `ONCE`.
    """

    price_id: str
    billing_period: str
    amount: int
    currency: str


class Plan(_Wire, frozen=True, kw_only=True):
    plan: str
    name: str
    features: tuple[str, ...]
    prices: tuple[Price, ...]
    min_seats: int = 1
    max_seats: int = 1
    modules: dict[str, Any] = {}


class PlansAnswer(_Wire, frozen=True, kw_only=True):
    plans: tuple[Plan, ...]


class Invoice(_Wire, frozen=True, kw_only=True):
    """Amounts are in the currency's smallest unit. ``status`` is Stripe's."""

    id: str
    number: str | None
    status: str
    amount_due: int
    amount_paid: int
    currency: str
    created_at: int
    period_end: int | None
    hosted_url: str | None


class PaymentMethod(_Wire, frozen=True, kw_only=True):
    """What may be shown of what is charged; ``brand`` is Stripe's word for a card's."""

    brand: str
    last4: str


class InvoicesAnswer(_Wire, frozen=True, kw_only=True):
    """``payment_method`` is what the next invoice is charged to, where that is known."""

    invoices: tuple[Invoice, ...]
    payment_method: PaymentMethod | None = None


class DeactivateAnswer(_Wire, frozen=True, kw_only=True):
    deactivated: bool


class RestoreRequest(_Wire, frozen=True, kw_only=True):
    email: Email
    device_id: Bytes32
    device_public_key: Bytes32
    device_name: ShortText | None = None


class RestoreAnswer(_Wire, frozen=True, kw_only=True):
    activation_id: str
    expires_at: int


class ActivateRequest(_Wire, frozen=True, kw_only=True):
    """A further device of somebody who is signed in (contract §3b)."""

    device_id: Bytes32
    device_public_key: Bytes32
    device_name: ShortText | None = None


class ActivateAnswer(_Wire, frozen=True, kw_only=True):
    activation_id: str
    expires_at: int


class KeysAnswer(_Wire, frozen=True, kw_only=True):
    """``manifest`` is the signed key manifest (contract §2)."""

    manifest: str


class WebhookAnswer(_Wire, frozen=True, kw_only=True):
    received: bool
    duplicate: bool


class SecretsCheck(_Wire, frozen=True, kw_only=True):
    """``missing`` holds names, never values."""

    ok: bool
    missing: tuple[str, ...]


class DatabaseCheck(_Wire, frozen=True, kw_only=True):
    ok: bool


class HealthChecks(_Wire, frozen=True, kw_only=True):
    secrets: SecretsCheck
    vars: dict[str, Any]
    database: DatabaseCheck


class StripeMode(_Wire, frozen=True, kw_only=True):
    mode: str


class Deployability(_Wire, frozen=True, kw_only=True):
    status: str
    blockers: tuple[str, ...]


class Health(_Wire, frozen=True, kw_only=True):
    ok: bool
    service: str
    time: int
    checks: HealthChecks
    stripe: StripeMode
    deployability: Deployability
