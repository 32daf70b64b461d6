"""The row of navigation buttons: reached by Tab, and by Ctrl with their number."""

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
    #: Screen: go there
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
        # Without this, layouts ignore that the buttons wrap into more lines in a narrow window.
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()
        for number in range(1, 6):
            keys = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            keys.activated.connect(lambda entry=number - 1: self._go(entry))

    def show_entries(self, entries: tuple[NavigationEntry, ...]) -> None:
        """Show the entries, or hide without any."""
        self.setVisible(bool(entries))
        screens = tuple(entry.screen for entry in entries)
        if screens != self._screens:
            self._rebuild(entries, screens)
        for made, entry in zip(self._buttons, entries, strict=True):
            made.setChecked(entry.current)

    def has_focused_button(self) -> bool:
        """Return whether one of the buttons has the keyboard focus."""
        return any(made.hasFocus() for made in self._buttons)

    def focused_index(self) -> int | None:
        """Return the number of the button with the keyboard focus."""
        return next((at for at, made in enumerate(self._buttons) if made.hasFocus()), None)

    def focus_button(self, at: int | None) -> None:
        """Give the keyboard focus to the button of a number, if it exists."""
        if at is not None and at < len(self._buttons):
            self._buttons[at].setFocus()

    def _rebuild(self, entries: tuple[NavigationEntry, ...], screens: tuple[Screen, ...]) -> None:
        for old in self._buttons:
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._screens = screens
        self._buttons = [self._button(number, entry) for number, entry in enumerate(entries)]
        self.updateGeometry()

    def _button(self, number: int, entry: NavigationEntry) -> Button:
        made = button(entry.label, "place")
        made.setCheckable(True)
        made.setToolTip(QKeySequence(f"Ctrl+{number + 1}").toString(_SHOWN))
        made.clicked.connect(lambda: self._chosen(made, entry.screen))
        self._row.addWidget(made)
        made.show()
        return made

    def _chosen(self, made: Button, screen: Screen) -> None:
        # A click on the current entry would uncheck its button.
        made.setChecked(True)
        self.wanted.emit(screen)

    def _go(self, entry: int) -> None:
        if entry < len(self._screens):
            self.wanted.emit(self._screens[entry])


_SHOWN = QKeySequence.SequenceFormat.NativeText
