"""Plans side by side to choose one from: a card each, a radio button in it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QRadioButton, QVBoxLayout, QWidget

from keystead_client.desktop.models.activate import Card
from keystead_client.desktop.models.words import WORDS
from keystead_client.desktop.parts.labels import label, tell
from keystead_client.desktop.theme import GAP, as_role, font_of


class PlanCard(QFrame):
    """One plan; a click anywhere on it chooses it."""

    def __init__(self, card: Card) -> None:
        super().__init__()
        as_role(self, "card")
        self.radio = QRadioButton(card.name.replace("&", "&&"))
        self.radio.setFont(font_of("title"))
        self._price, self._features = label("lead"), label("muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GAP, 2 * GAP, 2 * GAP, 2 * GAP)
        column.setSpacing(GAP)
        for one in (self.radio, self._price, self._features):
            column.addWidget(one)

    def show_card(self, card: Card) -> None:
        """Show its price, and whether it is the chosen one."""
        tell(self._price, card.price)
        tell(self._features, card.features)
        self.radio.setAccessibleName(WORDS("plans.card", name=card.name, price=card.price))
        self.radio.setChecked(card.chosen)
        self.setProperty("chosen", card.chosen)
        as_role(self, "card")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.radio.setFocus()
        self.radio.click()
        event.accept()


class PlanCards(QWidget):
    #: a plan's id
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        self._group = QButtonGroup(self)
        self._plans: tuple[str, ...] = ()
        self._cards: list[PlanCard] = []

    def show_cards(self, cards: tuple[Card, ...]) -> None:
        """Show these plans."""
        self.setVisible(bool(cards))
        plans = tuple(card.plan for card in cards)
        if plans != self._plans:
            self._rebuild(cards, plans)
        for shown, card in zip(self._cards, cards, strict=True):
            shown.show_card(card)

    def chosen_radio(self) -> QRadioButton | None:
        """The radio button that is on."""
        return next((card.radio for card in self._cards if card.radio.isChecked()), None)

    def _rebuild(self, cards: tuple[Card, ...], plans: tuple[str, ...]) -> None:
        for old in self._cards:
            self._group.removeButton(old.radio)
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._plans = plans
        self._cards = [PlanCard(card) for card in cards]
        for shown, plan in zip(self._cards, plans, strict=True):
            self._group.addButton(shown.radio)
            self._column.addWidget(shown)
            shown.radio.toggled.connect(partial(self._toggled, plan))

    def _toggled(self, plan: str, on: bool) -> None:
        if on:
            self.chosen.emit(plan)
