"""Databases that earlier commits created are migrated and served with their data.

Each dump is named by its last numbered step and the commit whose `keystead-stub serve` wrote it:
one customer, who paid on one device. `04-to-20-step-by-step` was written at step 4 and then opened
by every later commit in turn.
"""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from keystead.encoding import b64u_encode
from keystead.instants import from_iso, iso
from keystead.keys import SigningKey
from keystead_stub.in_process import TIMEOUT_S, BillingStub
from keystead_stub.store.engine import open_store
from keystead_stub.store.migrations import known_revisions, migrate
from support import nyra_facts
from support.billing_device import BillingDevice
from support.nightly import nightly_except
from support.schemas import differences, sqlite_schema

DUMPS = sorted((Path(__file__).parent / "old_databases").glob("*.sql.gz"))
#: The signing secret of the dumped stubs, and the device's key.
SECRETS = {"NYRA_LICENSE_SIGNING_SECRET": b64u_encode(bytes(range(32)))}
DEVICE_SEED = bytes([7]) * 32


#: The oldest, the newest, and one that was migrated step by step; the nightly run takes all.
EVERY_RUN = (DUMPS[0], DUMPS[1], DUMPS[-1])


@pytest.fixture(
    params=nightly_except(DUMPS, EVERY_RUN), ids=lambda path: path.name.removesuffix(".sql.gz")
)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "stub.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(gzip.decompress(request.param.read_bytes()).decode())
    return path


def test_databases_of_twelve_earlier_commits_are_covered() -> None:
    assert len(DUMPS) == 12


def test_an_old_database_gets_the_schema_of_a_new_one(database: Path) -> None:
    new = database.with_name("new.db")
    for path, applied in ((database, known_revisions()), (new, [])):
        store = open_store(f"sqlite:///{path}")
        assert migrate(store, 1) == applied
        assert differences(store) == []
        store.close()
    assert sqlite_schema(database) == sqlite_schema(new)


def test_the_documented_tables_of_an_old_database_are_filled(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        (session, device) = connection.execute(
            "SELECT session_id, device_id FROM checkout_devices"
        ).fetchone()
        (processed,) = connection.execute("SELECT count(*) FROM processed_events").fetchone()
    store = open_store(f"sqlite:///{database}")
    migrate(store, 1)
    store.close()
    # Somebody may want to go back: the database as it was is still there.
    assert len(list(database.parent.glob("stub.db.before-0003-*"))) == 1
    assert nyra_facts.sqlite_tables(database) == nyra_facts.TABLES
    (customer,) = nyra_facts.sqlite_rows(database, "SELECT * FROM billing_customers")
    (activation,) = nyra_facts.sqlite_rows(database, "SELECT * FROM device_activations")
    events = nyra_facts.sqlite_rows(database, "SELECT processed_at FROM processed_events")
    (found,) = nyra_facts.sqlite_rows(database, "SELECT email, created_at FROM billing_states")
    assert (customer["checkout_session_id"], customer["device_id"]) == (session, device)
    assert (customer["status"], customer["entitlement"]) == ("active", "pro")
    assert customer["last_invoice_id"].startswith("in_")
    assert customer["last_invoice_status"] == "paid"
    assert (activation["customer_id"], activation["device_id"]) == (
        customer["customer_id"],
        device,
    )
    assert activation["last_active"] == 1
    assert len(events) == processed > 0
    processed_at = (event["processed_at"] for event in events)
    for text in (customer["updated_at"], activation["activated_at"], *processed_at):
        assert iso(from_iso(text)) == text
    assert (found["email"], found["created_at"] > 0) == (customer["email"].lower(), True)


def test_a_device_in_a_migrated_database_is_still_active(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        (session,) = connection.execute("SELECT session_id FROM checkout_devices").fetchone()
        events = connection.execute("SELECT count(*) FROM stripe_events").fetchone()
    with (
        BillingStub.running(tmp_path, SECRETS, database=f"sqlite:///{database}") as stub,
        httpx.Client(base_url=stub.url, trust_env=False, timeout=TIMEOUT_S) as http,
    ):
        assert http.get("/health").json()["ok"] is True
        device = BillingDevice(stub, http, key=SigningKey(DEVICE_SEED))
        body = device.status(checkoutSessionId=session)
        assert (body["active"], body["status"]) == (True, "active")
        assert device.license(body).device_id == device.id
        # The device continues with its new token.
        assert device.status()["active"] is True
        # The customer's history is still there, and new events are added to it.
        stub.customer(device.customer_id, "cancel")
        assert stub.state(device.id)["subscription"]["cancelAtPeriodEnd"] is True
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM stripe_events").fetchone() > events
