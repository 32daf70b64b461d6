"""No daemon answers: it is not running, or cannot be reached."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.daemon_unavailable import DaemonUnavailableModel
from keystead_client.desktop.models.mnemonics import with_mnemonics
from keystead_client.desktop.parts.buttons import button
from keystead_client.desktop.parts.labels import label, set_text
from keystead_client.desktop.parts.page import Page, busy_bar


class DaemonUnavailablePage(Page):
    try_again = Signal()

    def __init__(self) -> None:
        super().__init__(tr("nobody.title"))
        self._problem, self._remedy = label("strong"), label("body")
        self._last = label("muted")
        self._trying = label("muted", tr("nobody.trying"))
        self._bar = busy_bar(tr("nobody.trying"))
        self._again = button(with_mnemonics([tr("nobody.try")])[0], "primary")
        self._again.clicked.connect(self.try_again)
        self.column.addStretch(1)
        self.column.addWidget(label("headline", tr("nobody.title")))
        self.column.addWidget(label("body", tr("nobody.body")))
        for one in (self._problem, self._remedy, self._last, self._trying, self._bar):
            self.column.addWidget(one)
        self.column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addStretch(2)

    def show_model(self, model: DaemonUnavailableModel) -> None:
        """Show why, as far as it is known."""
        set_text(self._problem, model.problem.sentence if model.problem else "")
        set_text(self._remedy, (model.problem.remedy or "") if model.problem else "")
        set_text(self._last, model.last)
        for one in (self._trying, self._bar):
            one.setVisible(model.trying)
        self._again.setEnabled(not model.trying)

    def first_focus(self) -> QWidget:
        return self._again
