"""Devices at a running stub; everything goes over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice
from support.shared_stubs import StoppableClock


@pytest.fixture(autouse=True)
def _stopped_clock(real_clock: StoppableClock) -> Iterator[None]:
    """Keep the stub's time the same between a test's requests, however busy the machine is."""
    with real_clock.stopped():
        yield


@pytest.fixture(scope="session")
def _client() -> Iterator[httpx.Client]:
    """Share one client between all tests, because loading certificates is slower than a test."""
    with httpx.Client(trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def http(billing_stub: BillingStub, _client: httpx.Client) -> httpx.Client:
    _client.base_url = billing_stub.url
    return _client


@pytest.fixture
def new_device(billing_stub: BillingStub, http: httpx.Client) -> Callable[..., BillingDevice]:
    def make(name: str = "Laptop") -> BillingDevice:
        return BillingDevice(billing_stub, http, name)

    return make


@pytest.fixture
def device(new_device: Callable[..., BillingDevice]) -> BillingDevice:
    return new_device()
