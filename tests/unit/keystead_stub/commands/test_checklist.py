"""`keystead-stub checklist`: every step is run against a real backend, and has its outcome."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from keystead_stub.entry import main
from keystead_stub.in_process import BillingStub
from keystead_stub.settings import CALLER_SECRETS, CONFIRMATIONS, SECRETS, VARS
from support import vendor
from support.fake_stripe_server import fake_stripe_server
from support.served_stub import served_stub

STEPS = (
    "GET /health reports ok",
    "A checkout session opens a page of Stripe",
    "checkout.session.completed records customer and device",
    "invoice.paid records the active state",
    "The portal opens with the device's token",
    "Refreshing the activation returns an active license",
    "deviceAccessTokenExpiresAtIso is the token's expiresAt",
    "A webhook that is delivered twice changes nothing",
    "A webhook with a bad signature is refused",
)
Parts = dict[str, dict[str, dict[str, Any]]]
Check = Callable[[str], tuple[int, Parts]]


@pytest.fixture(autouse=True)
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*SECRETS, *VARS, *CALLER_SECRETS, *CONFIRMATIONS, "NYRA_DATABASE_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KEYSTEAD_HOME", str(tmp_path / "home"))


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    def run(url: str) -> tuple[int, Parts]:
        code = main(["checklist", "--url", url, "--json"])
        parts = json.loads(capsys.readouterr().out)["parts"]
        return code, {
            part["title"].removesuffix(f": {url}"): {one["what"]: one for one in part["lines"]}
            for part in parts
        }

    return run


def outcomes(parts: Parts) -> tuple[str, ...]:
    verification = parts["Required verification"]
    assert tuple(verification) == STEPS
    return tuple(one["outcome"] for one in verification.values())


@pytest.mark.parametrize("prefix", ["", "/nyra"])
def test_every_step_passes_at_a_simulated_backend(
    billing_stub: BillingStub, check: Check, prefix: str
) -> None:
    code, parts = check(billing_stub.url + prefix)
    assert (code, outcomes(parts)) == (0, ("passed",) * 9)
    sizes = {title: len(lines) for title, lines in parts.items()}
    assert sizes == {
        "Before deployment": 10,
        "Required verification: here": 5,
        "Required verification": 9,
        "No-go rules": 4,
        "Rollback": 5,
    }
    assert {one["outcome"] for one in parts["Rollback"].values()} == {"person"}


_PLAN = 'currency = "usd"\n[[plans]]\nkey = "studio"\n'
_ONCE = "once = 4900\n"


@pytest.mark.parametrize(
    ("catalogue", "invoice"),
    [
        (f"{_PLAN}monthly = 900\ntrial_days = 14\n", "passed"),
        pytest.param(f"{_PLAN}yearly = 9000\n", "passed", marks=pytest.mark.nightly),
        (f'{_PLAN}{_ONCE}[[plans]]\nkey = "pro"\nyearly = 9000\n', "passed"),
        # Nothing that is sold has an invoice.
        (_PLAN + _ONCE, "not_run"),
    ],
    ids=["trial", "yearly", "once-and-yearly", "once"],
)
def test_every_step_passes_for_a_vendors_own_plans(
    tmp_path: Path, check: Check, catalogue: str, invoice: str
) -> None:
    with BillingStub.running(tmp_path / "own", profile=vendor.PROFILE, catalogue=catalogue) as stub:
        code, parts = check(stub.url)
        assert (code, outcomes(parts)) == (0, ("passed",) * 3 + (invoice,) + ("passed",) * 5)
        sent = {event["type"] for event in stub.ask("GET", "/_stub/events")["events"]}
        # What was bought is given back.
        assert sent & {"customer.subscription.deleted", "charge.refunded"}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BillingStub]:
    """The simulation that is Stripe for `backend`, over the API."""
    with BillingStub.running(tmp_path_factory.mktemp("account")) as running:
        yield running


def secrets_of_backend(account: BillingStub) -> dict[str, str]:
    return {
        "STRIPE_SECRET_KEY": "sk_test_51Checklist",
        "STRIPE_API_URL": f"{account.url}/stripe",
        "STRIPE_WEBHOOK_SECRET": "whsec_of_the_checklist",
        "NYRA_STRIPE_PRICE_PRO_MONTHLY": "price_nyra_pro_monthly",
    }


@pytest.fixture(scope="module")
def served(account: BillingStub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BillingStub]:
    """A backend in Stripe's test mode."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in secrets_of_backend(account).items():
            patch.setenv(name, value)
        with served_stub(tmp_path_factory.mktemp("backend") / "stub") as running:
            yield running


@pytest.fixture
def backend(
    account: BillingStub, served: BillingStub, environ: None, monkeypatch: pytest.MonkeyPatch
) -> BillingStub:
    """The backend, with its secrets in the environment of the command."""
    for name, value in secrets_of_backend(account).items():
        monkeypatch.setenv(name, value)
    return served


