"""Parameters of the sessions that billing opens at Stripe: checkout and customer portal.

Instants are epoch milliseconds (`…_ms`); amounts are integers in the currency's smallest unit.
"""

from typing import Literal

import msgspec

from keystead_stub.stripe_types.values import CheckoutMode, Interval, PortalFlow

FutureUsage = Literal["off_session", "on_session"]
#: What becomes of a subscription whose trial ends without a payment method
#: (https://docs.stripe.com/api/subscriptions/create, `trial_settings.end_behavior`).
AfterTrial = Literal["cancel", "create_invoice", "pause"]


class InlinePrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price created for one checkout, of an existing product or of a new one with this name."""

    currency: str
    unit_amount: int
    product_id: str | None = None
    name: str | None = None
    description: str | None = None
    interval: Interval | None = None


class CheckoutItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line item: a quantity of a price of the account, or of an inline price."""

    price_id: str | None = None
    price: InlinePrice | None = None
    quantity: int = 1


class NewCheckout(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a checkout session, for a subscription or in `payment` mode for one purchase.

    `success_url` and `cancel_url` may hold `{CHECKOUT_SESSION_ID}`. `allow_promotion_codes` and a
    discount (`coupon_id` or `promotion_code_id`) exclude each other. `trial_period_days` of 0 is
    no trial; `trial_end_behavior` applies if it ends without a payment method. The session
    expires after 24 hours, or at `expires_at_ms`, 30 minutes to 24 hours from now. A repeated
    `idempotency_key` returns the first session for 24 hours.

    `payment` mode takes one-time prices; the `payment_…` fields go to its payment intent. A
    customer is created if none is named, or with `customer_creation` of `if_required` only if an
    invoice or a saved card needs one.
    """

    items: tuple[CheckoutItem, ...]
    success_url: str
    cancel_url: str
    mode: CheckoutMode = "subscription"
    client_reference_id: str | None = None
    metadata: dict[str, str] = {}
    subscription_metadata: dict[str, str] = {}
    payment_metadata: dict[str, str] = {}
    payment_description: str | None = None
    setup_future_usage: FutureUsage | None = None
    invoice_creation: bool = False
    customer_id: str | None = None
    customer_creation: Literal["always", "if_required"] = "always"
    customer_email: str | None = None
    locale: str | None = None
    allow_promotion_codes: bool = False
    coupon_id: str | None = None
    promotion_code_id: str | None = None
    trial_period_days: int = 0
    trial_end_behavior: AfterTrial = "create_invoice"
    payment_method_collection: Literal["always", "if_required"] = "always"
    expires_at_ms: int | None = None
    idempotency_key: str | None = None


class NewPortal(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a customer portal session; `flow` opens one of its pages directly."""

    customer_id: str
    return_url: str | None = None
    flow: PortalFlow | None = None
    locale: str | None = None
    idempotency_key: str | None = None
