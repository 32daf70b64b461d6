"""The least that a window can cost: a form of ten widgets. It says ``painted`` when it is seen."""

from __future__ import annotations

import signal
import sys

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QFormLayout, QLabel, QLineEdit, QWidget


class Form(QWidget):
    def __init__(self) -> None:
        super().__init__()
        rows = QFormLayout(self)
        for number in range(5):
            rows.addRow(QLabel(f"Field {number}"), QLineEdit())
        self._told = False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        if not self._told:
            self._told = True
            QTimer.singleShot(0, lambda: print("painted", flush=True))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    application = QApplication(sys.argv)
    application.setStyle("Fusion")
    form = Form()
    form.show()
    sys.exit(application.exec())
