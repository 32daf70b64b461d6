"""What a program may do now, as one value, and what to say to people where it may not. Pure.

The texts are in English, for the customers of the program, which may show its own for a ``code``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from keystead.activation import PAYMENT_NOT_CONFIRMED, Activation, State
from keystead.entitlement import Entitlement
from keystead.errors import NotEntitled
from keystead.evidence import features_of

if TYPE_CHECKING:
    from keystead.documents import License


class Decision(msgspec.Struct, frozen=True):
    """One consistent answer about a license; it never changes, a later read may give another.

    ``state`` is the activation's state and ``usable`` whether the program may run. ``until`` is
    when that ends without newer evidence, in epoch ms, None if not usable. ``reason`` is a
    machine-readable word for the state. ``entitlement`` is what was paid for according to the
    license, usable or not. ``features`` has its features and the modules that are switched on.
    """

    state: State
    usable: bool
    until: int | None
    reason: str
    entitlement: Entitlement | None = None
    features: frozenset[str] = frozenset()

    def allows(self, feature: str) -> bool:
        """Return whether the program may run and ``feature`` (or the module) is paid for."""
        return self.usable and feature in self.features


def decision_of(activation: Activation, license: License | None) -> Decision:
    """Combine an activation with the license that it follows from."""
    return Decision(
        state=activation.state,
        usable=activation.usable,
        until=activation.until,
        reason=activation.reason,
        entitlement=license.entitlement if license else None,
        features=features_of(license),
    )


def refusal(decision: Decision, feature: str | None, product_name: str) -> NotEntitled | None:
    """Return why ``feature`` (without one: the program) may not be used, None if it may."""
    if not decision.usable:
        text = _text(decision)
        return NotEntitled(
            text.sentence.format(product=product_name),
            code=str(decision.state),
            remedy=text.remedy.format(product=product_name),
            values={"reason": decision.reason},
        )
    if feature is None or feature in decision.features:
        return None
    return NotEntitled(
        f"Your plan doesn't include “{feature}”.",
        code="feature_not_included",
        remedy="Change to a plan that includes it.",
        values={"reason": decision.reason, "feature": feature},
    )


class _Text(NamedTuple):
    sentence: str
    remedy: str


_RENEW = "Renew it to keep using {product}."
_PAY = "Pay the open invoice, or change your payment method."
_REFRESH = "Connect to the internet and refresh the activation. If that fails, contact support."
_INACTIVE = _Text("Your subscription isn't active.", _RENEW)
_STATES = {
    State.UNACTIVATED: _Text(
        "{product} isn't activated on this device.",
        "Buy a plan, or restore an earlier purchase.",
    ),
    State.PENDING: _Text(
        "The payment isn't confirmed yet.",
        "Finish paying in your browser. This device activates automatically.",
    ),
    State.EXPIRED: _Text(
        "Your license has expired.",
        "Connect to the internet to renew it. If a payment is due, pay it.",
    ),
    State.INACTIVE: _INACTIVE,
    State.UNTRUSTED: _Text("The license on this device can't be verified.", _REFRESH),
}
_REASONS = {
    PAYMENT_NOT_CONFIRMED: _Text(
        "Your bank hasn't confirmed the payment yet.",
        "Wait for the confirmation, which can take some days. This device activates automatically.",
    ),
    "canceled": _Text("Your subscription has ended.", _RENEW),
    "paused": _Text("Your subscription is paused.", "Resume it to keep using {product}."),
    "past_due": _Text("Your last payment failed.", _PAY),
    "unpaid": _Text("Your last payment failed.", _PAY),
    "incomplete": _Text("Your first payment failed.", _PAY),
    "incomplete_expired": _Text("Your first payment failed.", "Buy a plan to use {product}."),
    "not_paid": _Text("The purchase isn't paid.", _PAY),
    "refunded": _Text("Your payment was refunded.", "Buy a plan to keep using {product}."),
    "disputed": _Text("Your payment is disputed at your bank.", "Buy a plan, or contact support."),
    "other_product": _Text("Your purchase is for another product.", "Buy a plan for {product}."),
    "device_removed": _Text(
        "This device was removed from your account.",
        "Restore your purchase to use {product} on this device again.",
    ),
    "device_limit": _Text(
        "Your license is in use on as many devices as it allows.",
        "Remove a device that you no longer use.",
    ),
    "copied": _Text(
        "The license on this device was copied from another one.",
        "Restore your purchase, or buy a plan.",
    ),
    "wrong_device": _Text("The license on this device is for another one.", _REFRESH),
}


def _text(decision: Decision) -> _Text:
    return _REASONS.get(decision.reason) or _STATES.get(decision.state, _INACTIVE)
