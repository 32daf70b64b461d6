"""The pytest fixture `billing_stub`, used as a vendor's tests use it."""

from __future__ import annotations

import subprocess
import sys

import httpx

from keystead.profile import load_profile
from keystead_stub import pytest_plugin
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice

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
