"""Open pages in the person's browser."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from keystead.browser import is_page


def open_page(url: str) -> bool:
    """Open a page in the browser; return False if it is not a page, or that failed."""
    return is_page(url) and QDesktopServices.openUrl(QUrl(url, QUrl.ParsingMode.StrictMode))
