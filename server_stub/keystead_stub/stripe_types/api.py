"""What is fixed of Stripe's HTTP API, whoever serves it: the version and the form of objects."""

from collections.abc import Mapping
from typing import Any

#: The pinned version: objects, events and webhook endpoints have its shape.
STRIPE_API_VERSION = "2026-02-25.clover"
#: Value of `Prefer` (RFC 7240 §4.1) that asks simulated Stripe to answer before it has delivered
#: the webhooks. Stripe itself always does that.
RESPOND_ASYNC = "respond-async"

#: An object as Stripe's API gives it in the pinned version; read only.
Document = Mapping[str, Any]
