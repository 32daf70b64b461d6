"""Migrations: revisions, tables and new databases agree, and a newer schema is refused."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from keystead.errors import InvalidInput
from keystead_stub.billing.catalogue import default_catalogue
from keystead_stub.billing_apis.dashclicks.merchants import mirror as merchants_mirror
from keystead_stub.store import mirror, stripe_tables
from keystead_stub.store.engine import Store, open_store
from keystead_stub.store.migrations import FOLDER, VERSIONS, known_revisions, migrate
from keystead_stub.store.migrations.versions import r0001_numbered_steps as r0001
from keystead_stub.store.records import record_tables
from keystead_stub.stripe_seed import seed_from
from keystead_stub.stripe_sim.engine.rows import ACCOUNT_ID
from keystead_stub.stripe_sim.engine.rules import Rules
from keystead_stub.stripe_sim.resources.balance import queries as balance
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.events import StripeEvent
from support.postgresql import postgresql
from support.schemas import differences, sqlite_schema

DROPPING = re.compile(r"(?i)drop_(?:table|column)|DROP\s+(?!INDEX)|DELETE\s+FROM|TRUNCATE")

CUSTOMER = '{"id":"cus_kept","object":"customer","email":"a@example.com"}'
#: A row of each table of simulated Stripe that later got an account column.
ROWS = {
    "stripe_objects": (
        *(7, "cus_kept", "customer", "cus_kept", CUSTOMER, '{"created":1700000000}'),
        1700000000,
    ),
    "stripe_funds": ("txn_kept", "eur", 1175, 1, None),
    "stripe_requests": ("key", "print", "{}", 1),
    "stripe_timers": (3, 4102444800000, "expire", "cs_kept"),
    "stripe_events": (4096, "evt_kept", "x", 1, None, None, "{}"),
    "stripe_endpoints": ("we_kept", "http://127.0.0.1/", "[]", "[]"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[sa.URL]:
    with postgresql() as url:
        yield sa.make_url(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/stub.db"
    address: sa.URL = request.getfixturevalue("server")
    name = f"test_{secrets.token_hex(8)}"
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


def start_before_alembic(store: Store, step: int = 0) -> None:
    """Leave the database as the numbered steps did; at step 0 it has no other tables."""
    with store.write() as connection:
        connection.execute(
            sa.text("CREATE TABLE schema_versions (version BIGINT, applied_at BIGINT)")
        )
        connection.execute(sa.text("INSERT INTO schema_versions VALUES (:step, 1)"), {"step": step})


def test_a_new_database_has_the_current_tables(store: Store) -> None:
    assert migrate(store, 1) == []
    assert differences(store) == []
    assert migrate(store, 2) == []


def test_all_revisions_together_create_the_current_tables(store: Store) -> None:
    start_before_alembic(store)
    assert migrate(store, 1, backup_taken=True) == known_revisions()
    assert differences(store) == []
    assert migrate(store, 2) == []


def test_a_new_sqlite_file_has_the_schema_of_all_revisions(tmp_path: Path) -> None:
    schemas = []
    for name in ("new.db", "migrated.db"):
        store = open_store(f"sqlite:///{tmp_path / name}")
        if name == "migrated.db":
            start_before_alembic(store)
        migrate(store, 1)
        store.close()
        schemas.append(sqlite_schema(tmp_path / name))
    assert schemas[0] == schemas[1]


def test_revisions_form_a_single_linear_history() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    revisions = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()]
    assert revisions[::-1] == known_revisions()


def test_a_revision_that_drops_data_is_marked() -> None:
    # The first revision copies the rows of the tables that it drops.
    for path in sorted(VERSIONS.glob("r*.py"))[1:]:
        source = path.read_text("utf-8")
        assert ("drops_data = True" in source) is bool(DROPPING.search(source)), path.name


def test_revisions_import_nothing_of_the_program() -> None:
    for path in VERSIONS.glob("r*.py"):
        assert "import keystead" not in path.read_text("utf-8"), path.name
        assert "from keystead" not in path.read_text("utf-8"), path.name


@pytest.mark.parametrize("change", ["alembic_version", "schema_versions"])
def test_a_newer_schema_is_refused(store: Store, change: str) -> None:
    if change == "alembic_version":
        migrate(store, 1)
        with store.write() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    else:
        start_before_alembic(store, step=999)
    with pytest.raises(InvalidInput) as refused:
        migrate(store, 2)
    assert refused.value.code == "newer_database"
    assert "Upgrade keystead-stub" in (refused.value.remedy or "")


@pytest.mark.parametrize("before_alembic", [False, True], ids=["new", "old"])
def test_concurrently_started_processes_migrate_once(url: str, before_alembic: bool) -> None:
    stores = [open_store(url) for _ in range(4)]
    if before_alembic:
        start_before_alembic(stores[0])
    else:
        # SQLite can switch to write-ahead logging only while no one else has the file open.
        assert stores[0].ok()
    with ThreadPoolExecutor(len(stores)) as pool:
        applied = list(pool.map(lambda store: migrate(store, 1, backup_taken=True), stores))
    assert sorted(chain(*applied)) == (known_revisions() if before_alembic else [])
    assert differences(stores[0]) == []
    for store in stores:
        store.close()


def run_steps(connection: sa.Connection, numbers: Iterable[int]) -> None:
    """Apply the SQL of numbered steps."""
    for path in sorted(r0001._FOLDER.glob("*.sql")):
        if int(path.name[:2]) in numbers:
            r0001._execute(connection, path)


def test_rows_from_before_connected_accounts_belong_to_the_platform(store: Store) -> None:
    start_before_alembic(store, step=15)
    with store.write() as connection:
        run_steps(connection, range(16))
        for name, row in ROWS.items():
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            connection.execute(table.insert().values(row))
    assert migrate(store, 2, backup_taken=True) == known_revisions()

    with store.read() as connection:
        for table in stripe_tables.OWNED:
            (row_now,) = connection.execute(sa.select(table)).all()
            assert row_now.account_id == ACCOUNT_ID
        columns = stripe_tables.objects.c
        kept = connection.execute(sa.select(columns.seq, columns.id, columns.created_s)).one()
    assert kept == (7, "cus_kept", 1700000000)

    rules = Rules(
        seed=seed_from(default_catalogue()),
        base_url="http://127.0.0.1:1",
    )
    stripe = SimulatedStripe(store, rules, real_ms=lambda: 1000, random=Random(1))
    assert [one.id for one in stripe.read(customer_queries.list_all)] == ["cus_kept"]
    assert stripe.read(balance.get)["available"][0]["amount"] == 1175
    made = stripe.open_account("Acme")
    assert stripe.within(made.id).read(customer_queries.list_all) == ()
    # Where rows are numbered, new rows come after the copied ones.
    with store.read() as connection:
        assert connection.scalar(sa.select(sa.func.max(columns.seq))) > 7


def migrate_before(store: Store, folder: Path, revisions: int) -> None:
    """Migrate an empty database to one of the first revisions."""
    before = folder / "before"
    before.mkdir()
    for path in sorted(VERSIONS.glob("r*.py"))[:revisions]:
        shutil.copy(path, before)
    shutil.copytree(FOLDER / "numbered_steps", folder / "numbered_steps")
    start_before_alembic(store)
    migrate(store, 1, versions=before, backup_taken=True)


def test_the_documented_tables_are_filled_from_a_database_of_before(
    store: Store, tmp_path: Path
) -> None:
    migrate_before(store, tmp_path, 2)
    instant = 1_800_000_000_123
    text_of = "2027-01-15T08:00:00.123Z"
    with store.write() as connection:
        for table, row in rows_of_before(instant).items():
            for values in row:
                reflected = sa.Table(table, sa.MetaData(), autoload_with=connection)
                connection.execute(reflected.insert().values(values))
    migrate(store, 1, backup_taken=True)
    assert differences(store) == []
    with store.read() as connection:
        found = connection.execute(
            sa.text("SELECT * FROM billing_customers ORDER BY customer_id")
        ).mappings()
        one, two = [dict(row) for row in found]
        (activation,) = connection.execute(sa.text("SELECT * FROM device_activations")).all()
        (device,) = connection.execute(sa.text("SELECT * FROM devices")).all()
        (processed,) = connection.execute(sa.text("SELECT * FROM processed_events")).all()
        emails = connection.execute(
            sa.text("SELECT email, created_at FROM billing_states ORDER BY customer_id")
        ).all()
    assert one == {
        "customer_id": "cus_1",
        "checkout_session_id": "cs_1",
        "subscription_id": "sub_1",
        "device_id": "device_1",
        "email": "Ä@Example.com",
        "status": "active",
        "entitlement": "pro",
        "price_id": "price_1",
        "current_period_end": instant,
        "cancel_at_period_end": 1,
        "last_invoice_id": "in_2",
        "last_invoice_status": "paid",
        "stripe_entitlements_json": '[{"lookup_key":"export"}]',
        "updated_at": text_of,
    }
    assert (two["checkout_session_id"], two["last_invoice_id"]) == ("cs_9", None)
    assert tuple(activation) == ("cus_1", "device_1", text_of, text_of, 1)
    assert tuple(device) == ("device_1", "cus_1", "key", "Laptop", "cs_1", None)
    assert tuple(processed) == ("evt_1", "invoice.paid", text_of)
    assert [tuple(row) for row in emails] == [("ä@example.com", 5), (None, 6)]


def rows_of_before(instant: int) -> dict[str, list[dict[str, Any]]]:
    def customer(number: int, **values: Any) -> dict[str, Any]:
        return {
            "customer_id": f"cus_{number}",
            "status": "active",
            "cancel_at_period_end": 1,
            "created_at": number + 4,
            "updated_at": instant,
            **values,
        }

    def event(number: int, who: str, kind: str, **body: Any) -> dict[str, Any]:
        return {
            "event_id": f"evt_{number}",
            "customer_id": who,
            "type": kind,
            "created_at": number,
            "payload": json.dumps({"type": kind, "object": body}),
        }

    checkout = "checkout.session.completed"
    device_1 = {"deviceId": "device_1"}
    state = {"state": "{}", "updated_at": instant}
    return {
        "billing_customers": [
            customer(
                1,
                email="Ä@Example.com",
                subscription_id="sub_1",
                price_id="price_1",
                current_period_end=instant,
                entitlement_key="pro",
            ),
            customer(2),
        ],
        "billing_states": [{"customer_id": "cus_1", **state}, {"customer_id": "cus_2", **state}],
        "processed_events": [
            {
                "event_id": "evt_1",
                "type": "invoice.paid",
                "created_at": 1,
                "processed_at": instant,
            }
        ],
        "device_activations": [
            {
                "device_id": "device_1",
                "customer_id": "cus_1",
                "device_public_key": "key",
                "name": "Laptop",
                "checkout_session_id": "cs_1",
                "activated_at": instant,
                "last_checked_at": instant,
            }
        ],
        "billing_events": [
            event(1, "cus_1", checkout, id="cs_1", subscription="sub_1", metadata=device_1),
            event(2, "cus_1", checkout, id="cs_2", subscription="sub_2", metadata=None),
            event(3, "cus_1", "checkout.session.expired", id="cs_3"),
            event(4, "cus_1", "invoice.paid", id="in_2", created=9, status="paid"),
            event(5, "cus_1", "invoice.finalized", id="in_2", created=9, status="open"),
            event(6, "cus_1", "invoice.voided", id="in_1", created=8, status="void"),
            event(7, "cus_1", "invoice.upcoming", status="draft"),
            event(
                8,
                "cus_1",
                "entitlements.active_entitlement_summary.updated",
                entitlements={"data": [{"lookup_key": "export"}]},
            ),
            event(9, "cus_2", checkout, id="cs_9"),
        ],
    }


def test_an_interrupted_numbered_migration_is_completed(store: Store) -> None:
    """Step 4 created simulated Stripe's newest tables, then the process ended."""
    start_before_alembic(store, step=4)
    with store.write() as connection:
        run_steps(connection, {1, 2, 3, 4, 6, 9})
        r0001._add_accounts(connection, r0001._FOLDER / "16_stripe_accounts.sql")
    migrate(store, 1, backup_taken=True)
    assert differences(store) == []


