"""Stripe's objects as they are when new, in the shape of the pinned API version. Pure."""
