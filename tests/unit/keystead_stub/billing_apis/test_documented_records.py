"""The records of `crow`, `mission-control` and `stripe-integration`, read by SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import httpx
import pytest
import sqlalchemy as sa

from keystead.wire import crow, mission_control, stripe_integration
from keystead_stub.in_process import BillingStub
from support.api_account import APIS, Account
from support.postgresql import postgresql
from support.record_facts import OURS, TABLES, UNIQUE, VALUES

Json = dict[str, Any]
BY_NAME = {api.name: api for api in APIS}
#: The types' names in each database, by the kind that a description gives.
KINDS = {
    "sqlite": {"text": {"TEXT"}, "integer": {"INTEGER"}, "boolean": {"INTEGER"}},
    "postgresql": {"text": {"TEXT"}, "integer": {"BIGINT", "INTEGER"}, "boolean": {"BOOLEAN"}},
}


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.nightly)], scope="module"
)
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('records')}/stub.db"
        return
    with postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def stub(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BillingStub]:
    folder = tmp_path_factory.mktemp("stub")
    with BillingStub.running(folder, database=database) as running:
        yield running


@pytest.fixture(scope="module")
def sql(stub: BillingStub, database: str) -> Iterator[sa.Engine]:
    """A second connection to the server's database, as an analyst would open one."""
    engine = sa.create_engine(database)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def http(stub: BillingStub) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(autouse=True)
def _empty(stub: BillingStub) -> None:
    stub.ask("POST", "/_stub/reset")


def rows(sql: sa.Engine, table: str) -> list[Json]:
    query = sa.select(sa.text("*")).select_from(sa.table(table))
    with sql.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def default_of(found: Any) -> str | None:
    text = found["default"]
    if text is None:
        return None
    plain = str(text).split("::")[0].strip("'")
    return {"0": "false"}.get(plain, plain)


@pytest.mark.parametrize("table", TABLES)
def test_each_record_has_the_documented_columns(sql: sa.Engine, table: str) -> None:
    inspector = sa.inspect(sql)
    columns = inspector.get_columns(table)
    # SQLite says that a key of its own may be null.
    key = inspector.get_pk_constraint(table)["constrained_columns"]
    found = {
        str(one["name"]): (default_of(one), bool(one["nullable"]) and one["name"] not in key)
        for one in columns
    }
    ours = OURS.get(table, frozenset())
    documented = {one.name: one for one in TABLES[table]}
    assert set(found) - ours == set(documented)
    assert ours <= set(found)
    types = {str(one["name"]): str(one["type"]) for one in columns}
    for name, one in documented.items():
        assert found[name] == (one.default, one.null), name
        assert types[name] in KINDS[sql.dialect.name][one.kind], name


@pytest.mark.parametrize("table", UNIQUE)
def test_an_organisation_and_a_tenant_have_one_subscription(sql: sa.Engine, table: str) -> None:
    inspector = sa.inspect(sql)
    unique = [one["column_names"] for one in inspector.get_unique_constraints(table)]
    key = inspector.get_pk_constraint(table)["constrained_columns"]
    assert [UNIQUE[table]] in [*unique, key]


def test_a_tenants_subscription_refers_to_its_tenant(sql: sa.Engine) -> None:
    (key,) = sa.inspect(sql).get_foreign_keys("subscriptions")
    assert (key["constrained_columns"], key["referred_table"]) == (["tenant_id"], "tenants")


def test_the_documented_values_are_those_of_the_api() -> None:
    assert get_args(crow.BillingPeriod) == VALUES["billing_builder", "billingPeriod"]
    for record, table in ((crow.Builder, "billing_builder"), (crow.Subscription, "subscription")):
        assert get_args(get_type_hints(record)["status"]) == VALUES[table, "status"]
    plans = dict.fromkeys(mission_control.PLAN_OF_NAME.values())
    assert (mission_control.FREE, *plans) == VALUES["subscriptions", "plan"]
    assert get_args(mission_control.Status) == VALUES["subscriptions", "status"]


def test_an_organisations_purchase_fills_its_builder_and_subscription(
    stub: BillingStub, http: httpx.Client, sql: sa.Engine
) -> None:
    acme = Account(stub, http, BY_NAME["crow"])
    session = acme.checkout().json()["sessionId"]
    (draft,) = rows(sql, "billing_builder")
    assert (draft["status"], draft["stripeCustomerId"]) == ("draft", None)
    assert json.loads(draft["modules"]) == {"web": True, "cctv": False, "social": False}
    stub.pay(session)
    (builder,) = rows(sql, "billing_builder")
    (row,) = rows(sql, "subscription")
    shown = acme.ask("GET", f"{crow.SUBSCRIPTIONS}/acme").json()
    assert {**row, "modules": json.loads(row["modules"])} == shown
    assert builder["status"] == "active"
    for name in ("stripeCustomerId", "stripeSubscriptionId", "modules", "billingPeriod"):
        assert builder[name] == row[name], name
    assert builder["createdAt"] <= row["createdAt"] < row["currentPeriodEnd"]


