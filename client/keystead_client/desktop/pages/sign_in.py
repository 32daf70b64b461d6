"""Sign in with the browser."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from keystead_client import presentation
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.mnemonics import with_mnemonics
from keystead_client.desktop.models.sign_in import SignInModel
from keystead_client.desktop.parts.buttons import button
from keystead_client.desktop.parts.flow_layout import FlowLayout
from keystead_client.desktop.parts.labels import label, set_text
from keystead_client.desktop.parts.page import Page, busy_bar

_WITHOUT = (presentation.IMPORT, presentation.OFFLINE)


class SignInPage(Page):
    #: open the browser
    wanted = Signal()
    #: the name of an action of `presentation` that needs no sign-in
    chosen = Signal(str)
    back = Signal()

    def __init__(self) -> None:
        super().__init__(tr("sign_in.title"))
        self._go = button(tr("sign_in"), "primary")
        names = [f"action.{action}" for action in _WITHOUT]
        *ways, back = with_mnemonics([tr(name) for name in (*names, "back")])
        self._back = button(back)
        self._go.clicked.connect(self.wanted)
        self._back.clicked.connect(self.back)
        self._problem, self._busy = label("strong"), label("muted")
        self._bar = busy_bar(tr("sign_in.waiting"))
        row = QWidget()
        flow = FlowLayout(row)
        flow.addWidget(self._go)
        for action, text in zip(_WITHOUT, ways, strict=True):
            way = button(text)
            way.clicked.connect(lambda _checked, action=action: self.chosen.emit(action))
            flow.addWidget(way)
        flow.addWidget(self._back)
        self.column.addWidget(label("headline", tr("sign_in.title")))
        self.column.addWidget(label("lead", tr("sign_in.lead")))
        for one in (self._problem, row, self._busy, self._bar):
            self.column.addWidget(one)
        self.column.addStretch(1)

    def show_model(self, model: SignInModel) -> None:
        """Show whether the browser is open, and how the last attempt ended."""
        problem = model.problem
        set_text(
            self._problem,
            "\n".join(filter(None, (problem.sentence, problem.remedy))) if problem else "",
        )
        self._go.setText(model.button)
        self._go.setEnabled(model.enabled)
        self._back.setVisible(model.can_go_back)
        set_text(self._busy, model.busy)
        self._bar.setVisible(bool(model.busy))

    def first_focus(self) -> QWidget:
        return self._go
