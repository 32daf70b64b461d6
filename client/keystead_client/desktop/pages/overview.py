"""Whether this device may be used and until when, in one sentence, with facts and actions."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.overview import OverviewModel
from keystead_client.desktop.parts.actions import Actions
from keystead_client.desktop.parts.facts import Facts
from keystead_client.desktop.parts.labels import centered, label, set_text
from keystead_client.desktop.parts.page import Page, busy_bar
from keystead_client.desktop.parts.timeline import TimelineWidget
from keystead_client.desktop.parts.tone_icon import ToneIcon
from keystead_client.desktop.theme import COLUMN, GAP, MARGIN, set_role, set_tone


class Hero(QFrame):
    """The symbol, the headline, the advice and the timeline."""

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "hero")
        self._mark, self._line = ToneIcon("sign"), TimelineWidget()
        self._headline = centered(label("headline"))
        self._advice = centered(label("lead"))
        inner = QWidget()
        inner.setMaximumWidth(COLUMN)
        words = QVBoxLayout(inner)
        words.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        words.setSpacing(GAP)
        words.addStretch(1)
        words.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignHCenter)
        words.addWidget(self._headline)
        words.addWidget(self._advice)
        words.addStretch(1)
        words.addWidget(self._line)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(inner, 1000)
        row.addStretch(1)

    def show_state(self, model: OverviewModel) -> None:
        """Show the headline in its tone."""
        self._mark.show_tone(model.tone, model.mark)
        self._headline.setText(model.headline)
        set_text(self._advice, "\n".join(model.advice))
        self._line.show_line(model.line)
        set_tone(self, model.tone)


class OverviewPage(Page):
    #: the name of an action of `presentation`
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(tr("facts"))
        self._hero, self._facts = Hero(), Facts()
        self._hints = centered(label("body"))
        self._busy, self._bar = centered(label("muted")), busy_bar(tr("refreshing"))
        self._actions = Actions(centred=True)
        self._actions.chosen.connect(self.chosen)
        self.set_banner(self._hero)
        for one in (self._hints, self._facts, self._actions, self._busy, self._bar):
            self.column.addWidget(one)
        self.column.addStretch(1)

    def show_model(self, model: OverviewModel) -> None:
        """Show an activation."""
        self.setAccessibleName(model.headline)
        self._hero.show_state(model)
        self._facts.show_facts(model.facts)
        set_text(self._hints, "\n".join(model.hints))
        self._actions.offer(model.actions, enabled=model.enabled)
        set_text(self._busy, model.busy or "")
        self._bar.setVisible(model.busy is not None)

    def first_focus(self) -> QWidget | None:
        return self._actions.first()
