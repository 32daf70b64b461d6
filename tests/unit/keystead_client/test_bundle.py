"""What goes to support, whatever errors and other people's programs have said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from keystead.errors import KeysteadError
from keystead.local_api import Check
from keystead_client import bundle
from keystead_client.context import Context
from keystead_client.doctor import Findings
from support import activations
from support.documents import signed_license
from support.profiles import write_profile

WHY = (
    "http://ada:hunter2@proxy.corp.example:3128 refused it; gate: no answer;"
    " db.intranet.example: Name or service not known; 10.20.30.40:5432 is closed;"
    " /media/lovelace/stick/vault: no room; mail ada@lovelace.example;"
    " Authorization: Bearer abcdefghijkl; whsec_abcdef"
)
SECRETS = (
    *("hunter2", "proxy.corp", "gate:", "intranet", "10.20.30.40", "lovelace", "ada@"),
    *("abcdefghijkl", "whsec_abcdef"),
)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    profile = write_profile(tmp_path / "profile", "https://billing.vendor.example")
    environ = dict(os.environ) | {"USER": "lovelace", "https_proxy": "http://a:b@gate:3128"}
    return Context(str(profile), str(tmp_path / "home"), environ)


def test_private_data_in_errors_is_redacted(context: Context) -> None:
    failed = Check(name="daemon", ok=False, code="daemon_failed", values={"why": WHY})
    server = Check(name="server", ok=True, code="ok", values={"host": "billing.vendor.example"})
    files = bundle.contents(Findings((failed, server), activations.DIAGNOSTICS), context)
    for text in (*files.values(), bundle.as_text(files)):
        assert [secret for secret in SECRETS if secret in text] == []
    doctor = json.loads(files["doctor.json"])
    assert doctor["checks"][0]["code"] == "daemon_failed"
    assert doctor["checks"][0]["detail"].startswith("The background service could not be started")
    assert doctor["checks"][1]["detail"] == "billing.vendor.example answers."


def test_the_bundle_is_refused_if_the_scan_finds_what_redaction_missed(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "redact", lambda text, **_: text)
    failed = Check(name="daemon", ok=False, code="daemon_failed", values={"why": signed_license()})
    with pytest.raises(KeysteadError) as refused:
        bundle.contents(Findings((failed,), None), context)
    assert refused.value.code == "secret_found"
