"""Open pages in the person's browser."""

from __future__ import annotations

import re

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

# URLs come from a server, by way of the daemon. Only web pages are opened: no files, and no other
# schemes that a desktop would pass to some program.
_PAGE = re.compile(r"https://[^\s/?#@]+([/?#]\S*)?|http://(localhost|127\.0\.0\.1|\[::1\])[:/]\S*")


def is_page(url: str) -> bool:
    """Return whether this is the URL of a web page: https, or http on this machine."""
    return _PAGE.fullmatch(url) is not None


def open_page(url: str) -> bool:
    """Open a page in the browser; return False if it is not a page, or that failed."""
    return is_page(url) and QDesktopServices.openUrl(QUrl(url, QUrl.ParsingMode.StrictMode))
