"""Types and groups of fields that the billing APIs share on the wire."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

#: base64url of 32 bytes: an RFC 7638 SHA-256 thumbprint, or a public key.
Bytes32 = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]
Nonce = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{16,64}$")]
ShortText = Annotated[str, Meta(min_length=1, max_length=200)]
#: The lookahead is needed because some engines let `$` match before a final line break.
_EMAIL = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$(?!\n)"
Email = Annotated[str, Meta(min_length=3, max_length=254, pattern=_EMAIL)]
#: The URL that a hosted page returns to.
ReturnUrl = Annotated[str, Meta(max_length=2000)]
#: The header with the product id of the program that asks: its licenses have this audience.
PRODUCT_HEADER = "Keystead-Product"
Seats = Annotated[int, Meta(ge=1, le=1000)]


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of requests and responses: camelCase in JSON, immutable in Python."""


class DeviceFields(Wire, frozen=True, kw_only=True):
    """The device that a purchase activates; its id is the thumbprint of its public key."""

    device_id: Bytes32 | None = None
    device_public_key: Bytes32 | None = None
    device_name: ShortText | None = None


class RequiredDeviceFields(DeviceFields, frozen=True, kw_only=True):
    """The device of a request that needs one."""

    device_id: Bytes32
    device_public_key: Bytes32


class CheckoutFields(DeviceFields, frozen=True, kw_only=True):
    """The fields of every checkout: the device, and the payer's email and locale.

    ``return_url`` is the program's loopback URL (RFC 8252 §7.3), None if it isn't listening.
    """

    email: Email | None = None
    locale: ShortText | None = None
    return_url: ReturnUrl | None = None


class PlanCheckoutFields(CheckoutFields, frozen=True, kw_only=True):
    """A checkout of a plan, with its billing period and seats."""

    billing_period: ShortText | None = None
    seats: Seats | None = None


class PortalFields(Wire, frozen=True, kw_only=True):
    """``flow`` is the portal's start page: one of Stripe's flow types, or ``invoices``."""

    return_url: ReturnUrl | None = None
    flow: ShortText | None = None
