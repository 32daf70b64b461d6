"""Run the real window as a process that is driven over stdin and reports its texts on stdout.

``python -m support.window_driver`` with the arguments of ``keystead-desktop``, run from ``tests``.
Each line on stdin is an action as JSON; each line on stdout is a report: the texts of the window,
whenever they have changed, or a URL that it opened in the user's browser.
`support.window_process` is the client.
"""

from __future__ import annotations

import gc
import json
import sys
from threading import Thread
from typing import Any, cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMainWindow, QWidget

from keystead_client.desktop.entry import main
from support.person import Person, read_out, written

_SHOWING = frozenset(
    {QEvent.Type.Paint, QEvent.Type.UpdateRequest, QEvent.Type.WindowStateChange, QEvent.Type.Hide}
)


class Driver(QObject):
    """Reads and clicks widgets in the window's own thread."""

    #: a line from stdin
    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._told: object = None
        self._due = False
        self.asked.connect(self._do)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's own
        if event.type() in _SHOWING and not self._due:
            self._due = True
            QTimer.singleShot(0, self, self._look)
        return False

    def _do(self, line: str) -> None:
        name, *values = json.loads(line)
        getattr(self, f"do_{name}")(*values)

    def do_watch(self) -> None:
        """Start to report changes."""
        for scheme in ("http", "https"):
            # PySide's type stubs declare bytes, but Qt needs str here.
            QDesktopServices.setUrlHandler(scheme, self, "open")  # type: ignore[arg-type]
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        self._look()

    def do_click(self, name: str) -> None:
        button = self._person().button(name)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def do_type(self, name: str, text: str) -> None:
        self._person().types(name, text)

    def do_minimize(self) -> None:
        self._window().showMinimized()

    def do_grab(self, path: str) -> None:
        tell(grabbed=self._window().grab().save(path))

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        """Report a URL that the window opens in the browser."""
        tell(opened=url.toString())

    def _look(self) -> None:
        self._due = False
        window = self._window()
        visible = [one for one in window.findChildren(QWidget) if one.isVisible()]
        buttons = [one for one in visible if isinstance(one, QAbstractButton) and one.isEnabled()]
        seen = {
            "reads": [text for one in visible if (text := written(one))],
            "buttons": [name for one in buttons for name in (written(one), read_out(one))],
            "minimized": window.isMinimized(),
        }
        if seen != self._told:
            self._told = seen
            tell(**seen)

    def _person(self) -> Person:
        return Person(cast(Any, None), self._window())

    def _window(self) -> QMainWindow:
        found = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMainWindow)]
        return found[0]


def tell(**news: object) -> None:
    sys.stdout.write(json.dumps(news) + "\n")
    sys.stdout.flush()


def listen(driver: Driver) -> None:
    for line in sys.stdin:
        driver.asked.emit(line)


if __name__ == "__main__":
    # A second thread runs Python here, where a garbage collection would destroy Qt objects.
    gc.disable()
    driver = Driver()
    Thread(target=listen, args=(driver,), daemon=True).start()
    sys.exit(main(sys.argv[1:]))
