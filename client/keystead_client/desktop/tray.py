"""The tray icon, its menu and its messages.

Qt speaks to the panel: StatusNotifierItem over D-Bus, or XEmbed with older panels.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.mnemonics import with_mnemonics
from keystead_client.desktop.models.tray import TrayModel
from keystead_client.desktop.tray_icon import icon_of
from keystead_client.presentation import Action

_CLICKS = (
    QSystemTrayIcon.ActivationReason.Trigger,
    QSystemTrayIcon.ActivationReason.DoubleClick,
)
#: Milliseconds that a message should stay; many desktops ignore this.
_STAYS_MS = 15_000


def tray_available() -> bool:
    """Return whether the desktop has a tray now."""
    return QSystemTrayIcon.isSystemTrayAvailable()


class Tray(QObject):
    #: show the window
    opened = Signal()
    #: the name of an action in the menu
    chosen = Signal(str)
    quit_chosen = Signal()
    #: a message was clicked
    message_clicked = Signal()

    def __init__(self, model: TrayModel, product: str, parent: QObject) -> None:
        super().__init__(parent)
        self._model, self._product = model, product
        self.menu = QMenu()
        self._icon = QSystemTrayIcon(self)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self.message_clicked)
        self._icon.setContextMenu(self.menu)
        self._show(model)
        self._icon.show()

    def show_model(self, model: TrayModel) -> None:
        """Bring icon, tooltip and menu up to date."""
        if model != self._model:
            self._model = model
            self._show(model)

    def show_message(self, title: str, body: str, tone: str) -> None:
        """Show a message; `message_clicked` may follow."""
        self._icon.showMessage(title, body, icon_of(tone), _STAYS_MS)

    def _show(self, model: TrayModel) -> None:
        self._icon.setIcon(icon_of(model.shape))
        self._icon.setToolTip(model.tooltip)
        self._fill(model)

    def _fill(self, model: TrayModel) -> None:
        ours = Action("open", tr("tray.open", product=self._product))
        leave = Action("quit", tr("tray.quit"))
        offered = (*model.actions, ours, leave)
        labels = with_mnemonics([one.label for one in offered])
        self.menu.clear()
        sentence = self._entry(with_mnemonics([model.sentence], model.sentence)[0])
        sentence.setEnabled(False)
        self.menu.addSeparator()
        for one, label in zip(model.actions, labels[:-2], strict=True):
            entry = self._entry(label)
            entry.setEnabled(model.enabled)
            entry.triggered.connect(lambda _=False, name=one.name: self.chosen.emit(name))
        opening, leaving = self._entry(labels[-2]), QAction(labels[-1], self.menu)
        opening.triggered.connect(self.opened)
        self.menu.setDefaultAction(opening)
        self.menu.addSeparator()
        leaving.triggered.connect(self.quit_chosen)
        self.menu.addAction(leaving)

    def _entry(self, label: str) -> QAction:
        entry = QAction(label, self.menu)
        self.menu.addAction(entry)
        return entry

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        # On macOS a click opens the menu, and the window would cover it.
        if reason in _CLICKS and sys.platform != "darwin":
            self.opened.emit()
