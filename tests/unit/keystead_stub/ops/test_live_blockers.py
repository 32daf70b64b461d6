"""Live blockers stand until machines and people have done their part."""

from __future__ import annotations

import dataclasses
import secrets
from pathlib import Path

import pytest

import keystead_stub
from keystead_stub.app import Options, build
from keystead_stub.billing.checkouts import ensure_checkout_enabled
from keystead_stub.http.errors import ProblemError
from keystead_stub.ops import deployment_manifest
from keystead_stub.ops.live_blockers import LIVE_BLOCKERS, open_blockers
from keystead_stub.settings import CONFIRMATIONS, SECRETS, VARS, Settings, deployability
from keystead_stub.store.documented_tables import DOCUMENTED
from support import nyra_facts

URL = "https://billing.nyra.example"
READY = {
    "STRIPE_SECRET_KEY": "sk_live_51Keystead",
    "STRIPE_WEBHOOK_SECRET": "whsec_keystead",
    "NYRA_STRIPE_PRICE_PRO_MONTHLY": "price_1Keystead",
    "NYRA_BILLING_SUCCESS_URL": "https://nyra.example/success",
    "NYRA_BILLING_CANCEL_URL": "https://nyra.example/cancel",
    "NYRA_BILLING_RETURN_URL": "https://nyra.example/return",
    "NYRA_LICENSE_API_TOKEN": "t" * 40,
    "NYRA_LICENSE_SIGNING_SECRET": "A" * 42 + "E",
    "ALLOWED_ORIGIN": "https://nyra.example",
    **dict.fromkeys(CONFIRMATIONS, "2024-02-29"),
}


def load(environ: dict[str, str]) -> Settings:
    return Settings.load(environ, url=URL, random=secrets.token_bytes)


def test_the_described_blockers_and_both_of_the_no_go_rules_are_there() -> None:
    names = [one.what for one in LIVE_BLOCKERS]
    assert set(names) >= {
        *nyra_facts.LIVE_BLOCKERS,
        "Hosted AI cap",
        "Signed/store-trusted release path",
    }
    confirmed = [one.confirmation for one in LIVE_BLOCKERS if one.confirmation]
    assert sorted(confirmed) == sorted(CONFIRMATIONS)


def test_a_blocker_stands_until_settings_and_confirmation_are_given() -> None:
    assert open_blockers((), ()) == LIVE_BLOCKERS
    given = {name for one in LIVE_BLOCKERS for name in one.settings}
    assert open_blockers(given, CONFIRMATIONS) == ()
    for one in LIVE_BLOCKERS:
        for name in one.settings:
            assert one in open_blockers(given - {name}, CONFIRMATIONS)
        if one.confirmation:
            assert open_blockers(given, set(CONFIRMATIONS) - {one.confirmation}) == (one,)


def test_the_manifest_lists_the_blockers_that_stand() -> None:
    assert deployment_manifest.deployment(load(READY), "PostgreSQL").live_blockers == ()
    inbox = "NYRA_CONFIRMED_SUPPORT_INBOX"
    manifest = deployment_manifest.deployment(load({**READY, inbox: ""}), "PostgreSQL")
    assert manifest.live_blockers == (CONFIRMATIONS[inbox],)


def test_the_manifest_names_what_there_is() -> None:
    manifest = deployment_manifest.deployment(load(READY), "SQLite")
    assert (
        Path(keystead_stub.__file__).parents[2].joinpath(manifest.storage.migrations_dir).is_dir()
    )
    assert manifest.storage.database_name == nyra_facts.DATABASE_NAME
    assert manifest.storage.tables == tuple(table.name for table in DOCUMENTED)
    assert manifest.required_secrets == tuple(SECRETS)
    assert set(manifest.required_vars) <= set(VARS)


def test_live_checkout_is_refused_without_every_confirmation(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/nyra_billing.db"
    options = Options(url=URL, config=tmp_path / "config.toml", database=database)
    stub = build(load(READY), options)
    try:
        ensure_checkout_enabled(stub.services)
        assert deployability(stub.services.settings) == "GO"
        for name in CONFIRMATIONS:
            without = dataclasses.replace(stub.services, settings=load({**READY, name: ""}))
            with pytest.raises(ProblemError) as refused:
                ensure_checkout_enabled(without)
            assert refused.value.code == "checkout_disabled"
            assert deployability(without.settings) == "NO_GO_LIVE_MONEY"
    finally:
        stub.close()
