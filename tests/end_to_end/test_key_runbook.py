"""The page on keys, carried out: a real backend, a real daemon, and each rotation."""

from __future__ import annotations

from pathlib import Path

from support.console_page import PAGES, steps, terminal


def test_every_key_command_of_the_runbook_works_as_printed(tmp_path: Path) -> None:
    with terminal(tmp_path) as opened:
        for step in steps((PAGES / "keys.md").read_text("utf-8")):
            if step.command.startswith(("keystead-stub keys", "mv ")):
                opened.carry_out(step)
