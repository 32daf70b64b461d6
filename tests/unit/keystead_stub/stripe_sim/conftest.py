"""A stub on a real socket, and the official SDK pointed at its Stripe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stripe

from keystead_stub.in_process import BillingStub
from support.stripe_sdk import client


@pytest.fixture
def stub(billing_stub: BillingStub) -> BillingStub:
    return billing_stub


@pytest.fixture
def sdk(stub: BillingStub) -> Iterator[stripe.StripeClient]:
    with client(stub, "sk_test_anything") as made:
        yield made
