"""Preflight checks of secrets, variables, and the Stripe account."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keystead.encoding import b64u_encode
from keystead.key_manifest import sign_key_manifest
from keystead.keys import KeySet, SigningKey
from keystead.wire.nyra import WEBHOOK
from keystead_stub.entry import main
from keystead_stub.in_process import BillingStub
from keystead_stub.ops import preflight
from keystead_stub.ops.preflight import EVENTS, PORTAL_FEATURES, PRICE, check_settings, is_blocked
from keystead_stub.settings import CALLER_SECRETS, CONFIRMATIONS, SECRETS, VARS
from keystead_stub.stripe_types.account_settings import AccountEndpoint
from keystead_stub.stripe_types.api import STRIPE_API_VERSION
from support.fake_stripe_server import FakeStripeServer, fake_stripe_server

# The SDK hands its body to httpx in a way that httpx would like to see gone.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

READY = {
    "STRIPE_SECRET_KEY": "sk_live_51Keystead",
    "STRIPE_WEBHOOK_SECRET": "whsec_keystead, whsec_next",
    PRICE: "price_1Keystead",
    "NYRA_BILLING_SUCCESS_URL": "https://nyra.example/success",
    "NYRA_BILLING_CANCEL_URL": "https://nyra.example/cancel",
    "NYRA_BILLING_RETURN_URL": "https://nyra.example/return",
    "NYRA_LICENSE_API_TOKEN": "t" * 40,
    "NYRA_LICENSE_SIGNING_SECRET": b64u_encode(bytes(range(32))),
    "ALLOWED_ORIGIN": "https://nyra.example",
}
CONFIRMED = dict.fromkeys(CONFIRMATIONS, "2024-02-29")
BACKEND = "https://billing.nyra.example"


def reasons(mode: str, given: dict[str, str]) -> list[str]:
    return [check.reason for check in check_settings(mode, given) if check.reason]


def test_each_secret_and_variable_is_checked() -> None:
    assert reasons("live", READY) == []
    assert {check.name for check in check_settings("live", READY)} >= {*SECRETS, "ALLOWED_ORIGIN"}
    for name in READY:
        (reason,) = reasons("live", {**READY, name: ""})
        assert name in reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_SECRET_KEY", "sk_test_51Abc"),
        ("STRIPE_WEBHOOK_SECRET", "secret-of-mine"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_keystead,secret-of-mine"),
        (PRICE, "prod_1"),
        ("NYRA_BILLING_RETURN_URL", "http://nyra.example"),
        ("NYRA_LICENSE_API_TOKEN", "short-of-mine"),
        ("NYRA_LICENSE_SIGNING_SECRET", "short-of-mine"),
        ("NYRA_LICENSE_SIGNING_SECRET", f"{b64u_encode(bytes(range(32)))},short-of-mine"),
        ("ALLOWED_ORIGIN", "https://nyra.example/path"),
        ("STRIPE_API_VERSION", "2019-01-01"),
        ("STRIPE_API_URL", "http://127.0.0.1:1"),
    ],
)
def test_an_invalid_value_is_named_but_not_printed(name: str, value: str) -> None:
    (reason,) = reasons("live", {**READY, name: value})
    assert name in reason
    assert value not in reason


def test_several_signing_secrets_are_in_order() -> None:
    several = ",".join(b64u_encode(bytes(range(at, at + 32))) for at in range(3))
    assert reasons("live", {**READY, "NYRA_LICENSE_SIGNING_SECRET": several}) == []


@pytest.fixture
def face(environ: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStripeServer]:
    """Serve a correctly configured Stripe account, and point the environment to it."""
    with fake_stripe_server() as made:
        made.answers.update(good())
        monkeypatch.setenv("STRIPE_API_URL", made.url)
        yield made


def page(*documents: Any) -> Any:
    return {"object": "list", "data": list(documents), "has_more": False, "url": "/v1/x"}


def good() -> dict[tuple[str, str], Any]:
    return {
        ("GET", "/v1/account"): {"id": "acct_1", "object": "account", "charges_enabled": True},
        ("GET", f"/v1/prices/{READY[PRICE]}"): {
            "id": READY[PRICE],
            "object": "price",
            "active": True,
            "currency": "eur",
            "recurring": {"interval": "month", "interval_count": 1},
        },
        ("GET", "/v1/webhook_endpoints"): page(
            {
                "id": "we_1",
                "object": "webhook_endpoint",
                "url": BACKEND + WEBHOOK,
                "status": "enabled",
                "enabled_events": list(EVENTS),
                "api_version": STRIPE_API_VERSION,
            }
        ),
        ("GET", "/v1/billing_portal/configurations"): page(
            {
                "id": "bpc_1",
                "object": "billing_portal.configuration",
                "features": {name: {"enabled": True} for name in PORTAL_FEATURES},
            }
        ),
    }


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SECRETS, *VARS, *CALLER_SECRETS):
        monkeypatch.delenv(name, raising=False)
    for name, value in (READY | {"STRIPE_SECRET_KEY": "sk_test_51Keystead"}).items():
        monkeypatch.setenv(name, value)


def report(
    capsys: pytest.CaptureFixture[str], *flags: str, url: str = BACKEND
) -> tuple[int, dict[str, Any]]:
    code = main(["preflight", "--mode", "test", "--json", "--url", url, *flags])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("face")
def test_a_complete_configuration_passes(capsys: pytest.CaptureFixture[str]) -> None:
    code, result = report(capsys)
    assert (code, result["status"], result["reasons"]) == (0, "GO", [])
    assert {check["name"] for check in result["checks"]} >= {
        "account",
        "price",
        "webhook",
        "portal",
    }


HOOKS = ("GET", "/v1/webhook_endpoints")
THE_PRICE = ("GET", f"/v1/prices/{READY[PRICE]}")
PORTAL = ("GET", "/v1/billing_portal/configurations")


@pytest.mark.parametrize(
    ("where", "changes", "says"),
    [
        (("GET", "/v1/account"), {"charges_enabled": False}, "may not take payments"),
        (THE_PRICE, None, "is not a price of this account"),
        (THE_PRICE, {"active": False}, "is not active"),
        (THE_PRICE, {"recurring": None}, "one-time price"),
        (
            THE_PRICE,
            {"recurring": {"interval": "year", "interval_count": 1}},
            "does not recur every",
        ),
        (
            THE_PRICE,
            {"recurring": {"interval": "month", "interval_count": 3}},
            "does not recur every",
        ),
        (THE_PRICE, {"currency": "usd"}, "not in eur"),
        (HOOKS, {"url": BACKEND + "/elsewhere"}, "no webhook endpoint"),
        (HOOKS, {"url": "https://other.example" + WEBHOOK}, "no webhook endpoint"),
        (HOOKS, {"status": "disabled"}, "is disabled"),
        (HOOKS, {"enabled_events": list(EVENTS[1:])}, EVENTS[0]),
        (HOOKS, {"api_version": None}, "version"),
        (HOOKS, {"api_version": "2019-01-01"}, "version"),
        (PORTAL, {"features": {"invoice_history": {"enabled": True}}}, "subscription_cancel"),
        (PORTAL, None, "not set up"),
    ],
)
def test_each_wrong_setting_at_stripe_is_reported_with_a_reason(
    face: FakeStripeServer,
    capsys: pytest.CaptureFixture[str],
    where: tuple[str, str],
    changes: dict[str, Any] | None,
    says: str,
) -> None:
    if changes is None:
        found: Any = face.answers.pop(where)
        if "data" in found:
            face.answers[where] = page()
    elif "data" in face.answers[where]:
        face.answers[where]["data"][0] |= changes
    else:
        face.answers[where] |= changes
    code, result = report(capsys)
    assert (code, result["status"]) == (1, "NO_GO")
    assert [one for one in result["reasons"] if says in one]
    assert not [one for one in result["reasons"] if READY[PRICE] in one]


def test_one_valid_webhook_endpoint_is_enough(
    face: FakeStripeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    right = face.answers[HOOKS]["data"][0]
    face.answers[HOOKS] = page({**right, "status": "disabled"}, {**right, "enabled_events": ["*"]})
    assert report(capsys)[1]["status"] == "GO"


@pytest.mark.usefixtures("environ")
def test_an_unreachable_stripe_fails_the_preflight(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRIPE_API_URL", "http://127.0.0.1:1")
    code, result = report(capsys)
    assert code == 1
    assert result["reasons"] == ["Stripe rejected the request (stripe_unreachable)"]


@pytest.mark.usefixtures("environ")
def test_simulated_stripe_passes_the_preflight(
    billing_stub: BillingStub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STRIPE_API_URL", f"{billing_stub.url}/stripe")
    monkeypatch.setenv(PRICE, "price_nyra_pro_monthly")
    code, result = report(capsys, url=billing_stub.url)
    assert (code, result["reasons"]) == (0, [])
    monkeypatch.setenv(PRICE, "price_nyra_pro_yearly")
    (reason,) = report(capsys, url=billing_stub.url)[1]["reasons"]
    assert "does not recur every month" in reason


@pytest.mark.usefixtures("face")
def test_confirmations_by_people_are_listed_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *rest = CONFIRMATIONS
    monkeypatch.setenv(first, "2024-02-29")
    code, result = report(capsys)
    # Stripe's test mode moves no money, so it needs none of them.
    assert (code, result["status"], result["reasons"]) == (0, "GO", [])
    assert {one["name"]: one["confirmedOn"] for one in result["confirmations"]} == {
        first: "2024-02-29",
        **dict.fromkeys(rest),
    }
    assert main(["preflight", "--mode", "test", "--url", BACKEND]) == 0
    checks, _, confirmations = capsys.readouterr().out.partition("Confirmed by a person:\n")
    assert "CONFIRMED" not in checks
    lines = confirmations.splitlines()
    assert lines[0] == f"  + {CONFIRMATIONS[first]}, on 2024-02-29"
    assert lines[1:] == [f"  - {CONFIRMATIONS[name]}: not yet ({name})" for name in rest]


@pytest.mark.usefixtures("face")
def test_live_mode_needs_every_confirmation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (READY | CONFIRMED).items():
        monkeypatch.setenv(name, value)

    def live() -> tuple[int, str, list[str], list[str]]:
        code = main(["preflight", "--mode", "live", "--json", "--url", BACKEND])
        result = json.loads(capsys.readouterr().out)
        missing = [one["name"] for one in result["confirmations"] if not one["confirmedOn"]]
        return code, result["status"], result["reasons"], missing

    # That Stripe is none is the only thing that is wrong here.
    simulated = ["STRIPE_API_URL is set, so requests don't go to Stripe"]
    assert live() == (1, "NO_GO", simulated, [])
    monkeypatch.delenv("NYRA_CONFIRMED_REVIEW")
    assert live() == (1, "NO_GO", simulated, ["NYRA_CONFIRMED_REVIEW"])

    checks = check_settings("live", READY)
    assert not is_blocked("live", checks, CONFIRMED)
    for name in CONFIRMATIONS:
        confirmed = {one: date for one, date in CONFIRMED.items() if one != name}
        assert is_blocked("live", checks, confirmed)
        assert not is_blocked("test", checks, confirmed)
    assert is_blocked("live", check_settings("live", {**READY, PRICE: ""}), CONFIRMED)


def test_without_a_public_url_any_endpoint_with_the_webhook_path_is_checked() -> None:
    endpoint = AccountEndpoint(
        url=f"https://anywhere.example{WEBHOOK}",
        enabled=False,
        events=tuple(EVENTS),
        api_version=STRIPE_API_VERSION,
    )
    found = preflight._webhook((endpoint,), None)
    assert found
    assert found == preflight._webhook((endpoint,), endpoint.url.removesuffix(WEBHOOK))
    (reason,) = preflight._webhook((), None)
    assert WEBHOOK in reason


ROOT, SIGNS = SigningKey(b"r" * 32), SigningKey(bytes(range(32)))
PROFILE = """\
[product]
id = "{product}"
[backend]
url = "https://billing.example"
[trust]
keys = "keys.json"
"""


def manifest_file(
    folder: Path, *keys: SigningKey, product: str = "nyra", days: int = 365, name: str = "keys.jws"
) -> str:
    path = folder / name
    compact = sign_key_manifest(
        ROOT,
        keys=KeySet([key.public_key for key in keys or (SIGNS,)]),
        version=1,
        product=product,
        issued_s=int(time.time()) - 60,
        days=days,
    )
    path.write_text(compact)
    return str(path)


def profile_file(folder: Path, *, keys: SigningKey = SIGNS, root: SigningKey | None = ROOT) -> str:
    text = PROFILE.format(product="nyra")
    (folder / "keys.json").write_bytes(KeySet([keys.public_key]).to_jwks())
    if root is not None:
        (folder / "root.json").write_bytes(KeySet([root.public_key]).to_jwks())
        text += 'root = "root.json"\n'
    path = folder / "keystead.toml"
    path.write_text(text)
    return str(path)


@pytest.mark.usefixtures("face")
def test_a_key_manifest_in_order_passes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NYRA_KEY_MANIFEST", manifest_file(tmp_path))
    for flags in ([], ["--profile", profile_file(tmp_path)]):
        code, result = report(capsys, *flags)
        assert (code, result["reasons"], result["warnings"]) == (0, [], [])
        assert "keys" in {check["name"] for check in result["checks"]}


@pytest.mark.usefixtures("face")
def test_a_key_manifest_that_ends_soon_is_a_warning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NYRA_KEY_MANIFEST", manifest_file(tmp_path, days=20))
    code, result = report(capsys)
    (warning,) = result["warnings"]
    assert (code, result["status"], result["reasons"]) == (0, "GO", [])
    assert warning == "NYRA_KEY_MANIFEST ends in 19 days; sign a new one with the root key"
    assert main(["preflight", "--mode", "test", "--url", BACKEND]) == 0
    assert f"  ! {warning}\n" in capsys.readouterr().out


@pytest.mark.usefixtures("face")
def test_a_key_manifest_that_programs_refuse_is_a_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path, says in (
        (
            manifest_file(tmp_path, SigningKey(b"o" * 32), name="a"),
            "does not name the key that signs",
        ),
        (manifest_file(tmp_path, product="other", name="b"), "for another product than nyra"),
        (str(tmp_path / "nowhere"), "There is no file nowhere"),
        (profile_file(tmp_path), "keystead.toml is not a key manifest"),
    ):
        monkeypatch.setenv("NYRA_KEY_MANIFEST", path)
        code, result = report(capsys)
        (reason,) = result["reasons"]
        assert (code, says in reason) == (1, True)
        assert reason.startswith("NYRA_KEY_MANIFEST")


@pytest.mark.usefixtures("face")
def test_the_shipped_profile_has_to_name_the_keys_in_use(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = SigningKey(b"o" * 32)
    code, result = report(capsys, "--profile", profile_file(tmp_path, keys=other, root=None))
    assert (code, len(result["reasons"])) == (1, 1)
    assert "does not name the key that signs" in result["reasons"][0]
    monkeypatch.setenv("NYRA_KEY_MANIFEST", manifest_file(tmp_path))
    # The manifest names it, and the program takes the manifest.
    assert report(capsys, "--profile", profile_file(tmp_path, keys=other))[0] == 0
    code, result = report(capsys, "--profile", profile_file(tmp_path, root=other))
    assert (code, "(unknown_key)" in result["reasons"][0]) == (1, True)
    code, result = report(capsys, "--profile", profile_file(tmp_path, root=None))
    assert (code, "names no root keys" in result["reasons"][0]) == (1, True)
