"""`keystead-stub` as a process: its output and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from keystead.keys import KeySet
from keystead.profile import load_profile
from keystead_stub.commands.remote import seconds
from keystead_stub.entry import main
from keystead_stub.in_process import BillingStub
from keystead_stub.store.engine import open_store
from keystead_stub.store.migrations import migrate
from support.billing_device import BillingDevice

STUB = str(Path(sys.executable).with_name("keystead-stub"))


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [STUB, *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def serving(*arguments: str, **environ: str) -> Iterator[tuple[dict[str, Any], Any]]:
    with subprocess.Popen(
        [STUB, "serve", "--port", "0", "--json", *arguments],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline()), process
        finally:
            process.kill()


@pytest.mark.long
def test_serve_prints_its_url_once_it_accepts_requests() -> None:
    with serving() as (started, process):
        assert set(started) == {"url", "profile", "keys", "pid"}
        assert started["pid"] == process.pid
        assert (
            httpx.get(started["url"] + "/health", trust_env=False, timeout=60).json()["ok"] is True
        )
        profile = load_profile(started["profile"])
        assert profile.backend_url == started["url"]
        keys = KeySet.from_jwks(Path(started["keys"]).read_text())
        assert {key.kid for key in keys} == {key.kid for key in profile.keys}
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "")
        assert "Generated for this run: " in err
        assert "NYRA_LICENSE_SIGNING_SECRET" in err
        assert "INTERNAL_GATEWAY_KEY" in err


@pytest.mark.long
def test_a_database_file_is_served_again_with_the_same_keys(tmp_path: Path) -> None:
    for name in ("new", "old"):
        assert run("keys", "new", "--out", str(tmp_path / name)).returncode == 0
    secret = ",".join((tmp_path / name).read_text().strip() for name in ("new", "old"))
    database = str(tmp_path / "stub.db")
    own = {"NYRA_LICENSE_SIGNING_SECRET": secret, "NYRA_LICENSE_API_TOKEN": "operator" * 4}
    with serving("--database", database, **own) as (started, _):
        answer = httpx.post(
            started["url"] + "/_stub/seed", json={"customers": 2}, trust_env=False, timeout=60
        )
        first, _second = answer.json()["customers"]
    with serving("--database", database, **own) as (started, process):
        url = f"{started['url']}/_stub/state?customerId={first}"
        assert (
            httpx.get(url, trust_env=False, timeout=60).json()["subscription"]["status"] == "active"
        )
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0
    public = run("keys", "show", **own).stdout
    assert Path(started["keys"]).read_text().strip() == public.strip()
    assert len(KeySet.from_jwks(public)) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["serve", "--host", "0.0.0.0"], 1, "loopback addresses only"),  # noqa: S104
        (["serve", "--host", "example.com"], 1, "loopback addresses only"),
        (["serve", "--host", "x.localhost.", "--port", "0"], 1, "no address of this machine"),
        (["serve", "--public-url", "http://billing.example"], 1, "loopback addresses only"),
        (["serve", "--port", "0", "--public-url", "https://a.example/_stub"], 1, "own"),
        (["serve", "--trusted-proxies", "proxy"], 1, "not addresses or networks"),
        (["serve", "--port", "99999"], 2, "65535"),
        (["serve", "--port", "x"], 2, "65535"),
        (["serve", "--api", "nothing"], 2, "invalid choice"),
        (["serve", "--port", "0", "--database", "nonsense://x"], 1, "database"),
        (["serve", "--port", "0", "--database", "/nowhere/x.db"], 1, "no folder /nowhere"),
        (["serve", "--port", "0", "--database", "/dev/null/x.db"], 1, "no folder /dev/null"),
        (["advance", "soon"], 2, "31d"),
        (["advance", "1d", "--url", "http://127.0.0.1:9"], 1, "No stub is running"),
        (["advance", "1d", "--url", "nonsense"], 1, "No stub is running"),
        (["faults", "--set", "{"], 1, "JSON"),
        (["preflight", "--mode", "live"], 1, ""),
        (["preflight", "--mode", "live", "--allow-blocked"], 0, ""),
        (["preflight"], 2, "--mode"),
        (["dance"], 2, "invalid choice"),
        ([], 2, "required"),
    ],
)
def test_errors_are_printed_to_stderr_with_an_exit_code(
    arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        ended: object = main(arguments)
    except SystemExit as usage:
        ended = usage.code
    assert ended == code
    assert says in capsys.readouterr().err


def test_an_invalid_secret_is_named_but_not_printed() -> None:
    done = run("serve", "--port", "0", NYRA_LICENSE_SIGNING_SECRET="not-a-seed-of-mine")
    assert done.returncode == 1
    assert "NYRA_LICENSE_SIGNING_SECRET" in done.stderr
    assert "not-a-seed" not in done.stderr


def test_serve_refuses_a_database_of_a_newer_version(tmp_path: Path) -> None:
    database = tmp_path / "stub.db"
    store = open_store(f"sqlite:///{database}")
    migrate(store, 1)
    with store.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    done = run("serve", "--port", "0", "--database", str(database))
    assert (done.returncode, done.stdout) == (1, "")
    assert "newer schema (revision 9999)" in done.stderr
    assert "Upgrade keystead-stub" in done.stderr


def test_a_port_in_use_is_reported(billing_stub: BillingStub) -> None:
    port = billing_stub.url.rpartition(":")[2]
    done = run("serve", "--port", port)
    assert (done.returncode, f"Port {port}" in done.stderr) == (1, True)


def test_preflight_prints_the_reasons() -> None:
    done = run("preflight", "--mode", "test", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["status"]) == (1, "NO_GO")
    assert any("STRIPE_SECRET_KEY" in reason for reason in report["reasons"])


def test_commands_control_a_running_stub(billing_stub: BillingStub) -> None:
    url = ["--url", billing_stub.url]
    before = billing_stub.clock.now_ms()
    assert json.loads(run("advance", "31d", *url).stdout)["now"] >= before + 31 * 86_400_000
    assert run("advance", "--to", "1999-01-01T00:00:00Z", *url).returncode == 1
    assert len(json.loads(run("seed", "--customers", "2", *url).stdout)["customers"]) == 2
    event = json.loads(run("trigger", "invoice.paid", *url).stdout)
    assert event["type"] == "invoice.paid"
    run("faults", "--set", '{"status": 503}', *url)
    assert json.loads(run("faults", *url).stdout) == {"faults": {"status": 503}}
    assert json.loads(run("faults", "--clear", *url).stdout) == {"faults": {}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("90s", 90), ("1.5h", 5400), ("31d", 2_678_400), ("2w", 1_209_600)],
)
def test_durations_with_units_are_parsed(text: str, expected: float) -> None:
    assert seconds(text) == expected


def test_a_device_activates_against_a_served_stub(billing_stub: BillingStub) -> None:
    with httpx.Client(base_url=billing_stub.url, trust_env=False, timeout=60) as http:
        device = BillingDevice(billing_stub, http)
        device.activate()
        assert run("advance", "40d", "--url", billing_stub.url).returncode == 0
        assert device.status()["active"] is True
