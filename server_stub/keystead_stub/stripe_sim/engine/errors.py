"""Errors of the simulated API."""

from __future__ import annotations

from keystead_stub.stripe_types.errors import StripeError


def illegal(message: str) -> StripeError:
    """Return the error for an object whose state does not allow the request."""
    return StripeError(message, code="illegal_transition", status=409)
