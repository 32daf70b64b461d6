"""Ask for confirmation before something that is not easily undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from keystead_client.desktop.parts.buttons import button


def confirm(
    parent: QWidget, question: str, what: str, *, yes: str, no: str, then: Callable[[], None]
) -> None:
    """Ask over the window; ``then`` follows a yes. Return and Escape mean no."""
    dialog = QMessageBox(parent.window())
    dialog.setWindowModality(Qt.WindowModality.WindowModal)
    dialog.setIcon(QMessageBox.Icon.Warning)
    dialog.setTextFormat(Qt.TextFormat.PlainText)
    dialog.setText(question)
    dialog.setInformativeText(what)
    agree, refuse = button(yes, "danger"), button(no)
    for one in (agree, refuse):
        # PySide does not know that the dialog keeps them, and would delete them.
        one.setParent(dialog)
    dialog.addButton(agree, QMessageBox.ButtonRole.DestructiveRole)
    dialog.addButton(refuse, QMessageBox.ButtonRole.RejectRole)
    dialog.setDefaultButton(refuse)
    dialog.setEscapeButton(refuse)
    agree.clicked.connect(lambda _checked: then())
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
