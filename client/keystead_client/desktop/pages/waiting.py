"""Between the browser and the payment."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from keystead_client.desktop.models.waiting import WaitingModel
from keystead_client.desktop.models.words import WORDS
from keystead_client.desktop.parts.actions import Actions
from keystead_client.desktop.parts.labels import label, tell
from keystead_client.desktop.parts.page import Page, endless


class WaitingPage(Page):
    #: an action's name, of `presentation`
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(WORDS("waiting.progress"))
        self._headline, self._advice = label("headline"), label("lead")
        self._elapsed, self._expires = label("strong"), label("muted")
        self._hints = label("body")
        self._actions = Actions()
        self._actions.chosen.connect(self.chosen)
        self.column.addStretch(1)
        for one in (
            self._headline,
            self._advice,
            endless(WORDS("waiting.progress")),
            self._elapsed,
            self._expires,
            self._hints,
            self._actions,
        ):
            self.column.addWidget(one)
        self.column.addStretch(2)

    def show_model(self, model: WaitingModel) -> None:
        """Show what is waited for."""
        self.setAccessibleName(model.headline)
        self._headline.setText(model.headline)
        self._advice.setText(model.advice)
        self._elapsed.setText(model.elapsed)
        tell(self._expires, model.expires)
        tell(self._hints, "\n".join(model.hints))
        self._actions.offer(model.actions, enabled=model.enabled)

    def first_focus(self) -> QWidget | None:
        return self._actions.first()
