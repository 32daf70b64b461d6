"""Open a link in the person's browser."""

from __future__ import annotations

import os
import re
import subprocess
import webbrowser
from collections.abc import Mapping

from keystead.loopback import is_loopback

_HTTPS = re.compile(r"https://[^\s/?#@]+([/?#]\S*)?")
_HTTP = re.compile(r"http://([\w.-]+|\[[\w:.]+\])(:\d{1,5})?(/\S*)?", re.ASCII)


def is_page(url: str) -> bool:
    """Return whether this is the URL of a web page: https, or http on this machine.

    URLs come from a server, by way of the daemon. No file is opened, and no other scheme that a
    desktop would pass to some program.
    """
    http = _HTTP.fullmatch(url)
    return bool(_HTTPS.fullmatch(url) or (http and is_loopback(http[1].strip("[]"))))


def open_link(url: str, environ: Mapping[str, str]) -> bool:
    """Open the link of a web page; return False if it is none, or nothing could be opened.

    ``BROWSER`` names a program to use. Text browsers are never started: they would take over the
    terminal.
    """
    if not is_page(url):
        return False
    chosen = environ.get("BROWSER")
    if chosen:
        return _run([*chosen.split(os.pathsep)[0].split(), url])
    # Imported late: the window's first paint loads this module, and no sockets.
    from keystead.screen import has_screen

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
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    # Imported late: the window's first paint loads this module.
    from keystead.programs import reap

    reap(process)
    return True