def test_an_organisations_subscription_follows_stripe_without_being_asked_for(
    stub: BillingStub, http: httpx.Client, sql: sa.Engine
) -> None:
    acme = Account(stub, http, BY_NAME["crow"])
    acme.buy()
    (first,) = rows(sql, "subscription")
    stub.customer(first["stripeCustomerId"], "fail_next_payment")
    stub.clock.advance(days=32)
    (late,) = rows(sql, "subscription")
    assert (late["status"], late["currentPeriodStart"]) == ("past_due", first["currentPeriodEnd"])
    stub.customer(first["stripeCustomerId"], "cancel", at_period_end=False)
    assert [one["status"] for one in rows(sql, "subscription")] == ["cancelled"]


def test_a_tenants_purchase_is_upserted_and_canceled(
    stub: BillingStub, http: httpx.Client, sql: sa.Engine
) -> None:
    acme = Account(stub, http, BY_NAME["mission-control"])
    assert rows(sql, "subscriptions") == []
    acme.buy(seats=4)
    (row,) = rows(sql, "subscriptions")
    shown = acme.ask("GET", mission_control.STATUS).json()
    assert (row["tenant_id"], row["plan"], row["seats"]) == ("acme", "team", 4)
    assert (row["plan"], row["status"], row["seats"]) == (
        shown["plan"],
        shown["status"],
        shown["seats"],
    )
    assert row["current_period_end"] == shown["currentPeriodEnd"]
    assert row["stripe_customer_id"].startswith("cus_")
    assert row["stripe_subscription_id"].startswith("sub_")
    stub.customer(row["stripe_customer_id"], "cancel", at_period_end=False)
    (ended,) = rows(sql, "subscriptions")
    assert (ended["plan"], ended["status"], ended["seats"]) == ("free", "canceled", 1)
    assert ended["created_at"] == row["created_at"] <= ended["updated_at"]
    assert [one["id"] for one in rows(sql, "tenants")] == ["acme"]


def test_invoice_payment_and_subscription_refer_to_stripe(
    stub: BillingStub, http: httpx.Client, sql: sa.Engine
) -> None:
    acme = Account(stub, http, BY_NAME["stripe-integration"])
    acme.buy(seats=3)
    (invoice,) = rows(sql, "Invoice")
    (payment,) = rows(sql, "Payment")
    (subscription,) = rows(sql, "TenantSubscription")
    assert invoice["stripeInvoiceId"].startswith("in_")
    assert invoice["stripePaymentIntentId"] == payment["stripePaymentIntentId"]
    assert payment["stripePaymentIntentId"].startswith("pi_")
    assert payment["stripeChargeId"].startswith("ch_")
    assert subscription["stripeSubscriptionId"] == invoice["stripeSubscriptionId"]
    assert subscription["stripeCustomerId"].startswith("cus_")
    for path, name, row in (
        (stripe_integration.INVOICES, "invoices", invoice),
        (stripe_integration.PAYMENTS, "payments", payment),
    ):
        (shown,) = acme.ask("GET", path).json()[name]
        # Our answer also says why a paid invoice no longer counts; the document has no such column.
        shown.pop("reason", None)
        assert shown == {key: value for key, value in row.items() if key != "tenantId"}
    shown = acme.ask("GET", stripe_integration.SUBSCRIPTION).json()
    assert (
        shown.items()
        <= {
            **subscription,
            "cancelAtPeriodEnd": bool(subscription["cancelAtPeriodEnd"]),
        }.items()
    )


def test_records_from_before_their_tables_are_written_from_the_kept_events(
    stub: BillingStub, http: httpx.Client, sql: sa.Engine
) -> None:
    tenant = Account(stub, http, BY_NAME["stripe-integration"])
    tenant.buy(seats=3)
    paths = (stripe_integration.INVOICES, stripe_integration.PAYMENTS)
    tables = ("Invoice", "Payment", "TenantSubscription")
    shown = [tenant.ask("GET", path).json() for path in paths]
    kept = [rows(sql, table) for table in tables]
    with sql.begin() as connection:
        for table in tables:
            connection.execute(sa.delete(sa.table(table)))
    assert [tenant.ask("GET", path).json() for path in paths] == shown
    assert [rows(sql, table) for table in tables[:2]] == kept[:2]
    ((subscription,), (before,)) = rows(sql, tables[2]), kept[2]
    assert subscription | {"updatedAt": before["updatedAt"]} == before
