"""What a stub with a real Stripe refuses: everything that only a simulation may do."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide

from keystead_stub.auth.callers import GATEWAY_KEY
from keystead_stub.billing_apis import REGISTRY
from keystead_stub.http.gateway import PREFIX
from keystead_stub.in_process import BillingStub
from keystead_stub.stripe_sim.rest.routes import PREFIX as STRIPE
from keystead_stub.stripe_types.webhook_signature import sign
from keystead_stub.web_app import route_handlers

#: They change nothing and tell nothing but what a client needs anyway.
HARMLESS = {"/_stub/style.css", "/_stub/console.js", "/_stub/profile", "/_stub/keys.json"}
EVENT = json.dumps(
    {
        "id": "evt_1",
        "object": "event",
        "type": "customer.updated",
        "created": 1_700_000_000,
        "data": {"object": {"id": "cus_1", "object": "customer", "metadata": {"tenantId": "acme"}}},
    }
).encode()


@pytest.fixture(scope="module", params=["sk_test_51Keystead", "sk_live_51Keystead"])
def real(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """Return a client of a stub in test or live mode, whose webhook secret is an example."""
    environ = {
        "STRIPE_SECRET_KEY": request.param,
        "STRIPE_WEBHOOK_SECRET": "whsec_placeholder",
        "INTERNAL_GATEWAY_KEY": "the-gateway-s-own-key",
    }
    folder = tmp_path_factory.mktemp("real")
    with (
        BillingStub.running(folder, environ, api="crow") as stub,
        httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as http,
    ):
        yield http


def test_no_billing_api_takes_an_unsigned_webhook(real: httpx.Client) -> None:
    """Nor one that is signed with the example in the place of the secret."""
    paths = [REGISTRY["crow"].webhook, *(f"/{name}{api.webhook}" for name, api in REGISTRY.items())]
    for path in paths:
        for secret in (None, "whsec_placeholder", ""):
            now_s = int(time.time())
            headers = {"Stripe-Signature": sign(EVENT, [secret], at_s=now_s)} if secret else {}
            answer = real.post(path, content=EVENT, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature"), path


def test_an_example_beside_the_real_webhook_secret_signs_nothing(tmp_path: Path) -> None:
    environ = {"STRIPE_WEBHOOK_SECRET": "whsec_8f3kQ2,whsec_xxx,"}
    with (
        BillingStub.running(tmp_path, environ) as stub,
        httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as http,
    ):
        for secret, status in (("whsec_8f3kQ2", 200), ("whsec_xxx", 400)):
            header = sign(EVENT, [secret], at_s=int(time.time()))
            path = REGISTRY["nyra"].webhook
            answer = http.post(path, content=EVENT, headers={"Stripe-Signature": header})
            assert answer.status_code == status


def test_the_gateways_key_is_not_available(real: httpx.Client) -> None:
    path = f"{PREFIX}/api/v1/billing/billing-builders"
    for headers in ({}, {GATEWAY_KEY: "the-gateway-s-own-key"}):
        answer = real.post(path, json={"modules": {"web": True}}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert PREFIX not in real.get("/_stub/profile").text


def test_every_control_and_page_of_the_simulation_is_closed(real: httpx.Client) -> None:
    """All routes are tried, so that none that is added later stays open."""
    provided = {"services": Provide(lambda: None, sync_to_thread=False)}
    app = Litestar(list(route_handlers("crow")), dependencies=provided, openapi_config=None)
    ours = [route for route in app.routes if route.path.startswith(("/_stub", STRIPE))]
    assert len(ours) > 40
    for route in ours:
        path = route.path
        for parameter in route.path_parameters.values():
            path = path.replace("{" + parameter.full + "}", "cus_1")
        for method in route.methods - {"OPTIONS"}:
            answer = real.request(method, path, headers={"Authorization": "Bearer sk_test_x"})
            closed = answer.status_code in {401, 404}
            assert closed or route.path in HARMLESS, (method, path, answer.status_code)


def test_the_root_leads_to_the_console_of_a_simulation_only(
    real: httpx.Client, billing_stub: BillingStub
) -> None:
    # "/" is no page with a real Stripe, whoever asks.
    assert real.get("/").status_code in {401, 404}
    led = httpx.get(f"{billing_stub.url}/", trust_env=False, timeout=60)
    assert (led.status_code, led.headers["location"]) == (302, "/_stub/")


def test_no_http_client_is_left_open(tmp_path: Path) -> None:
    """With a real Stripe there is one more than with a simulated one."""

    def left_open() -> set[int]:
        every = (one for one in gc.get_objects() if type(one) is httpx.AsyncClient)
        return {id(one) for one in every if not one.is_closed}

    before = left_open()
    for number, environ in enumerate(({}, {"STRIPE_SECRET_KEY": "sk_test_51Keystead"})):
        folder = tmp_path / str(number)
        folder.mkdir()
        with BillingStub.running(folder, environ):
            assert len(left_open() - before) == number + 1
        assert left_open() - before == set()


@pytest.mark.parametrize("excluded", ["::1/128,[::1]", "fe80::/10", "münchen.example", "*"])
def test_no_entry_of_no_proxy_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, excluded: str
) -> None:
    monkeypatch.setenv("NO_PROXY", excluded)
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    with BillingStub.running(tmp_path, {"STRIPE_SECRET_KEY": "sk_test_51Keystead"}) as stub:
        assert httpx.get(f"{stub.url}/health", trust_env=False, timeout=60).status_code == 200
