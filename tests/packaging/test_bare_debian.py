"""`make system` on a bare Debian installs everything that the tests need."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.bare_debian import BareDebian

ROOT = Path(__file__).parents[2]
#: Tests that need system programs and libraries; together they need every listed package.
NEED_THE_SYSTEM = (
    "tests/browser/test_looks.py",
    "tests/contracts/test_secret_stores.py",
    "tests/desktop/test_accessibility.py",
    "tests/desktop/test_links_end_to_end.py",
    "tests/desktop/test_tray.py",
    "tests/desktop/test_tray_end_to_end.py",
    "tests/end_to_end/test_machine_clock.py",
    "tests/end_to_end/test_machine_disk.py",
    "tests/end_to_end/test_machine_keyring.py",
    "tests/end_to_end/test_postgresql.py",
    "tests/packaging",
    "tests/unit/keystead_client/link_handler",
    "tests/unit/keystead_client/test_desktop_entry.py",
    "tests/unit/keystead_daemon/test_platform_linux.py",
)
MAKE_S = 1200
TESTS_S = 2400


def test_every_listed_system_test_exists() -> None:
    assert [name for name in NEED_THE_SYSTEM if not (ROOT / name).exists()] == []


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.slow
@pytest.mark.timeout(600 + MAKE_S + TESTS_S)
def test_tests_that_need_the_system_pass_on_a_bare_debian(tmp_path: Path) -> None:
    debian = BareDebian(tmp_path / "root")
    try:
        debian.copy_sources(ROOT)
        made = debian.run("make .venv/.complete system", timeout_s=MAKE_S)
        assert made.returncode == 0, made.stdout[-4000:]
        tests = ".venv/bin/pytest -q -rs -n logical -m 'not nightly' "
        ran = debian.run(tests + " ".join(NEED_THE_SYSTEM), timeout_s=TESTS_S)
        assert ran.returncode == 0, ran.stdout[-12_000:]
        assert "SKIPPED" not in ran.stdout, ran.stdout[-4000:]
    finally:
        # Pytest keeps the temporary folders of three runs, and this one has gigabytes.
        shutil.rmtree(debian.root)
