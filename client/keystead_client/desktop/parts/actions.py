"""A row of buttons for named actions; the first is the primary one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from keystead_client.desktop.models.mnemonics import with_mnemonics
from keystead_client.desktop.parts.buttons import Button, button
from keystead_client.desktop.parts.flow_layout import FlowLayout
from keystead_client.presentation import Action


class Actions(QWidget):
    #: the action's name
    chosen = Signal(str)

    def __init__(self, *, first_role: str = "primary", centred: bool = False) -> None:
        super().__init__()
        self._row = FlowLayout(self, centred=centred)
        self._first_role = first_role
        self._shown: tuple[Action, ...] = ()
        self._buttons: dict[str, Button] = {}

    def offer(self, actions: Sequence[Action], *, enabled: bool = True) -> None:
        """Show these actions; buttons that stay keep the keyboard focus."""
        if tuple(actions) != self._shown:
            self._rebuild(tuple(actions))
        for one in self._buttons.values():
            one.setEnabled(enabled)

    def first(self) -> Button | None:
        """Return the primary button."""
        return next(iter(self._buttons.values()), None)

    def _rebuild(self, actions: tuple[Action, ...]) -> None:
        focused = next((name for name, one in self._buttons.items() if one.hasFocus()), None)
        for one in self._buttons.values():
            self._row.removeWidget(one)
            # deleteLater waits for a later turn of the event loop; it would be visible until then.
            one.hide()
            one.deleteLater()
        self._shown = actions
        labels = with_mnemonics([action.label for action in actions])
        self._buttons = {
            action.name: self._button(action, label, first=place == 0)
            for place, (action, label) in enumerate(zip(actions, labels, strict=True))
        }
        if focused is not None and (kept := self._buttons.get(focused) or self.first()):
            # Qt would move the focus of a deleted button to a widget elsewhere on the page.
            kept.setFocus()
        self.updateGeometry()

    def _button(self, action: Action, label: str, *, first: bool) -> Button:
        made = button(label, self._first_role if first else "secondary")
        made.setAccessibleName(action.label)
        made.clicked.connect(lambda: self.chosen.emit(action.name))
        self._row.addWidget(made)
        made.show()
        return made
