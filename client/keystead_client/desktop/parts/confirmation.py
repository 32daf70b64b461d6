"""A question before something that is not easily undone; nothing happens without a yes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from keystead_client.desktop.parts.buttons import button


def confirm(
    parent: QWidget, question: str, what: str, *, yes: str, no: str, then: Callable[[], None]
) -> None:
    """Ask over the window; ``then`` follows on a yes. Return and Escape are the no."""
    dialog = QMessageBox(parent.window())
    dialog.setWindowModality(Qt.WindowModality.WindowModal)
    dialog.setIcon(QMessageBox.Icon.Warning)
    dialog.setTextFormat(Qt.TextFormat.PlainText)
    dialog.setText(question)
    dialog.setInformativeText(what)
    agree, refuse = button(yes, "danger"), button(no)
    for one in (agree, refuse):
        # The dialog keeps them, which PySide does not know of.
        one.setParent(dialog)
    dialog.addButton(agree, QMessageBox.ButtonRole.DestructiveRole)
    dialog.addButton(refuse, QMessageBox.ButtonRole.RejectRole)
    dialog.setDefaultButton(refuse)
    dialog.setEscapeButton(refuse)
    agree.clicked.connect(lambda _checked: then())
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
