"""`keystead-stub conformance` at a backend that keeps every rule, and where little can be checked.

Faults are in `test_seeded_faults`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from keystead.profile import load_profile
from keystead_stub.commands.conformance import SECRET
from keystead_stub.conformance import conduct
from keystead_stub.conformance.exchanges import Backend, NotChecked
from keystead_stub.conformance.payers import PersonPayer
from keystead_stub.conformance.rule_table import RULES, RULES_BY_ID
from keystead_stub.conformance.run_state import Options, Run
from keystead_stub.entry import main
from keystead_stub.in_process import BillingStub

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
