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

RUN, STOP, SAVE = "run", "stop", "save"


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
        if row.running:
            words.addWidget(endless(row.state))
        elif not row.detail:
            words.addWidget(label("muted", row.state))
        line = QHBoxLayout(self)
        line.setContentsMargins(2 * GAP, GAP, 2 * GAP, GAP)
        line.setSpacing(2 * GAP)
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)


class ChecksPage(Page):
    #: `RUN`, `STOP`, `SAVE` or `presentation.DIAGNOSTICS`
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(WORDS("place.diagnostics"))
        self._lead = label("lead")
        self._busy, self._bar = label("muted"), endless(WORDS("bundle.saving"))
        self._actions = Actions()
        self._actions.chosen.connect(self.chosen)
        self._offered = (
            Action(SAVE, WORDS("bundle.save")),
            Action(presentation.DIAGNOSTICS, WORDS("action.diagnostics")),
        )
        self._rows: tuple[CheckRow, ...] = ()
        self._cards: list[CheckCard] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(GAP)
        self.column.addWidget(label("headline", WORDS("place.diagnostics")))
        for one in (self._lead, self._actions, self._busy, self._bar):
            self.column.addWidget(one)
        self.column.addLayout(self._list)
        self.column.addStretch(1)

    def show_model(self, model: ChecksModel) -> None:
        """Show the checks."""
        tell(self._lead, model.lead)
        if model.rows != self._rows:
            self._update(model.rows)
        last = (STOP, "checks.cancel") if model.running else (RUN, "checks.run")
        offered = (*self._offered, Action(last[0], WORDS(last[1])))
        self._actions.offer(offered, enabled=model.enabled)
        tell(self._busy, model.busy)
        self._bar.setVisible(bool(model.busy))

    def first_focus(self) -> QWidget | None:
        return self._actions.first()

    def _update(self, rows: tuple[CheckRow, ...]) -> None:
        """Replace the cards whose rows have changed; the others stay as they stand."""
        before, self._rows = self._rows, rows
        for place, row in enumerate(rows):
            if place < len(before) and before[place] == row:
                continue
            if place < len(before):
                was = self._cards.pop(place)
                self._list.removeWidget(was)
                was.hide()
                was.deleteLater()
            card = CheckCard(row)
            self._cards.insert(place, card)
            self._list.insertWidget(place, card)
