"""The main window: the notice above, the page below. It starts with one page and no data."""

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
    """The window's content, which emits `painted` once."""

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
    #: bool: whether the window is visible; changing text is kept up to date only then
    seen = Signal(bool)
    #: the window became active: the person may come back from the browser
    activated = Signal()
    closed = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setWindowTitle(tr("window.title", product=title))
        self.setMinimumSize(*MINIMUM_SIZE)
        self.resize(*USUAL_SIZE)
        #: Whether the window was closed and not shown since.
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
        """Remove the notice bar, the navigation and all pages, before they are rebuilt."""
        self._navigation = None
        above = (one for one in self._body.children() if one is not self._stack)
        for part in (*above, *(self._stack.widget(at) for at in range(self._stack.count()))):
            if isinstance(part, QWidget):
                part.hide()
                part.setParent(None)
                part.deleteLater()
        self.startup_page = StartupPage()

    def add_notice_bar(self, bar: NoticeBar) -> None:
        """Put the notice bar above the pages."""
        self._column.insertWidget(0, bar)

    def add_navigation(self, navigation: Navigation) -> None:
        """Put the navigation above everything."""
        self._navigation = navigation
        self._column.insertWidget(0, navigation)
        self.setTabOrder(navigation, self._stack)

    def show_page(self, page: Page) -> None:
        """Show a page; the keyboard focus goes to its first control if the page changes.

        A person who is using the navigation by keyboard keeps the focus there.
        """
        if self._stack.currentWidget() is page:
            return
        if self._stack.indexOf(page) < 0:
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
        if self._navigation is not None and self._navigation.has_focused_button():
            return
        if (first := page.first_focus()) is not None:
            first.setFocus()

    def come_forward(self) -> None:
        """Show the window above others, restored if it was minimized or hidden."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def is_seen(self) -> bool:
        """Return whether the window is visible and not minimized."""
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