def test_drafts_and_subscriptions_of_organisations_are_kept(store: Store, tmp_path: Path) -> None:
    migrate_before(store, tmp_path, 3)
    with store.write() as connection:
        for table, row in (
            ("billing_builders", ("bb_1", "acme", "web,social", 1, "monthly", None, None, "draft")),
            ("organization_subscriptions", ("osub_1", "acme", "", 0, "annual", "cus_1", "sub_1")),
        ):
            old = sa.Table(table, sa.MetaData(), autoload_with=connection)
            filled = (*row, None, 7) if table == "billing_builders" else (*row, 7, 8)
            connection.execute(old.insert().values(filled))
    migrate(store, 2)
    with store.read() as connection:
        builder = connection.execute(sa.select(record_tables.billing_builder)).one()
        kept = connection.execute(sa.select(record_tables.subscription)).one()
    modules = {"web": True, "cctv": False, "social": True}
    assert (json.loads(builder.modules), builder.payAsYouGo) == (modules, True)
    assert (builder.organizationId, builder.createdAt) == ("acme", 7)
    assert json.loads(kept.modules) == dict.fromkeys(modules, False)
    assert (kept.payAsYouGo, kept.billingPeriod, kept.status) == (False, "annual", "active")
    assert (kept.stripeSubscriptionId, kept.updatedAt) == ("sub_1", 8)
    assert (kept.currentPeriodStart, kept.currentPeriodEnd) == (None, None)


