"""The OpenAPI document is true: no crash, and no undocumented answer."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.core.result import Ok

from keystead.wire import nyra as wire
from keystead_stub.billing.event_subject import NATIVE
from keystead_stub.billing_apis import REGISTRY
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice
from support.nightly import examples
from support.openapi_fuzzer import CHECKS, SCHEMA, fuzz
from support.shared_stubs import StubOf

DOCUMENTED = {
    "/health": {"get"},
    wire.CHECKOUT: {"post"},
    wire.PORTAL: {"post"},
    wire.WEBHOOK: {"post"},
    wire.PLANS: {"get"},
    wire.INVOICES: {"get"},
    wire.LICENSE_STATUS: {"get"},
    wire.DEVICES: {"get"},
    wire.DEVICES + "/{device_id}": {"delete"},
    wire.DEACTIVATE: {"post"},
    wire.KEYS: {"get"},
    wire.RESTORE: {"post"},
}


def test_every_route_of_the_contract_is_documented(http: httpx.Client) -> None:
    paths = http.get(SCHEMA).json()["paths"]
    assert {path: set(methods) for path, methods in paths.items()} == DOCUMENTED


def test_the_credentials_are_documented(http: httpx.Client) -> None:
    parameters = http.get(SCHEMA).json()["paths"][wire.LICENSE_STATUS]["get"]["parameters"]
    named = {(one["in"], one["name"]) for one in parameters}
    assert {("header", "Authorization"), ("header", "DPoP"), ("query", "deviceId")} <= named


@pytest.mark.generated
@pytest.mark.long
@pytest.mark.nightly
def test_fuzzing_without_credentials_finds_no_crash_and_nothing_undocumented(
    billing_stub: BillingStub, tmp_path: Path
) -> None:
    # A schema cannot express that a key must match its id, so valid data may be refused.
    run = subprocess.run(
        [
            "schemathesis",
            "run",
            billing_stub.url + SCHEMA,
            "--phases=coverage,fuzzing",
            f"--max-examples={examples(8, 40)}",
            "--exclude-checks=positive_data_acceptance",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:]


@pytest.mark.generated
@pytest.mark.long
def test_fuzzing_as_a_device_finds_no_crash_and_nothing_undocumented(
    billing_stub: BillingStub, device: BillingDevice
) -> None:
    device.activate()
    schema = schemathesis.openapi.from_url(billing_stub.url + SCHEMA)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        fuzz(found.ok().as_strategy(), _caller(device))


def _caller(device: BillingDevice) -> Callable[[Any], None]:
    def call(case: Any) -> None:
        path = httpx.URL(device.stub.url + case.formatted_path).path
        proof = device.proof(case.method, path, token=device.token)
        headers = {"Authorization": f"DPoP {device.token}", "DPoP": proof}
        case.call_and_validate(headers=headers, checks=CHECKS)

    return call


#: The billing APIs whose callers are signed in, and the account that the fuzzing caller acts for.
SIGNED_IN = {
    "crow": {"organization_id": "acme"},
    "mission-control": {"tenant_id": "acme"},
    "stripe-integration": {"tenant_id": "acme"},
    "dashclicks": {"account_id": "acme"},
}


def test_every_billing_api_but_the_native_one_is_fuzzed_signed_in() -> None:
    assert set(SIGNED_IN) == set(REGISTRY) - {NATIVE}


@pytest.fixture(params=SIGNED_IN)
def dialect(request: pytest.FixtureRequest, stub_of: StubOf) -> tuple[str, BillingStub]:
    return request.param, stub_of(request.param)


@pytest.mark.generated
@pytest.mark.long
@pytest.mark.nightly
def test_fuzzing_each_billing_api_finds_no_crash_and_nothing_undocumented(
    dialect: tuple[str, BillingStub],
) -> None:
    name, stub = dialect
    signed_in = stub.session(name, **SIGNED_IN[name])
    schema = schemathesis.openapi.from_url(stub.url + SCHEMA)
    for headers in ({}, signed_in):
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            fuzz(found.ok().as_strategy(), partial(_call, headers), usual=2)


def _call(headers: dict[str, str], case: Any) -> None:
    case.call_and_validate(headers=headers, checks=CHECKS)
