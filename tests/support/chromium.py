"""Debian's Chromium, without a screen, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

# An expectation ends as soon as it holds; five seconds are too few on a busy machine.
expect.set_options(timeout=60_000)
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser within the block; Playwright runs an event loop in this thread meanwhile."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "this needs Chromium: packaging/debian-packages.sh test"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()
