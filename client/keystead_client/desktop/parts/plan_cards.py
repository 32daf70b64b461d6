"""Plans to choose from: a card with a radio button each."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent, QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from keystead_client.desktop.models.activate import Card
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.parts.features import Features
from keystead_client.desktop.parts.price_label import PriceLabel
from keystead_client.desktop.theme import GAP, font_of, set_role


class PlanRadio(QRadioButton):
    """A radio button whose card shows the keyboard focus."""

    #: bool: whether it has the keyboard focus
    keyboard = Signal(bool)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.keyboard.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.keyboard.emit(False)


class PlanCard(QFrame):
    """One plan; a click anywhere on the card chooses it."""

    def __init__(self, card: Card) -> None:
        super().__init__()
        set_role(self, "plan")
        # Doubled, because a single "&" in a name would mark a mnemonic.
        self.radio = PlanRadio(card.name.replace("&", "&&"))
        set_role(self.radio, "plan")
        self.radio.setFont(font_of("title"))
        self.radio.keyboard.connect(partial(self._mark, "keyboard"))
        self._price = PriceLabel()
        heading = QHBoxLayout()
        heading.setSpacing(2 * GAP)
        heading.addWidget(self.radio)
        heading.addWidget(self._price, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GAP, 2 * GAP, 2 * GAP, 2 * GAP)
        column.setSpacing(GAP)
        column.addLayout(heading)
        if card.features:
            column.addWidget(Features(card.features))

    def show_card(self, card: Card) -> None:
        """Show the price, and whether the plan is chosen."""
        self._price.show_price(card.price, card.amount)
        self.radio.setAccessibleName(tr("plans.card", name=card.name, price=card.price))
        self.radio.setAccessibleDescription(card.includes)
        self.radio.setChecked(card.chosen)
        self._mark("chosen", card.chosen)

    def _mark(self, name: str, on: bool) -> None:
        if self.property(name) != on:
            self.setProperty(name, on)
            # Applies the style sheet again: Qt does not notice that a property has changed.
            set_role(self, "plan")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.radio.setFocus()
        self.radio.click()
        event.accept()


class PlanCards(QWidget):
    #: the chosen plan's id
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GAP)
        self._group = QButtonGroup(self)
        self._plans: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self._cards: list[PlanCard] = []

    def show_cards(self, cards: tuple[Card, ...]) -> None:
        """Show these plans."""
        self.setVisible(bool(cards))
        plans = tuple((card.plan, card.features) for card in cards)
        if plans != self._plans:
            self._plans = plans
            self._rebuild(cards)
        for shown, card in zip(self._cards, cards, strict=True):
            shown.show_card(card)

    def chosen_radio(self) -> QRadioButton | None:
        """Return the radio button that is checked."""
        return next((card.radio for card in self._cards if card.radio.isChecked()), None)

    def _rebuild(self, cards: tuple[Card, ...]) -> None:
        for old in self._cards:
            self._group.removeButton(old.radio)
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._cards = [PlanCard(card) for card in cards]
        for shown, card in zip(self._cards, cards, strict=True):
            self._group.addButton(shown.radio)
            self._column.addWidget(shown)
            shown.radio.toggled.connect(partial(self._toggled, card.plan))

    def _toggled(self, plan: str, on: bool) -> None:
        if on:
            self.chosen.emit(plan)
