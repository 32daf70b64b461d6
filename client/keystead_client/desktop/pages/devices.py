"""The account's devices, with a button to remove one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.devices import DeviceRow, DevicesModel
from keystead_client.desktop.models.mnemonics import with_mnemonics
from keystead_client.desktop.parts.buttons import Button, button
from keystead_client.desktop.parts.confirmation import confirm
from keystead_client.desktop.parts.labels import label, set_text
from keystead_client.desktop.parts.page import Page, busy_bar
from keystead_client.desktop.parts.row import Row
from keystead_client.desktop.parts.row_list import RowList


class DevicesPage(Page):
    #: the id of the device to remove
    removed = Signal(str)
    back = Signal()

    def __init__(self) -> None:
        super().__init__(tr("devices.title"))
        self._lead, self._problem = label("lead"), label("strong")
        self._busy, self._bar = label("muted"), busy_bar(tr("devices.loading"))
        self._rows: tuple[DeviceRow, ...] = ()
        self._buttons: list[Button] = []
        self._list = RowList()
        self._back = button(with_mnemonics([tr("back")])[0])
        self._back.clicked.connect(self.back)
        self.column.addWidget(label("headline", tr("devices.title")))
        self.column.addWidget(self._lead)
        self.column.addWidget(self._problem)
        self.column.addWidget(self._list)
        self.column.addWidget(self._busy)
        self.column.addWidget(self._bar)
        self.column.addWidget(self._back, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addStretch(1)

    def show_model(self, model: DevicesModel) -> None:
        """Show the devices."""
        problem = model.problem
        set_text(self._lead, model.lead)
        set_text(
            self._problem,
            "\n".join(filter(None, (problem.sentence, problem.remedy))) if problem else "",
        )
        if model.rows != self._rows:
            self._rebuild(model.rows)
        for one in self._buttons:
            one.setEnabled(model.enabled)
        set_text(self._busy, tr("devices.loading") if model.loading else model.busy or "")
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
            made.add_badge(row.badge, "ok")
        if row.removable:
            remove = button(tr("devices.remove"))
            remove.setAccessibleName(tr("devices.remove.named", name=row.name))
            remove.clicked.connect(lambda: self._ask_first(row))
            self._buttons.append(remove)
            made.set_action(remove)
        return made

    def _ask_first(self, row: DeviceRow) -> None:
        """Ask for confirmation: somebody may be working on that device."""
        confirm(
            self,
            tr("devices.remove.ask", name=row.name),
            tr("devices.remove.what"),
            yes=tr("devices.remove.yes"),
            no=tr("devices.remove.no"),
            then=lambda: self.removed.emit(row.device_id),
        )
