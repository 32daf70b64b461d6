"""The account's devices, and letting one of them go."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from keystead_client.desktop.models.catalog import WORDS
from keystead_client.desktop.models.devices import DeviceRow, DevicesModel
from keystead_client.desktop.models.mnemonics import with_mnemonics
from keystead_client.desktop.parts.buttons import Button, button
from keystead_client.desktop.parts.confirmation import ask_first
from keystead_client.desktop.parts.labels import label, tell
from keystead_client.desktop.parts.page import Page, endless
from keystead_client.desktop.parts.row import Row
from keystead_client.desktop.parts.row_list import Rows


class DevicesPage(Page):
    #: a device's id
    removed = Signal(str)
    back = Signal()

    def __init__(self) -> None:
        super().__init__(WORDS("devices.title"))
        self._lead, self._trouble = label("lead"), label("strong")
        self._busy, self._bar = label("muted"), endless(WORDS("devices.loading"))
        self._rows: tuple[DeviceRow, ...] = ()
        self._buttons: list[Button] = []
        self._list = Rows()
        self._back = button(with_mnemonics([WORDS("back")])[0])
        self._back.clicked.connect(self.back)
        self.column.addWidget(label("headline", WORDS("devices.title")))
        self.column.addWidget(self._lead)
        self.column.addWidget(self._trouble)
        self.column.addWidget(self._list)
        self.column.addWidget(self._busy)
        self.column.addWidget(self._bar)
        self.column.addWidget(self._back, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addStretch(1)

    def show_model(self, model: DevicesModel) -> None:
        """Show the devices."""
        trouble = model.trouble
        tell(self._lead, model.lead)
        tell(
            self._trouble,
            "\n".join(filter(None, (trouble.sentence, trouble.remedy))) if trouble else "",
        )
        if model.rows != self._rows:
            self._rebuild(model.rows)
        for one in self._buttons:
            one.setEnabled(model.enabled)
        tell(self._busy, WORDS("devices.loading") if model.loading else model.busy or "")
        self._bar.setVisible(model.loading or model.busy is not None)

    def first_focus(self) -> QWidget:
        return self._buttons[0] if self._buttons else self._back

    def _rebuild(self, rows: tuple[DeviceRow, ...]) -> None:
        self._rows, self._buttons = rows, []
        self._list.show_rows([self._row(row) for row in rows])
        for one, after in zip([*self._buttons, self._back], self._buttons[1:], strict=False):
            QWidget.setTabOrder(one, after)
        if self._buttons:
            QWidget.setTabOrder(self._buttons[-1], self._back)

    def _row(self, row: DeviceRow) -> Row:
        made = Row(row.name, details=[label("muted", row.seen)])
        if row.badge:
            made.mark_as(row.badge, "ok")
        if row.removable:
            remove = button(WORDS("devices.remove"))
            remove.setAccessibleName(WORDS("devices.remove.named", name=row.name))
            remove.clicked.connect(lambda: self._ask_first(row))
            self._buttons.append(remove)
            made.end_with(remove)
        return made

    def _ask_first(self, row: DeviceRow) -> None:
        """Somewhere somebody may be at work: only who says so once more removes it."""
        ask_first(
            self,
            WORDS("devices.remove.ask", name=row.name),
            WORDS("devices.remove.what"),
            yes=WORDS("devices.remove.yes"),
            no=WORDS("devices.remove.no"),
            then=lambda: self.removed.emit(row.device_id),
        )
