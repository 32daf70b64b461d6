"""Receive links on macOS, which sends them to the application as events."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QFileOpenEvent

from keystead_client.desktop.models.deep_link import action_of_link


class LinkEvents(QObject):
    """An event filter for the application.

    It is installed on macOS only: a filter in Python slows down all events.
    """

    #: LaunchAction: what a link asked for
    followed = Signal(object)

    def __init__(self, product_id: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._product_id = product_id

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QFileOpenEvent):
            return False
        self.followed.emit(action_of_link(event.url().toString(), self._product_id))
        return True
