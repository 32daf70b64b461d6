"""The pytest fixture `billing_stub`, used as a vendor's tests use it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from keystead.profile import load_profile
from keystead_stub import pytest_plugin
from keystead_stub.in_process import BillingStub
from support import vendor
from support.billing_device import BillingDevice

README = Path(__file__).parents[3] / "README.md"

#: The plugin's own fixture, which the tests' shared one hides.
billing_stub = pytest_plugin.billing_stub


def test_the_fixture_drives_a_purchase_a_fault_and_a_renewal(billing_stub: BillingStub) -> None:
    with httpx.Client(base_url=billing_stub.url, trust_env=False, timeout=60) as http:
        device = BillingDevice(billing_stub, http)
        session = device.start_checkout()
        billing_stub.pay(session)
        assert device.status(checkoutSessionId=session)["active"] is True
        billing_stub.faults.set(status=503, times=1)
        assert device.ask().status_code == 503
        billing_stub.clock.advance(days=31)
        assert device.status()["active"] is True
        billing_stub.faults.clear()


def test_the_fixtures_profile_can_be_loaded(billing_stub: BillingStub) -> None:
    profile = load_profile(billing_stub.profile)
    assert (profile.product_id, profile.backend_url) == ("nyra", billing_stub.url)
    assert profile.billing_api == "nyra"
    assert len(profile.keys) == 1


def test_importing_the_plugin_imports_no_web_framework() -> None:
    code = (
        "import sys, keystead_stub.pytest_plugin as _;"
        "heavy = {'litestar', 'sqlalchemy', 'uvicorn', 'stripe'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_the_stub_extra_the_command_names_the_missing_package() -> None:
    code = (
        "import sys; sys.modules['litestar'] = None;"
        "from keystead_stub.entry import main; sys.exit(main(['keys']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'pip install "keystead[stub]"' in done.stderr


def project_of(folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run these tests in a vendor's own project, with their profile and catalogue."""
    (folder / "keystead.toml").write_text(vendor.PROFILE)
    (folder / "catalogue.toml").write_text(vendor.CATALOGUE)
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = --strict-markers --strict-config -p no:cacheprovider\n"
        "keystead_profile = keystead.toml\nkeystead_catalogue = catalogue.toml\n"
    )
    inside = folder / "tests"
    inside.mkdir()
    (inside / "test_program.py").write_text("\n\n".join(("import pytest\nimport keystead", *tests)))
    # Started elsewhere: the files are found by the configuration and not by the current folder.
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", str(folder / "pytest.ini"), str(inside)],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_the_readmes_test_runs_as_printed_in_a_vendors_project(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    (printed,) = (block for block in blocks if "def test_" in block)
    done = project_of(
        tmp_path,
        printed,
        """\
def test_once(billing_stub, keystead_device):
    assert keystead_device.status().product == "acme-notes"
    assert not keystead_device.license.usable
    keystead_device.activate("lifetime")
    assert keystead.open(billing_stub.profile).allows("archive")
    billing_stub.customer(
        billing_stub.state(keystead_device.status().device_id)["customer"]["id"], "refund"
    )
    assert not keystead_device.is_active()
""",
        """\
CATALOGUE = 'currency = "jpy"\\n[[plans]]\\nkey = "web"\\nyearly = 12000\\n'

@pytest.mark.billing_stub(profile="keystead.toml", catalogue=CATALOGUE, api="crow")
def test_signed_in(billing_stub, keystead_device):
    keystead_device.activate(modules=("web",), period="yearly")
    assert keystead_device.license.entitlement.key == "web"
""",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


MISTAKES = {
    "catalogue='currencys = 1\\n'": 'unknown key "currencys" at the top level',
    "catalogue='none.toml'": "none.toml could not be read",
    "profile='[wares]\\n'": 'unknown key or table "wares"',
    "profil='keystead.toml'": "unknown value 'profil'; there are profile, catalogue, api",
    "api='nothing'": "unknown api 'nothing'",
    "catalogue=3": "catalogue has to be a path",
    "'keystead.toml'": "takes named values only",
}


@pytest.mark.long
def test_a_mistake_in_a_mark_is_one_sentence(tmp_path: Path) -> None:
    tests = (
        f"@pytest.mark.billing_stub({mark})\ndef test_{number}(billing_stub):\n    pass\n"
        for number, mark in enumerate(MISTAKES)
    )
    done = project_of(tmp_path, *tests)
    assert done.returncode == 1
    assert f"{len(MISTAKES)} errors" in done.stdout
    for says in MISTAKES.values():
        assert says in done.stdout
    assert "Traceback" not in done.stdout