def test_alembic_is_not_imported_without_pending_migrations(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from keystead_stub.store.engine import open_store\n"
        "from keystead_stub.store.migrations import migrate\n"
        "for _ in range(2):\n"
        "    store = open_store(sys.argv[1])\n"
        "    migrate(store, 1)\n"
        "    store.close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/stub.db"]
    assert subprocess.run(command, check=False).returncode == 0


def test_customers_of_merchants_are_marked_and_their_accounts_kept_apart(
    store: Store, tmp_path: Path
) -> None:
    """Before sellers had audiences, every customer's license was for the platform's programs."""
    before = tmp_path / "versions"
    before.mkdir()
    shutil.copytree(FOLDER / "numbered_steps", tmp_path / "numbered_steps")
    for path in VERSIONS.glob("r000[1-5]_*.py"):
        shutil.copy(path, before)
    start_before_alembic(store)
    migrate(store, 1, versions=before, backup_taken=True)

    def insert(connection: sa.Connection, name: str, **values: object) -> None:
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        connection.execute(table.insert().values(values))

    with store.write() as connection:
        for customer, account in (("cus_theirs", "acct_1"), ("cus_ours", None)):
            insert(connection, "billing_customers", customer_id=customer, updated_at="x")
            state = json.dumps({"customer_id": customer})
            times = {"created_at": 1, "updated_at": 1}
            insert(connection, "billing_states", customer_id=customer, state=state, **times)
            payload = json.dumps({"id": f"evt_{customer}", "account": account})
            event = {"event_id": f"evt_{customer}", "type": "x", "created_at": 1}
            insert(connection, "billing_events", customer_id=customer, payload=payload, **event)
            owner = {"api": "dashclicks", "account_id": customer, "created_at": 1}
            insert(connection, "accounts", customer_id=customer, linked_at=1, **owner)
        for number, name in enumerate(("Acme", "ACME", "globex")):
            merchant = {"stripe_account_id": f"acct_{number}", "sealed_key": "x"}
            insert(connection, "merchants", account_id=name, connected_at=number, **merchant)
    migrate(store, 2)
    assert differences(store) == []
    with store.read() as connection:
        query = "SELECT customer_id, state FROM billing_states"
        states = {row.customer_id: row.state for row in connection.execute(sa.text(query))}
        query = "SELECT account_id, api FROM accounts"
        apis = {row.account_id: row.api for row in connection.execute(sa.text(query))}
        query = "SELECT account_id, seller_id FROM merchants ORDER BY connected_at"
        sellers = list(map(tuple, connection.execute(sa.text(query))))
    assert json.loads(states["cus_theirs"])["account"] == "acct_1"
    assert "account" not in json.loads(states["cus_ours"])
    assert apis == {"cus_theirs": "dashclicks-own", "cus_ours": "dashclicks"}
    assert sellers == [("Acme", "acme"), ("ACME", "acme#"), ("globex", "globex")]


