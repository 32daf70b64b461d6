"""The one window: the message above, the screen below. It comes up with one screen and no data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.pages.startup import StartupPage
from keystead_client.desktop.parts.page import Page
from keystead_client.desktop.theme import MINIMUM_SIZE, USUAL_SIZE

if TYPE_CHECKING:
    from keystead_client.desktop.parts.navigation import Navigation
    from keystead_client.desktop.parts.notice_bar import NoticeBar


class _Body(QWidget):
    """Tells of its first painting: from then on there is something to look at."""

    painted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._told = False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._told:
            self._told = True
            QTimer.singleShot(0, self, self.painted.emit)


class MainWindow(QMainWindow):
    first_painted = Signal()
    #: bool: whether a person can see it; words that change by themselves are only kept so then
    seen = Signal(bool)
    #: the person came back to it, from the browser for one
    activated = Signal()
    closed = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setWindowTitle(tr("window.title", product=title))
        self.setMinimumSize(*MINIMUM_SIZE)
        self.resize(*USUAL_SIZE)
        #: Whether somebody closed it, and nobody wanted it since.
        self.is_closed = False
        self._navigation: Navigation | None = None
        self._body = _Body()
        self._body.painted.connect(self.first_painted)
        self._stack = QStackedWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._stack)
        self.setCentralWidget(self._body)
        self.startup_page = StartupPage()
        self.show_page(self.startup_page)

    def clear(self) -> None:
        """Take the message bar, the places and all screens away: others are to come."""
        self._navigation = None
        above = (one for one in self._body.children() if one is not self._stack)
        for part in (*above, *(self._stack.widget(at) for at in range(self._stack.count()))):
            if isinstance(part, QWidget):
                part.hide()
                part.setParent(None)
                part.deleteLater()
        self.startup_page = StartupPage()

    def add_notice_bar(self, bar: NoticeBar) -> None:
        """Put the message bar above the screens."""
        self._column.insertWidget(0, bar)

    def add_navigation(self, navigation: Navigation) -> None:
        """Put the row of places above everything."""
        self._navigation = navigation
        self._column.insertWidget(0, navigation)
        self.setTabOrder(navigation, self._stack)

    def show_page(self, page: Page) -> None:
        """Show a screen; where it is another one, the keyboard goes to its first control.

        Who goes through the places with the keyboard keeps it there.
        """
        if self._stack.currentWidget() is page:
            return
        if self._stack.indexOf(page) < 0:
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        if self._navigation is not None and self._navigation.has_keyboard():
            return
        if (first := page.first_focus()) is not None:
            first.setFocus()

    def come_forward(self) -> None:
        """Be seen: out of the background, and out of the task bar."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def is_seen(self) -> bool:
        """Whether a person can see it."""
        return self.isVisible() and not self.isMinimized()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.is_closed = False
        self.seen.emit(self.is_seen())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen.emit(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.WindowStateChange:
            self.seen.emit(self.is_seen())
        elif event.type() is QEvent.Type.ActivationChange and self.isActiveWindow():
            self.activated.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.is_closed = True
        self.closed.emit()
