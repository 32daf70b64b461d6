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
from keystead.keys import SigningKey
from keystead_stub.in_process import TIMEOUT_S, BillingStub
from keystead_stub.store.engine import open_store
from keystead_stub.store.migrations import known_revisions, migrate
from support.billing_device import BillingDevice
from support.schemas import differences, sqlite_schema

DUMPS = sorted((Path(__file__).parent / "old_databases").glob("*.sql.gz"))
#: The signing secret of the dumped stubs, and the device's key.
SECRETS = {"NYRA_LICENSE_SIGNING_SECRET": b64u_encode(bytes(range(32)))}
DEVICE_SEED = bytes([7]) * 32


@pytest.fixture(params=DUMPS, ids=lambda path: path.name.removesuffix(".sql.gz"))
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
