"""Diagnostics: what was looked at, with a sign each, and what to give to support."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from keystead_client import presentation
from keystead_client.desktop.models.checks import CheckRow, ChecksModel
from keystead_client.desktop.models.words import WORDS
from keystead_client.desktop.parts.actions import Actions
from keystead_client.desktop.parts.labels import label, tell
from keystead_client.desktop.parts.mark import Mark
from keystead_client.desktop.parts.page import Page, endless
from keystead_client.desktop.theme import GAP, as_role, as_tone
from keystead_client.presentation import Action

RUN, SAVE = "run", "save"


class CheckCard(QFrame):
    def __init__(self, row: CheckRow) -> None:
        super().__init__()
        as_role(self, "card")
        mark = Mark()
        mark.show_tone(row.tone, row.state)
        as_tone(mark, row.tone)
        words = QVBoxLayout()
        words.setSpacing(GAP // 2)
        for role, text in (("strong", row.name), ("muted", row.detail), ("body", row.fix)):
            if text:
                words.addWidget(label(role, text))
        line = QHBoxLayout(self)
        line.setContentsMargins(2 * GAP, GAP, 2 * GAP, GAP)
        line.setSpacing(2 * GAP)
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)


class ChecksPage(Page):
    #: `RUN`, `SAVE` or `presentation.DIAGNOSTICS`
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(WORDS("place.diagnostics"))
        self._lead, self._trouble = label("lead"), label("strong")
        self._busy, self._bar = label("muted"), endless(WORDS("checks.loading"))
        self._actions = Actions()
        self._actions.chosen.connect(self.chosen)
        self._offered = (
            Action(SAVE, WORDS("bundle.save")),
            Action(presentation.DIAGNOSTICS, WORDS("action.diagnostics")),
            Action(RUN, WORDS("checks.run")),
        )
        self._rows: tuple[CheckRow, ...] = ()
        self._cards: list[CheckCard] = []
        self._list = QVBoxLayout()
        self.column.addWidget(label("headline", WORDS("place.diagnostics")))
        for one in (self._lead, self._trouble, self._actions, self._busy, self._bar):
            self.column.addWidget(one)
        self.column.addLayout(self._list)
        self.column.addStretch(1)

    def show_model(self, model: ChecksModel) -> None:
        """Show the checks."""
        tell(self._lead, model.lead)
        trouble = model.trouble
        tell(
            self._trouble,
            "\n".join(filter(None, (trouble.sentence, trouble.remedy))) if trouble else "",
        )
        if model.rows != self._rows:
            self._rebuild(model.rows)
        self._actions.offer(self._offered, enabled=model.enabled)
        tell(self._busy, model.busy)
        self._bar.setVisible(bool(model.busy))

    def first_focus(self) -> QWidget | None:
        return self._actions.first()

    def _rebuild(self, rows: tuple[CheckRow, ...]) -> None:
        for card in self._cards:
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._rows = rows
        self._cards = [CheckCard(row) for row in rows]
        for card in self._cards:
            self._list.addWidget(card)
