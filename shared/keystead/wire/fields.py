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
#: Where a page sends a person back to.
ReturnUrl = Annotated[str, Meta(max_length=2000)]
Seats = Annotated[int, Meta(ge=1, le=1000)]


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of bodies and answers: camelCase in JSON, immutable in Python."""


class DeviceFields(Wire, frozen=True, kw_only=True):
    """The device that a purchase activates; its id is the thumbprint of its public key."""

    device_id: Bytes32 | None = None
    device_public_key: Bytes32 | None = None
    device_name: ShortText | None = None


class RequiredDeviceFields(DeviceFields, frozen=True, kw_only=True):
    """The device that a request is about."""

    device_id: Bytes32
    device_public_key: Bytes32


class CheckoutFields(DeviceFields, frozen=True, kw_only=True):
    """What every checkout takes: the device, and what is known of the person who pays.

    ``return_url`` is where the program listens on loopback (RFC 8252 §7.3), if it does.
    """

    email: Email | None = None
    locale: ShortText | None = None
    return_url: ReturnUrl | None = None


class PlanCheckoutFields(CheckoutFields, frozen=True, kw_only=True):
    """A checkout of a plan, by its billing period and seats."""

    billing_period: ShortText | None = None
    seats: Seats | None = None


class PortalFields(Wire, frozen=True, kw_only=True):
    """``flow`` names the page to land on: a flow of Stripe's portal, or ``invoices``."""

    return_url: ReturnUrl | None = None
    flow: ShortText | None = None
