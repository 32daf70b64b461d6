"""The audiences of this backend's documents: one a seller (specification §3.10). Pure."""

from __future__ import annotations


def audience_of(product_id: str, account_id: str) -> str:
    """The audience of what a merchant sells: what its program names as its product id."""
    return f"{product_id}.{account_id.lower()}"


def is_own_audience(audience: str, product_id: str) -> bool:
    """Whether the audience is the product's or a merchant's."""
    return audience == product_id or audience.startswith(f"{product_id}.")
