"""A message above the page; screen readers announce it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout

from keystead_client.desktop.models.app_state import Notice
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.parts.buttons import button
from keystead_client.desktop.parts.labels import label, set_text
from keystead_client.desktop.theme import GAP, MARGIN, set_role, set_tone


class NoticeBar(QFrame):
    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._notice: Notice | None = None
        self._sentence, self._remedy = label("strong"), label("body")
        # A field scrolls if the URL is long, and its text can be selected.
        self._address = QLineEdit(readOnly=True)
        self._address.setAccessibleName(tr("browser.address"))
        self._copy = button(tr("action.copy_link"))
        self._copy.clicked.connect(self._to_clipboard)
        self._close = button(tr("notice.close"))
        self._close.clicked.connect(self.dismissed)
        set_role(self, "notice")
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        # Without this, layouts ignore that wrapped labels need more height in a narrow window.
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._lay_out()
        self.hide()

    def show_notice(self, notice: Notice | None) -> None:
        """Show a message, or hide."""
        if notice == self._notice:
            return
        self._notice = notice
        self.setVisible(notice is not None)
        if notice is None:
            return
        self._sentence.setText(notice.sentence)
        set_text(self._remedy, notice.remedy or "")
        self._address.setText(notice.address or "")
        self._address.setCursorPosition(0)
        self._address.setVisible(notice.address is not None)
        self._copy.setVisible(notice.address is not None)
        self._close.setVisible(notice.closable)
        set_tone(self, notice.tone)
        said = " ".join(filter(None, (notice.sentence, notice.remedy)))
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, GAP, GAP, GAP)
        words = QVBoxLayout()
        for one in (self._sentence, self._remedy, self._address):
            words.addWidget(one)
        words.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignLeft)
        row.addLayout(words, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)

    def _to_clipboard(self) -> None:
        QApplication.clipboard().setText(self._address.text())
