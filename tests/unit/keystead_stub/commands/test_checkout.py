"""The checkout switch works at once, in every mode, for all processes, and after a restart."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from keystead.wire import nyra as wire
from keystead_stub.controls.operator import CHECKOUT_SWITCH
from keystead_stub.entry import main
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice
from support.fake_stripe_server import FakeStripeServer, fake_stripe_server

TOKEN = "the-operators-own-token-" + "t" * 20
REAL = {"STRIPE_SECRET_KEY": "sk_test_51Keystead", "NYRA_LICENSE_API_TOKEN": TOKEN}


@pytest.fixture
def face() -> Iterator[FakeStripeServer]:
    with fake_stripe_server() as made:
        yield made


def refusal(stub: BillingStub) -> str | None:
    """Return the error code of a refused checkout, or None if it succeeds."""
    with httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as http:
        answer = http.post(wire.CHECKOUT, json=BillingDevice(stub, http).identity())
    return None if answer.status_code == 200 else str(answer.json()["code"])


def test_the_checkout_switch_applies_to_every_process_and_after_a_restart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = f"sqlite:///{tmp_path / 'stub.db'}"
    with (
        BillingStub.running(tmp_path / "a", database=database) as first,
        BillingStub.running(tmp_path / "b", database=database) as second,
    ):
        assert (refusal(first), refusal(second)) == (None, None)
        assert main(["checkout", "off", "--url", first.url]) == 0
        assert capsys.readouterr().out == "Checkout is off.\n"
        assert (refusal(first), refusal(second)) == ("checkout_disabled", "checkout_disabled")
    with BillingStub.running(tmp_path / "c", database=database) as third:
        assert refusal(third) == "checkout_disabled"
        assert main(["checkout", "show", "--url", third.url, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"enabled": False}
        assert main(["checkout", "on", "--database", str(tmp_path / "stub.db")]) == 0
        assert refusal(third) is None


def test_a_real_stripe_requires_the_operators_token(
    tmp_path: Path,
    face: FakeStripeServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environ = REAL | {"STRIPE_API_URL": face.url}
    with BillingStub.running(tmp_path / "stub", environ) as stub:
        for headers in ({}, {"Authorization": "Bearer guessed"}):
            answer = httpx.put(
                stub.url + CHECKOUT_SWITCH,
                json={"enabled": False},
                headers=headers,
                trust_env=False,
                timeout=60,
            )
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
        assert main(["checkout", "off", "--url", stub.url]) == 1
        monkeypatch.setenv("NYRA_LICENSE_API_TOKEN", TOKEN)
        assert main(["checkout", "off", "--url", stub.url]) == 0
        assert refusal(stub) == "checkout_disabled"
        assert TOKEN not in "".join(capsys.readouterr())
    assert face.asked == []


@pytest.mark.parametrize("database", ["nowhere.db", "empty.db", "nonsense://x"])
def test_a_missing_database_is_reported(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.db").touch()
    named = database if "://" in database else str(tmp_path / database)
    assert main(["checkout", "off", "--database", named]) == 1
    assert "database" in capsys.readouterr().err
    assert not (tmp_path / "nowhere.db").exists()


def test_an_outdated_database_is_not_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "old.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE schema_versions (version INTEGER, applied_at INTEGER)")
    assert main(["checkout", "off", "--database", str(database)]) == 1
    assert "not up to date" in capsys.readouterr().err
