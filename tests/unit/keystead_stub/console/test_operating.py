"""The operator's page: the command's rules for values, and the manifest."""

from __future__ import annotations

import html
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keystead_stub.billing_apis import REGISTRY
from keystead_stub.in_process import BillingStub
from keystead_stub.ops import deployment_manifest, production_values
from keystead_stub.settings import CONFIRMATIONS, SECRETS, Settings
from support import nyra_facts
from support.fake_stripe_server import fake_stripe_server

PAGE = "/_stub/operating"
ORIGIN = "https://nyra.example"
SECRET = "whsec_KeysteadKeysteadKeystead"
OPERATOR = "the-operators-own-token-" + "t" * 20


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[BillingStub]:
    with BillingStub.running(tmp_path / "stub") as running:
        yield running


@pytest.fixture
def http(stub: BillingStub) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "stub" / "keystead-stub.toml"


def send(http: httpx.Client, **answers: str) -> httpx.Response:
    found = re.search(r'name="token" value="(\w+)"', http.get(PAGE).text)
    assert found is not None
    return http.post(PAGE, data={"token": found[1], **answers})


def test_values_are_saved_and_shown_again(http: httpx.Client, config: Path) -> None:
    answers = dict.fromkeys(production_values.NAMES, "") | {"ALLOWED_ORIGIN": ORIGIN}
    assert send(http, **answers).status_code == 303
    assert tomllib.loads(config.read_text()) == {"production": {"ALLOWED_ORIGIN": ORIGIN}}
    assert f'value="{ORIGIN}"' in http.get(PAGE).text


def test_an_invalid_value_is_reported_at_its_field_and_can_be_fixed(
    http: httpx.Client, config: Path
) -> None:
    answer = send(http, ALLOWED_ORIGIN=ORIGIN, NYRA_BILLING_CANCEL_URL="nowhere")
    assert answer.status_code == 400
    assert 'id="NYRA_BILLING_CANCEL_URL-error"' in answer.text
    assert 'value="nowhere"' in answer.text
    assert "nowhere" not in config.read_text()


@pytest.mark.parametrize(
    "answers",
    [
        {"ALLOWED_ORIGIN": SECRET},
        pytest.param(
            {"ALLOWED_ORIGIN": f"https://nyra.example/?k={SECRET}"}, marks=pytest.mark.nightly
        ),
        {"ALLOWED_ORIGIN": ORIGIN, SECRET: "x"},
        pytest.param({"ALLOWED_ORIGIN": ORIGIN, "else": SECRET}, marks=pytest.mark.nightly),
    ],
)
def test_a_secret_is_refused_and_shown_nowhere(
    http: httpx.Client, config: Path, caplog: pytest.LogCaptureFixture, answers: dict[str, str]
) -> None:
    answer = send(http, **answers)
    assert (answer.status_code, config.exists()) == (400, False)
    assert "what looks like a webhook secret" in answer.text
    assert SECRET not in answer.text + http.get(PAGE).text + caplog.text


def test_unknown_names_and_cross_site_forms_are_refused(http: httpx.Client, config: Path) -> None:
    assert "Unknown names" in send(http, STRIPE_API_URL=ORIGIN).text
    for forged in ({}, {"token": "0" * 32}):
        answer = http.post(PAGE, data={"ALLOWED_ORIGIN": ORIGIN, **forged})
        assert answer.status_code == 403
    assert not config.exists()


def test_confirmations_are_dates_that_have_come(http: httpx.Client, config: Path) -> None:
    answers = dict.fromkeys(CONFIRMATIONS, "2024-02-29")
    (first, second, *_) = CONFIRMATIONS
    refused = send(http, **{**answers, first: "2999-01-01", second: "soon"})
    assert refused.status_code == 400
    assert "This date has not come yet." in refused.text
    assert "Enter a date" in refused.text
    assert set(tomllib.loads(config.read_text())["production"]) == {*CONFIRMATIONS} - {
        first,
        second,
    }
    assert send(http, **answers).status_code == 303
    assert tomllib.loads(config.read_text())["production"] == answers


