"""Ids of licenses and tokens."""

from __future__ import annotations

import secrets

from keystead_stub.billing.license_status import ordered_jti


def test_token_ids_sort_in_order_of_creation() -> None:
    made = [ordered_jti(1_800_000_000_000 + n // 3, secrets.token_bytes) for n in range(100)]
    assert made == sorted(made)
