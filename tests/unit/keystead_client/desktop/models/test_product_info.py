"""The product as the profile names it."""

from __future__ import annotations

from keystead_client.desktop.models.product_info import ProductInfo


def test_a_product_may_have_no_support_address() -> None:
    assert ProductInfo("NyrA").support_email is None
