"""`keystead-stub conformance` at backends that are not a stub on this machine's loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from keystead.wire import nyra as wire
from keystead_stub.entry import main
from keystead_stub.in_process import BillingStub
from support.nginx import free_port
from support.reverse_proxy import reverse_proxy
from support.served_stub import ServedStub
from support.tls_server import Authority

pytestmark = pytest.mark.long

#: What neither of these backends has: an origin, a root key, renaming, and too many requests.
NOT_OFFERED = {"cors-allowed", "devices-rename", "error-retry-after", "keys-manifest"}
#: What needs the mails of the backend, which go to its own outbox.
OF_MAIL = {"devices-limit", "devices-removal", "devices-removed-token"}
Rules = dict[str, dict[str, Any]]


def check(capsys: pytest.CaptureFixture[str], url: str, *options: str) -> tuple[int, Rules]:
    code = main(["conformance", url, "--json", *options])
    return code, {one["id"]: one for one in json.loads(capsys.readouterr().out)["rules"]}


def having(rules: Rules, result: str) -> dict[str, str]:
    return {name: one["detail"] for name, one in rules.items() if one["result"] == result}


@pytest.mark.parametrize("prefix", ["", pytest.param("/billing/v1", marks=pytest.mark.nightly)])
def test_a_backend_behind_tls_keeps_every_rule(
    prefix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = Authority(tmp_path)
    with ExitStack() as stack:
        proxy = stack.enter_context(reverse_proxy(authority.server_context(), prefix=prefix))
        named = {"KEYSTEAD_STUB_PUBLIC_URL": proxy.url}
        stub = stack.enter_context(BillingStub.running(tmp_path / "stub", named))
        proxy.backend = stub.listening_url
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.roots))
        monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", stub.settings.stripe_webhook_secret)
        profile, controls = str(stub.profile), stub.listening_url
        code, rules = check(capsys, stub.url, "--profile", profile, "--stub", controls)
    assert having(rules, "failed") == {}
    assert having(rules, "not checked").keys() <= NOT_OFFERED
    assert code == 0


@pytest.fixture
def account(tmp_path: Path) -> Iterator[BillingStub]:
    """The stub whose simulated Stripe the backend uses."""
    with BillingStub.running(tmp_path / "account") as running:
        yield running


@pytest.mark.nightly
def test_a_backend_that_uses_the_simulated_stripe_of_a_stub_can_be_paid_there(
    account: BillingStub,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a backend in another language is rehearsed: it has no controls, and its Stripe is ours."""
    with httpx.Client(base_url=f"{account.url}/stripe", trust_env=False, timeout=60) as stripe:
        stripe.headers["Authorization"] = "Bearer sk_test_51Conformance"
        port = free_port()
        address = f"http://127.0.0.1:{port}{wire.WEBHOOK}"
        fields = {"url": address, "enabled_events[]": "*"}
        endpoint = stripe.post("/v1/webhook_endpoints", data=fields).raise_for_status().json()
        environ = {
            "STRIPE_SECRET_KEY": "sk_test_51Conformance",
            "STRIPE_API_URL": f"{account.url}/stripe",
            "STRIPE_WEBHOOK_SECRET": endpoint["secret"],
            "NYRA_STRIPE_PRICE_PRO_MONTHLY": "price_nyra_pro_monthly",
        }
        arguments = ["--port", str(port)]
        backend = ServedStub(tmp_path / "backend", environ=environ, arguments=arguments)
        try:
            monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", endpoint["secret"])
            options = ("--profile", str(backend.profile), "--stub", account.url)
            code, rules = check(capsys, backend.url, *options)
        finally:
            backend.stop()
    assert having(rules, "failed") == {}
    left_out = having(rules, "not checked")
    of_time = {"expiry-past-due", "token-expired"}
    assert left_out.keys() <= NOT_OFFERED | of_time | OF_MAIL
    for name in of_time:
        assert left_out[name] == "the backend's clock does not follow the stub's"
    assert code == 0
