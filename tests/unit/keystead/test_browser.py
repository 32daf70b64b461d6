"""Which links are opened, and where there is nothing to open them with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from keystead.browser import is_page, open_link


@pytest.mark.parametrize(
    "link",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "-x",
        "",
        "keystead://activated",
        "/bin/sh",
        "http://pay.example/",
        "http://localhost.example/",
        "https://localhost@evil.example/",
        "http://localhost@evil.example/",
        "http://127.0.0.1:x@evil.example/",
        "http://127.0.0.1:80@evil.example/",
        "http://10.0.0.1/",
        "https:///",
        "https://pay.example/ x",
    ],
)
def test_only_web_links_are_opened(link: str) -> None:
    assert not open_link(link, {"BROWSER": "true", "DISPLAY": ":0"})


@pytest.mark.parametrize(
    "link",
    ["https://pay.example", "http://127.0.0.1:8787/pay?x=1#y", "http://127.0.0.2/", "http://[::1]:1/",
     "http://localhost:8787"],
)  # fmt: skip
def test_web_pages_and_pages_of_this_machine_are_opened(link: str) -> None:
    assert is_page(link)


def test_the_program_in_browser_variable_is_used_first(tmp_path: Path) -> None:
    program = tmp_path / "browser"
    program.write_text(
        f'#!/bin/sh\nprintf "%s|" "$@" > {tmp_path}/opened.new\n'
        f"mv {tmp_path}/opened.new {tmp_path}/opened\necho done\n"
    )
    program.chmod(0o755)
    # A process of its own, as the command is: what it opened outlives it.
    asking = (
        "from keystead.browser import open_link\n"
        f"assert open_link('https://pay.example/', {{'BROWSER': '{program} --new:lynx'}})\n"
        "import contextlib, os\n"
        # Who has ended before is not waited for any more.
        "with contextlib.suppress(ChildProcessError):\n    os.wait()"
    )
    subprocess.run([sys.executable, "-c", asking], check=True, timeout=60)
    assert (tmp_path / "opened").read_text() == "--new|https://pay.example/|"


def test_a_missing_program_is_no_crash() -> None:
    assert not open_link("https://pay.example/", {"BROWSER": "/nowhere/browser"})


def test_without_a_screen_nothing_is_opened() -> None:
    assert not open_link("https://pay.example/", {})