def test_what_was_mirrored_before_is_replaced_by_the_next_event(
    store: Store, tmp_path: Path
) -> None:
    migrate_before(store, tmp_path, 7)
    said = {"x_1": [2000, 1, 26, "evt_1"], "x_2": [2000, -1, 0, ""]}
    with store.write() as connection:
        table = sa.Table("mirrored_objects", sa.MetaData(), autoload_with=connection)
        for object_id, order in said.items():
            document = {"object": "product", "id": object_id, "created": 1, "name": "a"}
            values = {
                "stripe_account_id": "acct_1",
                "kind": "product",
                "object_id": object_id,
                "created_at": 1000,
                "deleted": False,
                "document": json.dumps(document),
                "said": json.dumps(order),
            }
            connection.execute(table.insert().values(values))
    migrate(store, 1, backup_taken=True)
    assert differences(store) == []
    for object_id, created_ms, expected in (
        ("x_1", 1000, "a"),
        ("x_1", 2000, "b"),
        ("x_2", 2000, "b"),
    ):
        body = {"object": "product", "id": object_id, "created": 1, "name": "b"}
        event = StripeEvent(
            id="evt_0",
            type="product.updated",
            created_ms=created_ms,
            object=body,
            previous={"name": "a"},
        )
        with store.write() as connection:
            merchants_mirror.take_in(store, connection, "acct_1", event)
        with store.read() as connection:
            kept = mirror.find(connection, "acct_1", "product", object_id)
        assert kept is not None
        assert kept.document["name"] == expected
