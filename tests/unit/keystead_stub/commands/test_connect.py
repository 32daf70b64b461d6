"""`keystead-stub connect`: connect an account to its own Stripe account."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keystead.wire.dashclicks import people as wire
from keystead_stub.app import open_migrated
from keystead_stub.auth.sessions import Session, issue_session
from keystead_stub.billing_apis.dashclicks.merchants import API
from keystead_stub.commands.connect import checked_key
from keystead_stub.entry import main
from keystead_stub.in_process import BillingStub
from keystead_stub.ops import production_values
from support.fake_stripe_server import FakeStripeServer, fake_stripe_server
from support.served_stub import ServedStub

PLATFORM = "sk_test_51Platform"
SECRET = "the-secret-of-dashclicks-sessions"
KEY = "sk_test_51Merchant"
ACCOUNT = "acct_1Merchant"


@pytest.fixture
def face() -> Iterator[FakeStripeServer]:
    with fake_stripe_server() as made:
        made.answers["GET", "/v1/account"] = {"id": ACCOUNT, "object": "account"}
        made.answers["GET", "/v1/customers"] = {"object": "list", "data": [], "has_more": False}
        yield made


@pytest.fixture
def environ(
    face: FakeStripeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Set the variables of a backend with a database file and a real Stripe."""
    given = {
        "STRIPE_SECRET_KEY": PLATFORM,
        "STRIPE_API_URL": face.url,
        "DASHCLICKS_JWT_SECRET": SECRET,
        "NYRA_LICENSE_SIGNING_SECRET": "A" * 42 + "E",
        production_values.DATABASE: str(tmp_path / "stub.db"),
        "KEYSTEAD_HOME": str(tmp_path / "home"),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    open_migrated(f"sqlite:///{given[production_values.DATABASE]}").close()
    return given


@pytest.fixture
def real(environ: dict[str, str], tmp_path: Path) -> Iterator[BillingStub]:
    """That backend."""
    database = f"sqlite:///{environ[production_values.DATABASE]}"
    with BillingStub.running(tmp_path, environ, database=database) as stub:
        yield stub


def ask(stub: BillingStub, path: str, account_id: str = "acme") -> httpx.Response:
    session = Session(api=API, account_id=account_id, subject="user_1")
    token = issue_session(session, SECRET, now_s=int(time.time()), lasts_s=60)
    url = f"{stub.url}/{API}{path}"
    return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60)


def connect(monkeypatch: pytest.MonkeyPatch, key: str, *arguments: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(key))
    return main(["connect", *arguments])


def test_a_valid_key_connects_the_account(
    real: BillingStub,
    face: FakeStripeServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert ask(real, wire.CUSTOMERS).json()["code"] == "stripe_not_connected"
    assert connect(monkeypatch, KEY + "\n", "acme", "--json") == 0
    output = capsys.readouterr()
    assert json.loads(output.out) == {"accountId": "acme", "stripeAccountId": ACCOUNT}
    shown_account = ask(real, wire.ACCOUNT).json()
    assert (shown_account["connected"], shown_account["stripeAccountId"]) == (True, ACCOUNT)
    assert ask(real, wire.CUSTOMERS).json()["data"] == []
    asked = [(path, headers["authorization"]) for _, path, _, headers in face.asked]
    assert asked == [("/v1/account", f"Bearer {KEY}"), ("/v1/customers", f"Bearer {KEY}")]
    assert KEY not in output.out + output.err + json.dumps(shown_account)
    assert not [file for file in tmp_path.glob("stub.db*") if KEY.encode() in file.read_bytes()]
    assert ask(real, wire.CUSTOMERS, "globex").json()["code"] == "stripe_not_connected"


def test_a_key_from_a_file_replaces_the_old_key(
    real: BillingStub,
    face: FakeStripeServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert connect(monkeypatch, KEY, "acme") == 0
    file = tmp_path / "key"
    file.write_text("rk_test_51Newer\n")
    assert main(["connect", "acme", "--key-file", str(file)]) == 0
    assert capsys.readouterr().out == f"acme is connected to {ACCOUNT}.\n" * 2
    ask(real, wire.CUSTOMERS)
    assert face.asked[-1][3]["authorization"] == "Bearer rk_test_51Newer"


def test_a_stripe_account_cannot_be_connected_to_two_accounts(
    real: BillingStub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert connect(monkeypatch, KEY, "acme") == 0
    assert connect(monkeypatch, KEY, "globex") == 1
    assert f"acme is already connected to {ACCOUNT}" in capsys.readouterr().err
    assert ask(real, wire.ACCOUNT, "globex").json()["connected"] is False


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("", "not a Stripe secret key"),
        ("pk_test_51Public", "not a Stripe secret key"),
        ("sk_test_xxxx", "not a Stripe secret key"),
        (f"{KEY} {KEY}", "not a Stripe secret key"),
        ("sk_live_51Merchant", "live mode"),
        (PLATFORM, "platform's own key"),
    ],
)
@pytest.mark.usefixtures("environ")
def test_a_malformed_key_is_refused_without_asking_stripe(
    face: FakeStripeServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    key: str,
    says: str,
) -> None:
    assert connect(monkeypatch, key, "acme") == 1
    output = capsys.readouterr().err
    assert says in output
    assert key == "" or key not in output
    assert face.asked == []


@pytest.mark.parametrize("status", [401, 500])
def test_a_key_unknown_to_stripe_is_not_stored(
    real: BillingStub,
    face: FakeStripeServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
) -> None:
    face.answers["GET", "/v1/account"] = (status, {"error": {"message": f"No such key {KEY}"}})
    assert connect(monkeypatch, KEY, "acme") == 1
    output = capsys.readouterr().err
    assert "Stripe rejected the key" in output
    assert KEY not in output
    assert ask(real, wire.ACCOUNT).json()["connected"] is False


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["acme", "--database", "nowhere.db"], "database does not exist"),
        (["acme", "--database", "sqlite://"], "database does not exist"),
        (["acme", "--key-file", "nowhere"], "could not be read"),
        (["a\nb"], "Invalid account id"),
        ([""], "Invalid account id"),
    ],
)
@pytest.mark.usefixtures("environ")
def test_errors_of_the_connect_command_are_reported(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    assert connect(monkeypatch, KEY, *arguments) == 1
    assert says in capsys.readouterr().err


@pytest.mark.usefixtures("environ")
def test_connecting_needs_a_real_stripe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "")
    assert connect(monkeypatch, KEY, "acme") == 1
    assert "simulated" in capsys.readouterr().err


def test_live_keys_need_live_mode() -> None:
    key: Any = "sk_live_51Merchant"
    assert checked_key(key, "live") == key


@pytest.mark.long
def test_connect_uses_the_generated_secrets_of_serve(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NYRA_LICENSE_SIGNING_SECRET")
    served = ServedStub(tmp_path / "served", environ[production_values.DATABASE])
    try:
        assert connect(monkeypatch, KEY, "acme") == 0
        assert ask(served, wire.ACCOUNT).json()["stripeAccountId"] == ACCOUNT
        assert ask(served, wire.CUSTOMERS).json()["data"] == []
    finally:
        served.stop()
