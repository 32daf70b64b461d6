"""Offline activation: a QR code for a phone, and a field for the code that is sent back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.mnemonics import with_mnemonics
from keystead_client.desktop.models.offline_activation import OfflineModel, code_model
from keystead_client.desktop.parts.buttons import button
from keystead_client.desktop.parts.code_field import CodeField
from keystead_client.desktop.parts.flow_layout import FlowLayout
from keystead_client.desktop.parts.labels import label, set_text
from keystead_client.desktop.parts.page import Page, busy_bar
from keystead_client.desktop.parts.qr_code import QrCode


class OfflineActivationPage(Page):
    #: an activation code, or the text of a license
    taken = Signal(str)
    save = Signal()
    load = Signal()
    retry = Signal()
    back = Signal()

    def __init__(self) -> None:
        super().__init__(tr("offline.title"))
        self._enabled = self._ready = False
        self._picture = QrCode(tr("offline.picture"))
        self._bar = busy_bar(tr("offline.loading"))
        self._problem, self._result, self._busy = label("strong"), label("body"), label("muted")
        self._field = CodeField(tr("offline.code"))
        self._field.typed.connect(self._check_code)
        self._field.finished.connect(self._submit)
        self._make_buttons()
        self._lay_out()
        self._check_code()

    def show_model(self, model: OfflineModel) -> None:
        """Show the request, and whether a code can be sent."""
        problem = model.problem
        words = (problem.sentence, problem.remedy) if problem else ()
        set_text(self._problem, "\n".join(filter(None, words)))
        self._again.setVisible(problem is not None)
        self._picture.show_text(model.link)
        self._picture.setVisible(bool(model.link))
        self._bar.setVisible(model.loading)
        self._save.setEnabled(bool(model.link))
        set_text(self._busy, model.busy)
        self._enabled = model.enabled
        self._update_button()

    def first_focus(self) -> QWidget:
        return self._field

    def _check_code(self) -> None:
        code = code_model(self._field.toPlainText())
        self._field.mark(code.wrong)
        self._ready = code.ready
        self._update_button()
        if code.sentence == self._result.text():
            return
        self._result.setText(code.sentence)
        self._field.setAccessibleDescription(code.sentence)
        if code.ready or not code.well:
            QAccessible.updateAccessibility(
                QAccessibleAnnouncementEvent(self._field, code.sentence)
            )

    def _update_button(self) -> None:
        self._take_over.setEnabled(self._enabled and self._ready)

    def _submit(self) -> None:
        if self._take_over.isEnabled():
            self.taken.emit(self._field.toPlainText())

    def _make_buttons(self) -> None:
        names = ("offline.code", "offline.take", "offline.save", "action.import", "offline.retry")
        labels = with_mnemonics([tr(name) for name in (*names, "back")])
        code, take, save, load, again, back = labels
        self._caption = label("strong", code)
        self._caption.setBuddy(self._field)
        self._take_over, self._save = button(take, "primary"), button(save)
        self._load, self._again, self._back = button(load), button(again), button(back)
        self._take_over.clicked.connect(self._submit)
        for one, signal in (
            (self._save, self.save),
            (self._load, self.load),
            (self._again, self.retry),
            (self._back, self.back),
        ):
            one.clicked.connect(signal)

    def _lay_out(self) -> None:
        buttons = QWidget()
        row = FlowLayout(buttons)
        for pressed in (self._take_over, self._save, self._load, self._back):
            row.addWidget(pressed)
        self.column.addWidget(label("headline", tr("offline.title")))
        self.column.addWidget(label("lead", tr("offline.lead")))
        self.column.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignHCenter)
        self.column.addWidget(self._bar)
        self.column.addWidget(self._problem)
        self.column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignLeft)
        for below in (self._caption, self._field, self._result, buttons, self._busy):
            self.column.addWidget(below)
        self.column.addStretch(1)
