"""The person's own browser."""

from __future__ import annotations

import re

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

# The daemon says where to go, and what it says came from a server: a page, and nothing else
# that a desktop would open (files, other programs' schemes).
_PAGE = re.compile(r"https://[^\s/?#@]+([/?#]\S*)?|http://(localhost|127\.0\.0\.1|\[::1\])[:/]\S*")


def is_page(url: str) -> bool:
    """Whether this is the address of a web page: https, or http on this machine."""
    return _PAGE.fullmatch(url) is not None


def open_page(url: str) -> bool:
    """Show a page in the browser. False where that failed, or where it is no page."""
    return is_page(url) and QDesktopServices.openUrl(QUrl(url, QUrl.ParsingMode.StrictMode))
