"""Diagnostics: the checks with a symbol each, and what to give to support."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from keystead_client import presentation
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.checks import CheckRow, ChecksModel
from keystead_client.desktop.parts.actions import Actions
from keystead_client.desktop.parts.labels import label, set_text
from keystead_client.desktop.parts.page import Page, busy_bar
from keystead_client.desktop.parts.row import Row
from keystead_client.desktop.parts.row_list import RowList
from keystead_client.desktop.parts.tone_icon import ToneIcon
from keystead_client.desktop.theme import set_tone
from keystead_client.presentation import Action

RUN, STOP, SAVE = "run", "stop", "save"


class ChecksPage(Page):
    #: `RUN`, `STOP`, `SAVE`, or `presentation.DIAGNOSTICS` and `presentation.OFFLINE`
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(tr("place.diagnostics"))
        self._lead = label("lead")
        self._busy, self._bar = label("muted"), busy_bar(tr("bundle.saving"))
        self._actions = Actions()
        self._actions.chosen.connect(self.chosen)
        self._offered = (
            Action(SAVE, tr("bundle.save")),
            Action(presentation.DIAGNOSTICS, tr("action.diagnostics")),
        )
        self._offline = Action(presentation.OFFLINE, tr("action.offline"))
        self._rows: tuple[CheckRow, ...] = ()
        self._list = RowList()
        self.column.addWidget(label("headline", tr("place.diagnostics")))
        for one in (self._lead, self._actions, self._busy, self._bar):
            self.column.addWidget(one)
        self.column.addWidget(self._list)
        self.column.addStretch(1)

    def show_model(self, model: ChecksModel) -> None:
        """Show the checks."""
        set_text(self._lead, model.lead)
        if model.rows != self._rows:
            self._update(model.rows)
        last = (STOP, "checks.cancel") if model.running else (RUN, "checks.run")
        offline = (self._offline,) if model.unreached else ()
        offered = (*self._offered, Action(last[0], tr(last[1])), *offline)
        self._actions.offer(offered, enabled=model.enabled)
        set_text(self._busy, model.busy)
        self._bar.setVisible(bool(model.busy))

    def first_focus(self) -> QWidget | None:
        return self._actions.first()

    def _update(self, rows: tuple[CheckRow, ...]) -> None:
        """Replace the rows that have changed; the others keep their widgets."""
        before, self._rows = self._rows, rows
        if len(before) != len(rows):
            self._list.show_rows(map(_row, rows))
            return
        for place, row in enumerate(rows):
            if before[place] != row:
                self._list.replace_row(place, _row(row))


def _row(row: CheckRow) -> Row:
    message = (("muted", row.detail), ("body", row.fix))
    details: list[QWidget] = [label(role, text) for role, text in message if text]
    if row.running:
        details.append(busy_bar(row.state))
    elif not row.detail:
        details.append(label("muted", row.state))
    mark = ToneIcon("small")
    mark.show_tone(row.tone, row.state)
    set_tone(mark, row.tone)
    made = Row(row.name, details=details)
    made.set_symbol(mark)
    return made
