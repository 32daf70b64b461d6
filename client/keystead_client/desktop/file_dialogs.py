"""Qt's file dialogs, window-modal and without blocking the event loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFileDialog, QWidget


def open_file(
    parent: QWidget, *, title: str, name_filter: str, chosen: Callable[[str], None]
) -> None:
    """Let the person choose an existing file; ``chosen`` gets its path."""
    dialog = _dialog(parent, title, name_filter, chosen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.open()


def save_file(
    parent: QWidget, *, title: str, name_filter: str, name: str, chosen: Callable[[str], None]
) -> None:
    """Let the person choose where to save; ``name`` is suggested, with its suffix."""
    dialog = _dialog(parent, title, name_filter, chosen)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(name.rpartition(".")[2])
    dialog.selectFile(name)
    dialog.open()


def _dialog(
    parent: QWidget, title: str, name_filter: str, chosen: Callable[[str], None]
) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setNameFilter(name_filter)
    dialog.fileSelected.connect(chosen)
    dialog.finished.connect(dialog.deleteLater)
    return dialog
