"""May I work, until when, and what should I do: one sentence, a few facts, the next steps."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from keystead_client.desktop.models.overview import OverviewModel
from keystead_client.desktop.models.words import WORDS
from keystead_client.desktop.parts.actions import Actions
from keystead_client.desktop.parts.facts import Facts
from keystead_client.desktop.parts.labels import label, tell
from keystead_client.desktop.parts.mark import Mark
from keystead_client.desktop.parts.page import Page, endless
from keystead_client.desktop.parts.time_line import TimeLineDrawing
from keystead_client.desktop.theme import GAP, as_role, as_tone


class StateCard(QFrame):
    """The sign, the one large sentence, and what follows from it."""

    def __init__(self) -> None:
        super().__init__()
        as_role(self, "state")
        self._mark, self._headline, self._advice = Mark(), label("headline"), label("lead")
        words = QVBoxLayout()
        words.setSpacing(GAP)
        words.addWidget(self._headline)
        words.addWidget(self._advice)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GAP, 2 * GAP, 2 * GAP, 2 * GAP)
        row.setSpacing(2 * GAP)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def show_state(self, model: OverviewModel) -> None:
        """Show the sentence in its tone."""
        self._mark.show_tone(model.tone, model.mark)
        self._headline.setText(model.headline)
        tell(self._advice, "\n".join(model.advice))
        as_tone(self, model.tone)


class OverviewPage(Page):
    #: an action's name, of `presentation`
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(WORDS("facts"))
        self._state, self._facts, self._hints = StateCard(), Facts(), label("body")
        self._busy, self._bar = label("muted"), endless(WORDS("refreshing"))
        self._line, self._actions = TimeLineDrawing(), Actions()
        self._actions.chosen.connect(self.chosen)
        details = QFrame()
        as_role(details, "card")
        inside = QVBoxLayout(details)
        inside.setContentsMargins(2 * GAP, 2 * GAP, 2 * GAP, 2 * GAP)
        inside.setSpacing(2 * GAP)
        inside.addWidget(self._line)
        inside.addWidget(self._facts)
        self._details = details
        for one in (self._state, details, self._hints, self._actions, self._busy, self._bar):
            self.column.addWidget(one)
        self.column.addStretch(1)

    def show_model(self, model: OverviewModel) -> None:
        """Show an activation."""
        self.setAccessibleName(model.headline)
        self._state.show_state(model)
        self._details.setVisible(bool(model.facts))
        self._line.show_line(model.line)
        self._facts.show_facts(model.facts)
        tell(self._hints, "\n".join(model.hints))
        self._actions.offer(model.actions, enabled=model.enabled)
        tell(self._busy, model.busy or "")
        self._bar.setVisible(model.busy is not None)

    def first_focus(self) -> QWidget | None:
        return self._actions.first()
