"""Restore a purchase by email: from another computer, or before a new installation."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.mnemonics import with_mnemonics
from keystead_client.desktop.models.restore import RestoreModel, is_address
from keystead_client.desktop.parts.buttons import button
from keystead_client.desktop.parts.flow_layout import FlowLayout
from keystead_client.desktop.parts.labels import label, set_text
from keystead_client.desktop.parts.page import Page


class RestorePage(Page):
    #: the email address to send the link to
    asked = Signal(str)
    back = Signal()

    def __init__(self) -> None:
        super().__init__(tr("restore.title"))
        names = [tr(name) for name in ("restore.email", "restore.send", "back")]
        email, send, back = with_mnemonics(names)
        self._field = QLineEdit()
        self._field.setMaxLength(254)
        self._field.setInputMethodHints(Qt.InputMethodHint.ImhEmailCharactersOnly)
        self._field.setAccessibleName(names[0])
        self._field.returnPressed.connect(self._ask)
        caption = label("body", email)
        caption.setBuddy(self._field)
        self._problem, self._busy = label("strong"), label("muted")
        self._send, self._back = button(send, "primary"), button(back)
        self._send.clicked.connect(self._ask)
        self._back.clicked.connect(self.back)
        buttons = QWidget()
        row = FlowLayout(buttons)
        row.addWidget(self._send)
        row.addWidget(self._back)
        self.column.addWidget(label("headline", tr("restore.title")))
        self.column.addWidget(label("lead", tr("restore.lead")))
        for one in (caption, self._field, self._problem, buttons, self._busy):
            self.column.addWidget(one)
        self.column.addStretch(1)

    def show_model(self, model: RestoreModel) -> None:
        """Show whether the address can be sent, and whether that is in progress."""
        self._send.setEnabled(model.enabled)
        set_text(self._busy, model.busy)
        if model.busy:
            set_text(self._problem, "")

    def first_focus(self) -> QWidget:
        return self._field

    def _ask(self) -> None:
        address = self._field.text().strip()
        if not is_address(address):
            set_text(self._problem, tr("restore.invalid"))
        elif self._send.isEnabled():
            set_text(self._problem, "")
            self.asked.emit(address)
