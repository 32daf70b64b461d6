"""The example programs, frozen by PyInstaller without options, sell their feature as ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from keystead_stub.in_process import BillingStub
from support.package_builds import VendorEnvironment
from support.vendor_program import VendorProgram, stop_daemon, vendor_program

pytestmark = [pytest.mark.long, pytest.mark.nightly, pytest.mark.slow, pytest.mark.timeout(1800)]

LIMIT_S = 120


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> VendorEnvironment:
    return VendorEnvironment(tmp_path_factory.mktemp("vendor"))


def run(
    command: Path, *arguments: str | Path, program: VendorProgram, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run a frozen program with nothing in its environment but what is named."""
    home = {name: program.device.environ[name] for name in ("KEYSTEAD_HOME", "KEYSTEAD_SECRETS")}
    done = subprocess.run(
        [command, *arguments],
        env=home | environ,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_frozen_programs_sell_their_feature(
    vendor: VendorEnvironment, billing_stub: BillingStub, short_folder: Path
) -> None:
    programs = short_folder / "bin"
    programs.mkdir()
    with vendor_program("report", short_folder, billing_stub, "nyra") as report:
        frozen = vendor.freeze(report.script)
        table, page = report.folder / "sales.csv", report.folder / "sales.html"
        table.write_text("city,sold\nLyon,2\nGhent,3\n")
        assert run(frozen, table, program=report).stdout == "sold: 5\n"
        unpaid = run(frozen, table, "--html", page, program=report)
        assert unpaid.returncode == 1
        assert "isn't activated on this device" in unpaid.stderr
        # Without the product's package there is no daemon, and that is what is said.
        missing = run(frozen, "--buy", program=report, PATH=str(programs))
        assert missing.returncode == 1
        assert "is not installed" in missing.stderr
        # The launcher as the product's package names it.
        (programs / "nyra-keysteadd").symlink_to(Path(sys.executable).with_name("keysteadd"))
        bought = run(frozen, "--buy", program=report, PATH=str(programs))
        assert bought.stdout.startswith("Open this page to pay: http"), bought.stderr
        report.pay(billing_stub)
        assert run(frozen, table, "--html", page, program=report).returncode == 0
        assert "<th>sold<td>5" in page.read_text()
        stop_daemon(report.device)
        with vendor_program("notes", short_folder, billing_stub, "nyra") as notes:
            # The same person's device, and a program with Qt.
            frozen = vendor.freeze(notes.script)
            note, page = notes.folder / "note.txt", notes.folder / "note.html"
            note.write_text("Dear <Ada>")
            exported = run(frozen, note, "--export", page, program=notes)
            assert (exported.returncode, exported.stderr) == (0, "")
            assert "Dear &lt;Ada&gt;" in page.read_text()
