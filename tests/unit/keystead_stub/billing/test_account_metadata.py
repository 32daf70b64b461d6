"""The account that a Stripe object names."""

from __future__ import annotations

from typing import Any

import pytest

from keystead_stub.billing.account_metadata import account_of, metadata_of
from keystead_stub.store.account_ids import Account
from support.billing_events import T0, event

ACCOUNTS = [
    Account("crow", "acme"),
    Account("mission-control", "acme"),
    Account("stripe-integration", "acme"),
    Account("dashclicks", "acme"),
]


def named(metadata: Any, api: str = "nyra") -> Account | None:
    return account_of(event(1, "customer.updated", T0, metadata=metadata), api)


@pytest.mark.parametrize("account", ACCOUNTS, ids=str)
def test_metadata_written_for_an_account_is_read_back(account: Account) -> None:
    assert named(metadata_of(account)) == account


def test_metadata_without_a_billing_api_belongs_to_the_api_of_the_webhook() -> None:
    assert named({"tenantId": "acme"}, "mission-control") == Account("mission-control", "acme")
    assert named({"organizationId": "acme"}, "crow") == Account("crow", "acme")


@pytest.mark.parametrize(
    "metadata", [None, {}, {"tenantId": "acme"}, {"billingApi": "elsewhere", "tenantId": "acme"}]
)
def test_metadata_of_a_device_names_no_account(metadata: Any) -> None:
    assert named(metadata) is None
