"""A stub on a real socket, and the official SDK pointed at its Stripe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stripe

from keystead_stub.in_process import BillingStub
from support.stripe_sdk import client


@pytest.fixture(scope="module")
def _stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BillingStub]:
    with BillingStub.running(tmp_path_factory.mktemp("stub")) as running:
        yield running


@pytest.fixture
def stub(_stub: BillingStub) -> Iterator[BillingStub]:
    yield _stub
    _stub.ask("POST", "/_stub/reset")


@pytest.fixture
def sdk(stub: BillingStub) -> Iterator[stripe.StripeClient]:
    with client(stub, "sk_test_anything") as made:
        yield made
