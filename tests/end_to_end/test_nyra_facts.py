"""What a real server of `nyra` has is what its description says: tables and what webhooks write."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keystead.instants import from_iso
from keystead.wire import nyra as wire
from keystead_stub.in_process import TIMEOUT_S
from keystead_stub.stripe_types.webhook_signature import sign
from support import nyra_facts
from support.billing_device import BillingDevice
from support.nyra_facts import sqlite_rows as rows
from support.served_stub import STUB, ServedStub, served_stub

pytestmark = pytest.mark.long
WEBHOOK_SECRET = "whsec_of_the_facts"


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedStub]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
        with served_stub(tmp_path_factory.mktemp("nyra") / "stub") as served:
            yield served


@pytest.fixture
def device(stub: ServedStub) -> Iterator[BillingDevice]:
    with httpx.Client(base_url=stub.url, trust_env=False, timeout=TIMEOUT_S) as client:
        yield BillingDevice(stub, client)


@pytest.fixture
def path(stub: ServedStub) -> Path:
    return Path(stub.database)


def customer(path: Path, session_id: str) -> dict[str, Any]:
    (row,) = rows(path, "SELECT * FROM billing_customers WHERE checkout_session_id = ?", session_id)
    return row


def activations(path: Path, device_id: str) -> list[dict[str, Any]]:
    return rows(path, "SELECT * FROM device_activations WHERE device_id = ?", device_id)


def test_the_tables_have_the_described_columns_keys_and_indexes(path: Path) -> None:
    assert nyra_facts.sqlite_tables(path) == nyra_facts.TABLES
    assert nyra_facts.sqlite_indexes(path) == nyra_facts.INDEXES


def test_the_manifest_has_the_described_keys_and_names(stub: ServedStub) -> None:
    answer = httpx.get(f"{stub.url}/_stub/operating.json", trust_env=False, timeout=TIMEOUT_S)
    served = answer.json()
    done = subprocess.run([str(STUB), "manifest"], capture_output=True, check=True)
    printed = json.loads(done.stdout)
    assert tuple(printed) == nyra_facts.MANIFEST_KEYS
    for manifest in (served, printed):
        assert tuple(manifest)[: len(printed)] == nyra_facts.MANIFEST_KEYS
        assert tuple(manifest["storage"]) == nyra_facts.STORAGE_KEYS
        assert manifest["service"] == nyra_facts.SERVICE
        assert manifest["storage"]["type"] == "SQLite"
        assert manifest["storage"]["databaseName"] == nyra_facts.DATABASE_NAME
        assert tuple(manifest["storage"]["tables"]) == tuple(nyra_facts.TABLES)
        assert tuple(manifest["routes"]) == nyra_facts.ROUTES
        assert tuple(manifest["requiredSecrets"]) == nyra_facts.REQUIRED_SECRETS
        assert tuple(manifest["requiredVars"]) == nyra_facts.REQUIRED_VARS
        assert set(manifest["liveBlockers"]) >= set(nyra_facts.LIVE_BLOCKERS)
        for check in manifest["checks"]:
            assert check.startswith("keystead-stub ")
    # The served database outlives the process; the command knows of none.
    assert len(printed["liveBlockers"]) == len(served["liveBlockers"]) + 1


def test_a_completed_checkout_records_customer_and_device(
    stub: ServedStub, device: BillingDevice, path: Path
) -> None:
    session = device.start_checkout()
    assert not rows(path, "SELECT 1 FROM billing_customers WHERE checkout_session_id = ?", session)
    stub.faults.set(hold_webhooks=True)
    stub.pay(session, email="Ada@example.com")
    deliver(stub, "checkout.session.completed", session)
    row = customer(path, session)
    assert row["customer_id"].startswith("cus_")
    assert row["device_id"] == device.id
    assert row["email"] == "Ada@example.com"
    assert row["subscription_id"].startswith("sub_")
    assert (row["status"], row["last_invoice_id"]) == ("settling", None)
    (activation,) = activations(path, device.id)
    assert activation["customer_id"] == row["customer_id"]
    stub.faults.clear()


def test_a_paid_invoice_records_the_active_state(
    stub: ServedStub, device: BillingDevice, path: Path
) -> None:
    session = device.start_checkout()
    stub.pay(session)
    row = customer(path, session)
    (invoice,) = stub.state(device.id)["invoices"]
    assert (row["status"], row["entitlement"]) == ("active", "pro")
    assert (row["last_invoice_id"], row["last_invoice_status"]) == (invoice["id"], "paid")
    assert row["current_period_end"] == stub.state(device.id)["subscription"]["currentPeriodEnd"]
    assert row["price_id"] == stub.state(device.id)["subscription"]["priceId"]
    assert row["cancel_at_period_end"] == 0
    assert from_iso(row["updated_at"]) > 0
    assert row["updated_at"].endswith("Z")
    features = json.loads(row["stripe_entitlements_json"])
    assert all(one["object"] == "entitlements.active_entitlement" for one in features)
    assert features


def test_an_activation_keeps_when_and_how_it_was_last_checked(
    stub: ServedStub, device: BillingDevice, path: Path
) -> None:
    device.activate()
    (row,) = activations(path, device.id)
    assert row["last_active"] == 1
    assert from_iso(row["last_checked_at"]) >= from_iso(row["activated_at"])
    stub.customer(device.customer_id, "refund")
    assert device.status()["active"] is False
    (later,) = activations(path, device.id)
    assert later["last_active"] == 0
    assert later["activated_at"] == row["activated_at"]
    assert later["last_checked_at"] > row["last_checked_at"]


def test_every_event_is_recorded_once(stub: ServedStub, device: BillingDevice, path: Path) -> None:
    stub.faults.set(duplicate_webhooks=True)
    device.activate()
    stub.faults.clear()
    events = stub.ask("GET", "/_stub/events")["events"]
    for event in events:
        (row,) = rows(path, "SELECT * FROM processed_events WHERE event_id = ?", event["id"])
        assert row["type"] == event["type"]
        assert from_iso(row["processed_at"]) > 0
    assert events


def deliver(stub: ServedStub, kind: str, object_id: str) -> None:
    """Deliver one event as Stripe does, while all are held back."""
    headers = {"Authorization": "Bearer sk_test_facts"}
    query = {"type": kind, "limit": "100"}
    with httpx.Client(base_url=stub.url, trust_env=False, timeout=TIMEOUT_S) as client:
        events = client.get("/stripe/v1/events", params=query, headers=headers).json()["data"]
        (event,) = (one for one in events if one["data"]["object"]["id"] == object_id)
        body = json.dumps(event).encode()
        header = sign(body, [WEBHOOK_SECRET], at_s=event["created"])
        answer = client.post(wire.WEBHOOK, content=body, headers={"Stripe-Signature": header})
    assert answer.json() == {"received": True, "duplicate": False}
