"""The page on keys, carried out: a real backend, a real daemon, and each rotation."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.console_page import PAGES, steps, terminal


def test_every_key_command_of_the_runbook_works_as_printed(tmp_path: Path) -> None:
    with terminal(tmp_path) as opened:
        for step in steps((PAGES / "keys.md").read_text("utf-8")):
            if step.command.startswith(("keystead-stub keys", "mv ")):
                opened.carry_out(step)


@pytest.mark.nightly
def test_every_command_of_the_key_runbook_works_as_printed(tmp_path: Path) -> None:
    found = steps((PAGES / "keys.md").read_text("utf-8"))
    commands = [step.command for step in found]
    for part in ("keys new", "keys root", "keys show", "keys manifest", "serve", "refresh"):
        assert any(part in command for command in commands), part
    with terminal(tmp_path) as opened:
        for step in found:
            opened.carry_out(step)
