"""The field for an activation code: it formats groups and underlines the wrong ones."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QKeyEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from keystead_client.desktop.models.offline_activation import in_groups, span_of
from keystead_client.desktop.theme import SIZES

#: Rows of groups that are visible at once.
_ROWS = 6
#: Formatting a longer paste on each key press would block the window.
_MOST_CHARACTERS = 20_000


class CodeField(QPlainTextEdit):
    #: the text changed
    typed = Signal()
    #: Return was pressed
    finished = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        # A code contains no tabs, and Tab must lead out of the field.
        self.setTabChangesFocus(True)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.font().pointSizeF() * SIZES["lead"])
        self.setFont(font)
        height = self.fontMetrics().lineSpacing() * _ROWS + 2 * self.frameWidth()
        self.setFixedHeight(height + 2 * int(self.document().documentMargin()))
        self.setInputMethodHints(
            Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhUppercaseOnly
        )
        self.textChanged.connect(self._in_groups)

    def mark(self, wrong: tuple[int, ...]) -> None:
        """Underline the wrong groups: a wave needs no colour to be seen."""
        marks = []
        for group in wrong:
            mark = QTextEdit.ExtraSelection()
            style = QTextCharFormat()
            style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            mark.format = style
            start, length = span_of(group)
            cursor = QTextCursor(self.document())
            cursor.setPosition(start)
            cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
            mark.cursor = cursor
            marks.append(mark)
        self.setExtraSelections(marks)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Finish on Return; skip the space between two groups when deleting."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finished.emit()
            return
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self._over_space(back=event.key() == Qt.Key.Key_Backspace)
        super().keyPressEvent(event)

    def _over_space(self, *, back: bool) -> None:
        cursor = self.textCursor()
        beside = self.toPlainText()[max(cursor.position() - back, 0) :][:1]
        if beside == " " and not cursor.hasSelection():
            way = QTextCursor.MoveOperation.Left if back else QTextCursor.MoveOperation.Right
            cursor.movePosition(way)
            self.setTextCursor(cursor)

    def _in_groups(self) -> None:
        text = self.toPlainText()[:_MOST_CHARACTERS]
        shown, place = in_groups(text, self.textCursor().position())
        if shown != self.toPlainText():
            # Replacing the text would emit textChanged and format it again.
            self.blockSignals(True)
            self.setPlainText(shown)
            self.blockSignals(False)
            cursor = self.textCursor()
            cursor.setPosition(min(place, len(shown)))
            self.setTextCursor(cursor)
        self.typed.emit()
