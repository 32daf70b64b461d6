"""The command line with a real daemon and a real stub."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from keystead.capabilities import CAPABILITIES_BY_API
from keystead.contract import STATUS_FIELDS
from keystead.errors import DaemonUnreachable
from support.cli import COMMAND
from support.mail import follow_newest_mail
from support.nightly import nightly_except
from support.world import EMAIL, Device, World

WIRE_WORDS = re.compile(r"[a-z]_[a-z]|\b[45]\d\d\b|Errno|None|https?://127")


@pytest.fixture
def fresh(world: World) -> Iterator[Device]:
    """Return an unused home, whose first command starts the daemon."""
    device = Device(world.folder / "fresh", {"KEYSTEAD_PROFILE": str(world.stub.profile)})
    yield device
    with suppress(DaemonUnreachable):
        end_daemon(device)


def end_daemon(device: Device) -> None:
    """End a daemon that a command has started."""
    ended = os.pidfd_open(device.call("daemon.info").pid)
    try:
        device.call("daemon.stop")
        assert select.select([ended], [], [], 60)[0], "the daemon did not end"
    finally:
        os.close(ended)


def test_a_command_starts_the_daemon_if_none_is_running(fresh: Device) -> None:
    with pytest.raises(DaemonUnreachable):
        fresh.view()
    first = fresh.cli("status", "--json")
    assert (first.code, first.json()["state"]) == (3, "unactivated")
    pid = fresh.call("daemon.info").pid
    assert fresh.cli("status").code == 3
    assert fresh.call("daemon.info").pid == pid


def test_commands_at_the_same_moment_start_one_daemon(fresh: Device) -> None:
    with ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda _: fresh.cli("status"), range(4)))
    assert [one.code for one in ran] == [3] * 4, ran


def test_a_daemon_that_cannot_start_gives_exit_code_6(fresh: Device, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for command in (["status"], ["refresh"], ["plans", "--json"]):
        ran = fresh.cli(*command, KEYSTEAD_HOME=str(tmp_path / "file" / "home"))
        assert ran.code == 6, ran
        assert "could not be started" in ran.err


def test_activate_without_a_browser_prints_the_link_at_once(world: World) -> None:
    device = world.device()
    ran = device.cli("activate", "--no-browser", "--json")
    assert ran.code == 0
    assert set(ran.json()) == {"sessionId", "url", "expiresAt"}
    assert device.cli("status", "--json").json()["reason"] == "checkout_open"
    assert device.cli("status").code == 3
    world.stub.pay(ran.json()["sessionId"])
    assert device.cli("refresh").code == 0
    assert device.cli("status").code == 0


def browser_that_pays(world: World, folder: Path) -> str:
    """Return a program for the variable BROWSER that pays the checkout it is given."""
    program = folder / "pays.py"
    program.write_text(
        "import json, sys, urllib.request\n"
        "session = sys.argv[1].split('?')[0].rstrip('/').rpartition('/')[2]\n"
        f"url = '{world.stub.url}/_stub/checkouts/' + session + '/complete'\n"
        "urllib.request.urlopen(urllib.request.Request(url, b'{}', method='POST',\n"
        "    headers={'Content-Type': 'application/json'})).read()\n"
    )
    return f"{sys.executable} {program}"


def test_activate_opens_the_browser_and_waits_for_the_payment(world: World, tmp_path: Path) -> None:
    device = world.device()
    ran = device.cli("activate", "--seats", "2", BROWSER=browser_that_pays(world, tmp_path))
    assert ran.code == 0, ran
    assert "Continue in the browser:" in ran.out
    assert "Active. Everything works." in ran.out
    assert "Pro, 2 seats" in ran.out
    assert "\x1b" not in ran.out


def test_activate_with_json_prints_one_object_and_the_link_on_stderr(
    world: World, tmp_path: Path
) -> None:
    ran = world.device().cli("activate", "--json", BROWSER=browser_that_pays(world, tmp_path))
    assert ran.code == 0
    assert ran.json()["state"] == "active"
    assert "/checkout/" in ran.err


def test_a_purchase_is_restored_by_the_link_in_a_mail(world: World) -> None:
    world.activated("old")
    new = world.device("new")
    with subprocess.Popen(
        [COMMAND, "restore", EMAIL],
        env=os.environ | new.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as waiting:
        assert waiting.stdout is not None
        assert "a link is on its way" in waiting.stdout.readline()
        follow_newest_mail(world.stub)
        said, trouble = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, trouble
    assert "Active. Everything works." in said


def test_restore_with_no_wait_returns_before_the_link_is_followed(world: World) -> None:
    ran = world.device().cli("restore", "nobody@example.com", "--no-wait", "--json")
    assert ran.code == 0
    assert set(ran.json()) == {"activationId", "expiresAt"}
    assert world.device("other").cli("restore", "no address").code == 2


def test_ctrl_c_stops_waiting_and_keeps_the_checkout_open(world: World) -> None:
    device = world.device()
    with subprocess.Popen(
        # A shell starts background jobs with SIGINT ignored, and children inherit that.
        ["env", "--default-signal=INT", COMMAND, "activate"],
        env=os.environ | device.environ | {"BROWSER": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as waiting:
        assert waiting.stdout is not None
        assert "Continue" in waiting.stdout.readline()
        assert "http" in waiting.stdout.readline()
        waiting.send_signal(signal.SIGINT)
        said, trouble = waiting.communicate(timeout=60)
    assert waiting.returncode == 3
    assert "stays open" in said
    assert "Traceback" not in trouble
    assert device.view().reason == "checkout_open"


def test_activate_stops_waiting_when_the_checkout_ends_unpaid(world: World, tmp_path: Path) -> None:
    device = world.device()
    program = browser_that_pays(world, tmp_path).replace("pays.py", "expires.py")
    text = (tmp_path / "pays.py").read_text().replace("/complete", "/expire")
    (tmp_path / "expires.py").write_text(text)
    ran = device.cli("activate", BROWSER=program)
    assert ran.code == 3
    assert "not activated" in ran.out


def test_activate_refuses_a_purchase_that_is_already_paid(world: World) -> None:
    ran = world.activated().cli("activate", "--no-browser")
    assert ran.code == 1
    assert "already paid for" in ran.err
    assert "[keystead portal]" in ran.err
    assert not WIRE_WORDS.search(ran.err)


@pytest.mark.parametrize(
    "wrong", [("--plan", "gold"), ("--period", "hourly"), ("--email", "nobody"), ("--plan", "")]
)
def test_unavailable_purchase_options_are_explained(world: World, wrong: tuple[str, str]) -> None:
    ran = world.device().cli("activate", "--no-browser", *wrong)
    assert ran.code in (1, 2)
    assert ran.out == ""
    assert not WIRE_WORDS.search(ran.err), ran.err


def test_the_status_has_the_contract_s_fields(world: World) -> None:
    device = world.activated()
    for command in ("status", "refresh"):
        found = device.cli(command, "--json").json()
        assert tuple(found) == STATUS_FIELDS
        assert found["deviceId"] == device.view().device_id
        assert found["entitlement"]["features"] == ["export", "sync"]
    words = device.cli("status").out
    assert words.startswith("✓ Active. Everything works.")
    assert "Works offline until:" in words


def test_status_shows_grace_and_strict_reports_it_by_exit_code(world: World) -> None:
    device = world.activated()
    world.happens(device, "fail_next_payment")
    world.stub.clock.advance(days=31)
    assert device.refresh().state == "grace"
    assert device.cli("status").code == 0
    strict = device.cli("status", "--strict")
    assert strict.code == 4
    assert "did not go through" in strict.out
    assert "keystead portal" in strict.out


def test_a_refund_ends_the_activation_with_its_reason(world: World) -> None:
    device = world.activated()
    world.happens(device, "refund")
    ran = device.cli("refresh")
    assert ran.code == 5
    assert "refunded" in ran.out or "canceled" in ran.out
    (row,) = (line for line in device.cli("invoices").out.splitlines() if "12.00" in line)
    assert "refunded" in row
    assert "paid" not in row


def test_an_unreachable_backend_gives_exit_code_7_and_changes_nothing(world: World) -> None:
    device = world.activated()
    world.stub.faults.set(dropConnection=True)
    for command in ("plans", "invoices", "devices", "portal"):
        ran = device.cli(command, "--json")
        assert ran.code == 7, ran
        assert ran.json()["error"]["code"] == "backend_unreachable"
    refused = device.cli("refresh", "--json")
    assert refused.code == 7
    assert (refused.json()["state"], refused.json()["usable"]) == ("active", True)
    assert "backend_unreachable" in refused.json()["hints"]
    assert device.cli("status").code == 0


def test_a_captive_portal_is_reported(world: World) -> None:
    device = world.device()
    world.stub.faults.set(status=200, body="<html>Sign in</html>")
    ran = device.cli("plans")
    assert ran.code == 7
    assert "sign in" in ran.err


def test_portal_plans_invoices_and_devices_are_shown(world: World) -> None:
    device = world.activated()
    portal = device.cli("portal", "--no-browser", "--json").json()
    assert set(portal) == {"url", "expiresAt"}
    (plan,) = device.cli("plans", "--json").json()["plans"]
    assert plan["plan"] == "pro"
    (invoice,) = device.cli("invoices", "--json").json()["invoices"]
    assert invoice["status"] == "paid"
    (one,) = device.cli("devices", "--json").json()["devices"]
    assert one["current"]
    for command, word in (
        ("plans", "12.00 EUR per seat"),
        ("invoices", "12.00 EUR"),
        ("devices", "(this device)"),
        ("portal", "Manage billing here:"),
    ):
        ran = device.cli(command)
        assert ran.code == 0
        assert word in ran.out, ran.out
        assert "\x1b" not in ran.out


def test_another_device_is_removed_by_a_prefix_of_its_id(world: World) -> None:
    device = world.activated()
    other = "A" * 43
    unknown = device.cli("devices", "remove", other)
    assert (unknown.code, unknown.out) == (1, "")
    assert device.cli("devices", "--json", "remove", other).json()["error"]
    mine = str(device.view().device_id)
    ran = device.cli("devices", "remove", mine[:10], "--json")
    assert ran.code == 0
    assert ran.json()["devices"] == []


def test_deactivating_frees_the_seat(world: World) -> None:
    device = world.activated()
    ran = device.cli("deactivate", "--json")
    assert ran.code == 0
    assert not ran.json()["usable"]
    assert device.cli("status").code in (3, 5)


@pytest.mark.parametrize("command", ["devices", "invoices", "portal", "deactivate"])
def test_commands_that_need_an_activation_say_so_without_one(world: World, command: str) -> None:
    ran = world.device().cli(command)
    assert ran.code == 3, ran
    assert "not activated" in ran.err


def test_request_files_are_exported_and_license_files_imported(
    world: World, tmp_path: Path
) -> None:
    device = world.activated()
    request = tmp_path / "request.jws"
    assert device.cli("request", request).code == 0
    assert request.read_text().count(".") == 2
    assert device.cli("request", "-").out.count(".") == 2
    license = device.paths.license
    assert device.cli("import", license).code == 0
    mailed = b"\xef\xbb\xbf" + license.read_bytes().strip() + b"\r\n\r\n"
    assert device.cli("import", "-", stdin=mailed).code == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"no license", b"\xff\x00", b"a.b.c", b"x" * 200_000, b"eyJ9..x"],
)
def test_importing_a_file_that_is_not_a_license_changes_nothing(
    world: World, tmp_path: Path, content: bytes
) -> None:
    device = world.activated()
    file = tmp_path / "file"
    file.write_bytes(content)
    ran = device.cli("import", file)
    assert ran.code == 1
    assert ran.err
    assert device.cli("status").code == 0


def test_importing_a_missing_file_is_explained(world: World) -> None:
    device = world.device()
    for name in ("/nowhere/license", "/", "\x1b[31m"):
        ran = device.cli("import", name)
        assert ran.code == 1
        assert "\x1b" not in ran.err


def test_doctor_reports_no_problem_on_a_healthy_device(world: World) -> None:
    device = world.activated()
    ran = device.cli("doctor", "--json")
    found = ran.json()
    assert (ran.code, found["ok"]) == (0, True), found
    assert {"profile", "files", "daemon", "server", "tls", "clock", "keyring", "license"} <= {
        check["name"] for check in found["checks"]
    }
    assert all(
        set(check) == {"name", "ok", "detail", "fix", "code", "values"} for check in found["checks"]
    )
    assert "All is well." in device.cli("doctor").out


def test_doctor_reports_each_problem(world: World) -> None:
    device = world.activated()
    world.stub.faults.set(dropConnection=True)
    away = device.cli("doctor", "--json")
    assert away.code == 7
    assert [check["name"] for check in away.json()["checks"] if not check["ok"]] == ["server"]
    world.stub.faults.clear()
    device.paths.license.chmod(0o644)
    open_to_all = device.cli("doctor", "--json")
    assert open_to_all.code == 1
    (wrong,) = (check for check in open_to_all.json()["checks"] if not check["ok"])
    assert wrong["name"] == "files"
    assert "chmod" in wrong["fix"]


def test_doctor_works_without_a_daemon(fresh: Device, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = fresh.cli("doctor", "--json", KEYSTEAD_HOME=str(tmp_path / "file" / "home"))
    assert ran.code == 6
    checks = {check["name"]: check for check in ran.json()["checks"]}
    assert checks["profile"]["ok"]
    assert not checks["daemon"]["ok"]
    assert "could not be started" in checks["daemon"]["detail"]
    assert not checks["license"]["ok"]


def test_the_bundle_contains_diagnostics_and_no_secrets(world: World, tmp_path: Path) -> None:
    device = world.activated()
    file = tmp_path / "bundle.zip"
    assert device.cli("diagnostics", file).code == 0
    with zipfile.ZipFile(file) as archive:
        texts = {
            name.rpartition("/")[2]: archive.read(name).decode() for name in archive.namelist()
        }
    assert set(texts) == {
        *("README.txt", "doctor.json", "status.json", "license.json"),
        *("daemon.json", "versions.json", "daemon.log"),
    }
    assert json.loads(texts["status.json"])["state"] == "active"
    assert json.loads(texts["license.json"])["claims"]["entitlement"]["key"] == "pro"
    whole = "\n".join(texts.values())
    assert "eyJ" not in whole
    assert EMAIL not in whole
    assert "@" not in whole
    assert device.paths.license.read_text().strip() not in whole


def test_the_bundle_is_written_without_a_daemon(fresh: Device, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    file = tmp_path / "bundle.zip"
    ran = fresh.cli("diagnostics", file, KEYSTEAD_HOME=str(tmp_path / "file" / "home"))
    assert ran.code == 0, ran
    with zipfile.ZipFile(file) as archive:
        assert "keystead-diagnostics/doctor.json" in archive.namelist()


def test_a_bundle_that_cannot_be_written_gives_an_error(world: World) -> None:
    ran = world.device().cli("diagnostics", "/dev/null/bundle.zip")
    assert ran.code == 1
    assert "could not be saved" in ran.err


@pytest.mark.long
@pytest.mark.parametrize("api", nightly_except(CAPABILITIES_BY_API, {"nyra"}))
def test_the_demo_succeeds_and_leaves_no_files_behind(api: str) -> None:
    # The path of pytest's temporary folder is too long for a Unix socket.
    with tempfile.TemporaryDirectory(prefix="ks", dir="/tmp") as folder:
        _run_demo(Path(folder), api)


def _run_demo(tmp_path: Path, api: str) -> None:
    ran = subprocess.run(
        [COMMAND, "demo", "--no-window", "--api", api],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "✗" not in ran.stdout
    assert ran.stdout.count("✓") > 25
    assert "\x1b" not in ran.stdout
    assert list(tmp_path.iterdir()) == []
