"""`keystead-stub conformance` at a backend that keeps every rule, and where little can be checked.

Faults are in `test_seeded_faults`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from keystead.encoding import b64u_encode
from keystead.key_manifest import sign_key_manifest
from keystead.keys import KeySet, SigningKey
from keystead.profile import load_profile
from keystead_stub.commands.conformance import SECRET
from keystead_stub.conformance import conduct
from keystead_stub.conformance.exchanges import Backend, NotChecked
from keystead_stub.conformance.payers import PersonPayer
from keystead_stub.conformance.rule_table import RULES, RULES_BY_ID
from keystead_stub.conformance.run_state import Options, Run
from keystead_stub.entry import main
from keystead_stub.in_process import BillingStub
from support import vendor

#: What this stub has no way to show: no origin, no root key, no renaming, no limit reached.
NOT_CHECKED = {"cors-allowed", "devices-rename", "error-retry-after", "keys-manifest"}
Checked = tuple[int, dict[str, dict[str, Any]]]
Check = Callable[..., Checked]


@pytest.fixture
def check(billing_stub: BillingStub, capsys: pytest.CaptureFixture[str]) -> Check:
    def run(*options: str, url: str = "", profile: Path | None = None) -> Checked:
        profile = profile or billing_stub.profile
        command = ["conformance", url or billing_stub.url, "--profile", str(profile), "--json"]
        code = main([*command, *options])
        printed = capsys.readouterr().out
        return code, {one["id"]: one for one in json.loads(printed)["rules"]}

    return run


def having(rules: dict[str, dict[str, Any]], result: str) -> set[str]:
    return {name for name, one in rules.items() if one["result"] == result}


def test_each_rule_of_the_table_has_one_check() -> None:
    assert conduct.CHECKS.keys() == RULES_BY_ID.keys()
    assert len(RULES) == len(RULES_BY_ID)


def test_each_rule_names_a_section_of_the_specification() -> None:
    text = (Path(__file__).parents[4] / "shared" / "SPECIFICATION.md").read_text()
    unknown = {one.section for one in RULES if f'<a id="s{one.section}"></a>' not in text}
    assert unknown == set()


@pytest.mark.long
@pytest.mark.parametrize("prefix", ["", "/nyra"])
def test_our_own_backend_keeps_every_rule(
    prefix: str, billing_stub: BillingStub, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET, billing_stub.settings.stripe_webhook_secret)
    code, rules = check(url=billing_stub.url + prefix)
    assert having(rules, "failed") == set()
    assert having(rules, "not checked") <= NOT_CHECKED
    assert code == 0
    unexplained = [one for one in rules.values() if one["result"] != "not checked"]
    assert all(one["sent"] and one["received"] and one["section"] for one in unexplained)


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.parametrize(
    "plan", ["monthly = 900\ntrial_days = 14", "once = 4900"], ids=["trial", "once"]
)
def test_a_backend_that_sells_a_vendors_own_plans_keeps_every_rule(
    plan: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue = f'currency = "jpy"\n[[plans]]\nkey = "studio"\n{plan}\n'
    with BillingStub.running(tmp_path / "own", profile=vendor.PROFILE, catalogue=catalogue) as stub:
        code = main(["conformance", stub.url, "--profile", str(stub.profile), "--json"])
    rules = json.loads(capsys.readouterr().out)["rules"]
    assert [one for one in rules if one["result"] == "failed"] == []
    assert code == 0


@pytest.mark.long
def test_the_report_shows_no_token_and_no_secret(
    billing_stub: BillingStub, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = billing_stub.settings.stripe_webhook_secret
    monkeypatch.setenv(SECRET, secret)
    _, rules = check("--keep-clock")
    printed = json.dumps(rules)
    assert "eyJ" not in printed
    assert secret not in printed


def test_a_rule_without_a_way_to_pay_is_not_checked_and_says_why(check: Check) -> None:
    code, rules = check("--pay", "no")
    assert code == 0
    assert having(rules, "failed") == set()
    assert "nothing is bought" in rules["status-nonce"]["detail"]
    assert "webhook's secret" in rules["webhook-duplicate"]["detail"]
    for name in ("health-shape", "checkout-answer", "status-open", "webhook-forged"):
        assert rules[name]["result"] == "passed"
    for name in ("document-signature", "expiry-renewing", "proof-replay", "devices-limit"):
        assert rules[name]["result"] == "not checked", name


@pytest.mark.parametrize("signer", [b"r" * 32, b"s" * 32], ids=["root", "stranger"])
def test_the_key_manifest_has_to_be_signed_by_a_root_key(
    signer: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, ours = SigningKey(b"r" * 32), SigningKey(b"o" * 32)
    manifest = sign_key_manifest(
        SigningKey(signer),
        keys=KeySet([ours.public_key]),
        version=1,
        product="nyra",
        issued_s=int(time.time()),
    )
    (tmp_path / "manifest.jws").write_text(manifest)
    (tmp_path / "root.json").write_bytes(KeySet([root.public_key]).to_jwks())
    # The program was shipped before the signing key was made.
    first = SigningKey(b"f" * 32).public_key
    (tmp_path / "keys.json").write_bytes(KeySet([first]).to_jwks())
    environ = {
        "NYRA_LICENSE_SIGNING_SECRET": b64u_encode(b"o" * 32),
        "NYRA_KEY_MANIFEST": str(tmp_path / "manifest.jws"),
    }
    profile = tmp_path / "keystead.toml"
    with BillingStub.running(tmp_path / "stub", environ) as stub:
        profile.write_text(
            f'[product]\nid = "nyra"\n[backend]\nurl = "{stub.url}"\n'
            '[trust]\nkeys = "keys.json"\nroot = "root.json"\n'
        )
        command = ["conformance", stub.url, "--profile", str(profile), "--json", "--keep-clock"]
        code = main(command)
    rules = {one["id"]: one for one in json.loads(capsys.readouterr().out)["rules"]}
    if signer == b"r" * 32:
        assert (code, having(rules, "failed")) == (0, set())
        assert rules["keys-manifest"]["result"] == "passed"
    else:
        assert (code, having(rules, "failed")) == (1, {"document-key", "keys-manifest"})
        assert "unknown_key" in rules["keys-manifest"]["detail"]


@pytest.mark.parametrize("origin", ["https://shop.example", "https://other.example"])
def test_the_allowed_origin_may_read_answers(
    origin: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with BillingStub.running(tmp_path, {"ALLOWED_ORIGIN": "https://shop.example"}) as stub:
        command = ["conformance", stub.url, "--profile", str(stub.profile), "--json"]
        code = main([*command, "--pay", "no", "--origin", origin])
    rules = {one["id"]: one for one in json.loads(capsys.readouterr().out)["rules"]}
    allowed = origin == "https://shop.example"
    assert having(rules, "failed") == (set() if allowed else {"cors-allowed"})
    assert rules["cors-foreign"]["result"] == "passed"
    assert code == (0 if allowed else 1)


def test_a_backend_that_does_not_answer_breaks_rules(check: Check) -> None:
    code, rules = check(url="http://127.0.0.1:1")
    assert code == 1
    assert "no answer" in rules["health-shape"]["detail"]
    assert having(rules, "passed") == set()


def test_a_profile_of_another_billing_api_is_refused(
    billing_stub: BillingStub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = billing_stub.profile.read_text()
    other = tmp_path / "keystead.toml"
    other.write_text(text.replace('billing_api = "nyra"', 'billing_api = "crow"'))
    (tmp_path / "keys.json").write_bytes(billing_stub.keys.read_bytes())
    assert load_profile(other).billing_api == "crow"
    assert main(["conformance", billing_stub.url, "--profile", str(other)]) == 2
    assert "nyra" in capsys.readouterr().err


def test_an_address_that_is_no_url_is_refused(
    billing_stub: BillingStub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["conformance", "localhost:8787", "--profile", str(billing_stub.profile)]) == 1
    assert "localhost:8787" in capsys.readouterr().err


def run_with_a_person(
    billing_stub: BillingStub, http: httpx.Client, wait: Callable[[str], object], limit_s: float
) -> tuple[Run, list[str]]:
    """Return a run whose checkout a person pays; ``wait`` is what happens meanwhile."""
    told: list[str] = []

    def waiting(_seconds: float) -> None:
        wait(told[0].rpartition("/")[2])

    run = Run(
        Backend(http, billing_stub.url),
        load_profile(billing_stub.profile),
        PersonPayer(told.append, limit_s, waiting),
        controls=None,
        options=Options(patience_s=0),
        wait=waiting,
    )
    return run, told


def test_a_person_can_pay_at_the_printed_address(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    """A backend of another vendor has no controls, and its checkout is Stripe's."""
    run, told = run_with_a_person(billing_stub, http, billing_stub.pay, 600)
    outcomes = {one.id: one for one in conduct.check_all(run, progress=lambda _: None)}
    assert {one.id for one in outcomes.values() if one.result == "failed"} == set()
    assert outcomes["document-signature"].result == "passed"
    assert outcomes["expiry-renewing"].result == "passed"
    assert outcomes["expiry-past-due"].result == "not checked"
    assert "--stub" in outcomes["expiry-past-due"].detail
    assert len(told) == 1


def test_nobody_is_waited_for_longer_than_the_limit(
    billing_stub: BillingStub, http: httpx.Client
) -> None:
    run, _ = run_with_a_person(billing_stub, http, len, 0)
    with pytest.raises(NotChecked, match="nobody paid"):
        run.activated()