def test_every_step_passes_at_a_backend_in_stripes_test_mode(
    account: BillingStub, backend: BillingStub, check: Check
) -> None:
    code, parts = check(backend.url)
    assert (code, outcomes(parts)) == (0, ("passed",) * 9)
    kinds = {one["type"] for one in account.ask("GET", "/_stub/events?limit=1000")["events"]}
    # What was bought for the checklist is gone from the account afterwards.
    assert kinds >= {
        *("customer.deleted", "customer.subscription.deleted", "checkout.session.expired")
    }


@pytest.mark.parametrize("excluded", ["", "::1/128,[::1]", "fe80::/10", "münchen.example"])
def test_the_steps_pass_whatever_the_variables_of_proxies_hold(
    backend: BillingStub, check: Check, monkeypatch: pytest.MonkeyPatch, excluded: str
) -> None:
    """Nothing listens at the proxy: this machine is reached without it."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, excluded)
    code, parts = check(backend.url)
    assert (code, outcomes(parts)) == (0, ("passed",) * 9)


def test_a_wrong_webhook_secret_is_found(
    backend: BillingStub, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_of_another_endpoint")
    code, parts = check(backend.url)
    assert code == 1
    assert outcomes(parts) == (*["passed"] * 2, "failed", *["not_run"] * 5, "passed")
    line = parts["Required verification"][STEPS[2]]
    assert line["detail"] == "the webhook answers 400 to checkout.session.completed"


def test_without_the_backends_secrets_the_purchase_is_not_run(
    backend: BillingStub, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STRIPE_WEBHOOK_SECRET")
    code, parts = check(backend.url)
    assert (code, outcomes(parts)) == (0, ("passed", *["not_run"] * 7, "passed"))


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        # Stripe's webhooks don't arrive.
        (
            {"hold_webhooks": True},
            (*["passed"] * 2, "failed", *["not_run"] * 5, "passed"),
        ),
        (
            {"status": 503, "path": "/api/billing/portal"},
            (*["passed"] * 4, "failed", *["passed"] * 4),
        ),
    ],
)
def test_a_step_that_fails_is_found(
    billing_stub: BillingStub, check: Check, faults: dict[str, Any], expected: tuple[str, ...]
) -> None:
    billing_stub.faults.set(**faults)
    try:
        code, parts = check(billing_stub.url)
    finally:
        billing_stub.faults.clear()
    assert (code, outcomes(parts)) == (1, expected)


def test_without_a_backend_nothing_is_verified(check: Check) -> None:
    code, parts = check("http://127.0.0.1:1")
    assert (code, outcomes(parts)) == (1, ("failed", *["not_run"] * 8))
    before = parts["Before deployment"]
    assert before["The backend's host is there and answers"]["outcome"] == "blocked"
    assert before["Migrations are applied"]["outcome"] == "blocked"


def test_in_live_mode_nothing_is_bought(tmp_path: Path, check: Check) -> None:
    with fake_stripe_server() as stripe:
        environ = {"STRIPE_SECRET_KEY": "sk_live_51Checklist", "STRIPE_API_URL": stripe.url}
        with BillingStub.running(tmp_path / "live", environ) as backend:
            code, parts = check(backend.url)
    assert (code, outcomes(parts)) == (0, ("passed", *["not_run"] * 7, "passed"))
    rule = parts["No-go rules"]["No public checkout while deployability is NO_GO_LIVE_MONEY"]
    assert rule["outcome"] == "passed"


def test_confirmations_and_values_pass_their_lines(
    billing_stub: BillingStub, check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    values = {
        "ALLOWED_ORIGIN": "https://nyra.example",
        "NYRA_DATABASE_ID": str(tmp_path / "nyra_billing.db"),
        "STRIPE_API_VERSION": "2026-02-25.clover",
        "NYRA_BILLING_SUCCESS_URL": "https://nyra.example/success",
        "NYRA_BILLING_CANCEL_URL": "https://nyra.example/cancel",
        "NYRA_BILLING_RETURN_URL": "https://nyra.example/return",
        "NYRA_STRIPE_PRICE_PRO_MONTHLY": "price_1Keystead",
        **dict.fromkeys(CONFIRMATIONS, "2024-02-29"),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    _, parts = check(billing_stub.url)
    assert {one["outcome"] for one in parts["Before deployment"].values()} == {"passed"}
    assert {one["outcome"] for one in parts["No-go rules"].values()} == {"passed"}
    local = parts["Required verification: here"]
    assert local["Nothing waits in `keystead-stub config sync`"]["outcome"] == "passed"


def test_the_checklist_is_printed_with_a_sign_for_each_line(
    billing_stub: BillingStub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["checklist", "--url", billing_stub.url]) == 0
    out = capsys.readouterr().out
    for step in STEPS:
        assert f"  + {step}\n" in out
    assert "  - The backend's domain is approved\n" in out
    assert "keystead-stub checkout off" in out
    assert out.endswith("This is no legal, tax, accounting or Stripe support advice.\n")
