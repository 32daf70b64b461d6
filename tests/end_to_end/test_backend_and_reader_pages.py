"""The pages about rehearsals, other backends and other languages, carried out as printed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.console_page import PAGES, steps, terminal
from support.javascript_reader import READER

pytestmark = [pytest.mark.long, pytest.mark.nightly]


def test_a_vendors_own_product_is_rehearsed_as_the_page_says(tmp_path: Path) -> None:
    found = steps((PAGES / "rehearsing.md").read_text("utf-8"))
    assert [step.command for step in found if step.command][-1] == "pytest -q"
    with terminal(tmp_path) as opened:
        opened.environ["KEYSTEAD_STUB_URL"] = f"http://127.0.0.1:{opened.port}"
        for step in found:
            opened.carry_out(step)


def test_a_backend_is_checked_as_the_page_says(tmp_path: Path) -> None:
    found = steps((PAGES / "conformance.md").read_text("utf-8"))
    assert [step.command.split()[1] for step in found if step.command.startswith("keystead-stub")]
    with terminal(tmp_path) as opened:
        for step in found:
            opened.carry_out(step)


def test_a_program_in_javascript_opens_its_license_as_the_page_says(tmp_path: Path) -> None:
    found = steps((PAGES / "readers.md").read_text("utf-8"))
    assert [step.file for step in found if step.file] == [
        "keystead.toml",
        "program.mjs",
        "vectors.mjs",
    ]
    shutil.copy(READER, tmp_path)
    shutil.copy(READER.parents[2] / "vectors" / "times.json", tmp_path)
    with terminal(tmp_path) as opened:
        opened.environ["KEYSTEAD_HOME"] = str(tmp_path / "home")
        for step in found:
            opened.carry_out(step)
