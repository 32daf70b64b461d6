"""Open a link in the person's browser."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser
from collections.abc import Mapping


def has_screen(environ: Mapping[str, str]) -> bool:
    """Return whether there is a screen for a browser or a window."""
    if sys.platform in ("win32", "darwin"):
        return "SSH_CONNECTION" not in environ
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_link(url: str, environ: Mapping[str, str]) -> bool:
    """Open an http(s) link; return False if nothing could be opened.

    ``BROWSER`` names a program to use. Text browsers are never started: they would take over the
    terminal.
    """
    if not url.startswith(("https://", "http://")):
        return False
    chosen = environ.get("BROWSER")
    if chosen:
        return _run([*chosen.split(os.pathsep)[0].split(), url])
    if not has_screen(environ):
        return False
    try:
        browser = webbrowser.get()
        # Only this class runs in the terminal and blocks; the other classes open windows.
        return type(browser) is not webbrowser.GenericBrowser and browser.open(url)
    except (webbrowser.Error, OSError):
        return False


def _run(command: list[str]) -> bool:
    try:
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    return True