def test_the_page_has_the_documented_sections(http: httpx.Client) -> None:
    page = http.get(PAGE).text
    assert "Never enter Stripe keys, webhook secrets, signing secrets, API tokens" in page
    headings = re.findall(r"<h[23][^>]*>([^<]+)</h", page)
    assert headings == [
        "Cloud billing snapshot",
        "Config sync",
        *("Applied", "Waiting", "Needs fix", "Values that are not secret", "Confirmed by a person"),
        "Routes",
        "Secrets, and where each is kept",
        "Live blockers",
        "Deployment manifest",
    ]
    for name in (*SECRETS, *nyra_facts.REQUIRED_VARS, *CONFIRMATIONS):
        assert f"<code>{name}</code>" in page, name
    (shown,) = re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    manifest = json.loads(html.unescape(shown))
    assert tuple(manifest) == nyra_facts.MANIFEST_KEYS


def test_an_unusable_config_file_is_shown_as_a_blocker(http: httpx.Client, config: Path) -> None:
    config.write_text(f'mine = "{SECRET}"')
    manifest = http.get(f"{PAGE}.json").json()
    assert any("config file" in one for one in manifest["blockers"])
    assert SECRET not in http.get(PAGE).text
    assert send(http, ALLOWED_ORIGIN=ORIGIN).status_code == 400


def test_the_manifest_lists_all_settings_and_shows_no_secret(
    stub: BillingStub, http: httpx.Client
) -> None:
    answer = http.get(f"{PAGE}.json")
    assert "attachment" in answer.headers["content-disposition"]
    manifest = answer.json()
    assert (manifest["stripe"], manifest["status"]) == ("simulated", "NO_GO_LIVE_MONEY")
    named = {one["name"] for one in manifest["secrets"] + manifest["values"]}
    assert named == {*SECRETS, *production_values.NAMES}
    states = {one["name"]: one["state"] for one in manifest["secrets"]}
    assert states["STRIPE_SECRET_KEY"] == "missing"
    assert states["NYRA_LICENSE_SIGNING_SECRET"] == "made"
    shown_text = answer.text + http.get(PAGE).text
    for name in production_values.SECRET_NAMES:
        value = getattr(stub.settings, SECRETS[name])
        assert not value or value not in shown_text, name


def test_the_manifest_lists_the_routes_of_the_native_api() -> None:
    served = {
        (method, re.sub(r"\{device_id:str\}", "{deviceId}", path))
        for routes in REGISTRY["nyra"].all_routes()
        for handler in routes.handlers
        for path in handler.paths
        for method in handler.http_methods
    }
    outcome = production_values.decide({}, {})
    manifest = deployment_manifest.manifest(Settings(), outcome, selling=True, storage="SQLite")
    assert {(one.method, one.path) for one in manifest.route_status} == served
    assert {one.name for one in manifest.secrets} == set(production_values.SECRET_NAMES)


def test_a_route_is_ready_once_all_its_settings_are_given() -> None:
    ready = Settings(
        stripe_secret_key="sk_live_51Keystead",
        price_pro_monthly="price_1Keystead",
        success_url=ORIGIN,
        cancel_url=ORIGIN,
    )

    def checkout(*, selling: bool) -> Any:
        outcome = production_values.decide({}, {})
        found = deployment_manifest.manifest(ready, outcome, selling=selling, storage="SQLite")
        return next(one for one in found.route_status if one.path.endswith("checkout"))

    assert checkout(selling=True).ready
    assert checkout(selling=False).reasons == ("checkout is switched off",)


def test_with_a_real_stripe_the_manifest_needs_the_operators_token(tmp_path: Path) -> None:
    with fake_stripe_server() as face:
        environ = {
            "STRIPE_SECRET_KEY": "sk_test_51Keystead",
            "STRIPE_API_URL": face.url,
            "NYRA_LICENSE_API_TOKEN": OPERATOR,
        }
        with BillingStub.running(tmp_path / "real", environ) as stub:
            url = f"{stub.url}{PAGE}.json"
            assert httpx.get(url, trust_env=False, timeout=60).status_code == 401
            bearer = {"Authorization": f"Bearer {OPERATOR}"}
            answer = httpx.get(url, headers=bearer, trust_env=False, timeout=60)
            assert answer.json()["stripe"] == "test"
            assert OPERATOR not in answer.text
            assert httpx.get(f"{stub.url}{PAGE}", trust_env=False, timeout=60).status_code == 404
