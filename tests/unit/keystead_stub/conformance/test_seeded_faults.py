"""`keystead-stub conformance` finds each seeded fault of a backend, by the rule that forbids it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from keystead_stub.commands.conformance import SECRET
from keystead_stub.entry import main
from support.faulty_backend import FaultyBackend, faulty_backend
from support.seeded_faults import FAULTS

#: Rules that turn the clock, which takes as long as all others.
OF_TIME = {"expiry-past-due", "token-expired", "webhook-any-order"}
#: Tried in every run; the others in the nightly one.
ALWAYS = {
    "accepts-proof-url",
    "cancelling-gets-grace",
    "license-for-another-product",
    "webhook-with-any-signature",
}


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyBackend]:
    with faulty_backend(tmp_path_factory.mktemp("faulty")) as running:
        yield running


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in ALWAYS else pytest.mark.nightly)
        for name in sorted(FAULTS)
    ],
)
def test_a_seeded_fault_is_found_by_the_rule_that_forbids_it(
    name: str,
    backend: FaultyBackend,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fault, expected = FAULTS[name]
    backend.use(None)
    httpx.post(f"{backend.url}/_stub/reset", trust_env=False, timeout=60).raise_for_status()
    backend.use(fault)
    monkeypatch.setenv(SECRET, backend.settings.stripe_webhook_secret)
    options = () if expected & OF_TIME else ("--keep-clock",)
    command = ["conformance", backend.url, "--profile", str(backend.profile), "--json"]
    code = main([*command, "--patience", "0", *options])
    found = json.loads(capsys.readouterr().out)
    broken = {one["id"] for one in found["rules"] if one["result"] == "failed"}
    assert (code, broken) == (1, expected)
