"""Acme Notes: an editor. Writing is free, exporting a page (--export, Ctrl+E) is paid for."""

import argparse
import html
import sys
from pathlib import Path

from PySide6.QtCore import Qt, QThreadPool, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QToolBar,
)

import keystead

LICENSE = keystead.open(Path(__file__).with_name("keystead.toml"))


class Editor(QMainWindow):
    """One note, a line that says what is going on, and a button for the way to pay."""

    #: Emitted in the watch's thread. A queued connection delivers it in the window's.
    license_changed = Signal()
    #: A text about paying, from the thread in which the way to pay was opened.
    paying = Signal(str)

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.text = QPlainTextEdit(path.read_text("utf-8") if path.exists() else "")
        self.message = QLabel()
        self.buy_button = QPushButton("Buy…")
        self.buy_button.clicked.connect(self.buy)
        self.setCentralWidget(self.text)
        self.statusBar().addWidget(self.message, 1)
        self.statusBar().addPermanentWidget(self.buy_button)
        bar = QToolBar()
        self.addToolBar(bar)
        for name, keys, slot in (
            ("Save", QKeySequence.StandardKey.Save, self.save),
            ("Export", QKeySequence("Ctrl+E"), self.export),
        ):
            action = QAction(name, self, shortcut=keys)
            action.triggered.connect(slot)
            bar.addAction(action)
        self.license_changed.connect(self.show_license, Qt.ConnectionType.QueuedConnection)
        self.paying.connect(self.message.setText, Qt.ConnectionType.QueuedConnection)
        self.setWindowTitle(f"{path.name} – Acme Notes")
        self.show_license()

    def save(self) -> None:
        self.path.write_text(self.text.toPlainText(), "utf-8")

    def export(self) -> None:
        """Write the note as a page beside it, if that is paid for."""
        try:
            target = export(self.text.toPlainText(), self.path.with_suffix(".html"))
        except keystead.NotEntitled as refused:
            self.message.setText(f"{refused.sentence} {refused.remedy}")
        else:
            self.message.setText(f"Exported to {target.name}.")

    def buy(self) -> None:
        self.message.setText("Opening…")
        # It may take some seconds, in which the window goes on.
        QThreadPool.globalInstance().start(self.open_way_to_pay)

    def open_way_to_pay(self) -> None:
        """Run in a thread of the pool: touch no widget, tell by a signal."""
        try:
            opened = LICENSE.activate()
        except keystead.KeysteadError as error:
            self.paying.emit(f"{error.sentence} {error.remedy or ''}".strip())
        else:
            place = f"at {opened.url}" if opened.where == "nowhere" else f"in the {opened.where}"
            self.paying.emit(f"Continue {place}.")

    def show_license(self) -> None:
        """Show what is decided now. Runs in the window's thread."""
        paid = LICENSE.allows("export")
        self.buy_button.setVisible(not paid)
        self.message.setText("Thank you for buying Acme Notes." if paid else "")


def export(text: str, target: Path) -> Path:
    """Write the text as a page. Raises NotEntitled."""
    LICENSE.require("export")
    target.write_text(
        f"<!doctype html><title>Note</title><pre>{html.escape(text)}</pre>\n", "utf-8"
    )
    return target


def main() -> int:
    parser = argparse.ArgumentParser(prog="notes", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="the note")
    parser.add_argument("--export", type=Path, metavar="PAGE", help="write it as a page, and end")
    arguments = parser.parse_args()
    if arguments.export is not None:
        try:
            export(arguments.file.read_text("utf-8"), arguments.export)
        except keystead.NotEntitled as refused:
            print(f"{refused.sentence} {refused.remedy}", file=sys.stderr)
            return 1
        return 0
    application = QApplication(sys.argv[:1])
    editor = Editor(arguments.file)
    editor.show()
    with LICENSE.watch(lambda _: editor.license_changed.emit()):
        return application.exec()


if __name__ == "__main__":
    sys.exit(main())
