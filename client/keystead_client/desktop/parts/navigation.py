"""The row of places above the screen: Tab and Return reach each, and Ctrl with its number."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QSizePolicy

from keystead_client.desktop.models.app_state import Screen
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.navigation import NavigationEntry
from keystead_client.desktop.parts.buttons import Button, button
from keystead_client.desktop.parts.flow_layout import FlowLayout
from keystead_client.desktop.theme import GAP, MARGIN, set_role


class Navigation(QFrame):
    #: Screen: somebody wants to go there
    wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "navigation")
        self.setAccessibleName(tr("places"))
        self._row = FlowLayout(self, centred=True)
        self._row.setContentsMargins(MARGIN, GAP, MARGIN, 0)
        self._row.setSpacing(GAP // 2)
        self._screens: tuple[Screen, ...] = ()
        self._buttons: list[Button] = []
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()
        for number in range(1, 6):
            keys = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            keys.activated.connect(lambda place=number - 1: self._go(place))

    def show_places(self, places: tuple[NavigationEntry, ...]) -> None:
        """Offer these, or nothing."""
        self.setVisible(bool(places))
        screens = tuple(place.screen for place in places)
        if screens != self._screens:
            self._rebuild(places, screens)
        for made, place in zip(self._buttons, places, strict=True):
            made.setChecked(place.here)

    def has_keyboard(self) -> bool:
        """Whether somebody is going through the places with the keyboard."""
        return any(made.hasFocus() for made in self._buttons)

    def keyboard_at(self) -> int | None:
        """Which place has the keyboard, by number."""
        return next((at for at, made in enumerate(self._buttons) if made.hasFocus()), None)

    def take_keyboard(self, at: int | None) -> None:
        """Give it to the place of that number, where there is one."""
        if at is not None and at < len(self._buttons):
            self._buttons[at].setFocus()

    def _rebuild(self, places: tuple[NavigationEntry, ...], screens: tuple[Screen, ...]) -> None:
        for old in self._buttons:
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._screens = screens
        self._buttons = [self._button(number, place) for number, place in enumerate(places)]
        self.updateGeometry()

    def _button(self, number: int, place: NavigationEntry) -> Button:
        made = button(place.label, "place")
        made.setCheckable(True)
        made.setToolTip(QKeySequence(f"Ctrl+{number + 1}").toString(_SHOWN))
        made.clicked.connect(lambda: self._chosen(made, place.screen))
        self._row.addWidget(made)
        made.show()
        return made

    def _chosen(self, made: Button, screen: Screen) -> None:
        # Where one is already, a click does not lead away from.
        made.setChecked(True)
        self.wanted.emit(screen)

    def _go(self, place: int) -> None:
        if place < len(self._screens):
            self.wanted.emit(self._screens[place])


_SHOWN = QKeySequence.SequenceFormat.NativeText
