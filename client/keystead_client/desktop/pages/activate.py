"""Choose a plan and continue in the browser."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from keystead_client import presentation
from keystead_client.desktop.models.activate import ActivateModel, Module, Period
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.mnemonics import with_mnemonics
from keystead_client.desktop.parts.buttons import Button, button
from keystead_client.desktop.parts.flow_layout import FlowLayout
from keystead_client.desktop.parts.labels import label, set_text
from keystead_client.desktop.parts.page import Page, busy_bar
from keystead_client.desktop.parts.plan_cards import PlanCards
from keystead_client.desktop.parts.stepper import Stepper
from keystead_client.desktop.theme import GAP

_BUTTONS = (
    ("action.activate", "primary", presentation.ACTIVATE),
    ("action.restore", "secondary", presentation.RESTORE),
    ("action.join", "secondary", presentation.JOIN),
    ("action.import", "secondary", presentation.IMPORT),
    ("action.offline", "secondary", presentation.OFFLINE),
)


class Periods(QWidget):
    """The billing periods as radio buttons."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("plans.period"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(3 * GAP)
        self._row.addStretch(1)
        self._group = QButtonGroup(self)
        self._shown: tuple[str, ...] = ()
        self._radios: list[QRadioButton] = []

    def show_periods(self, periods: tuple[Period, ...]) -> None:
        """Show the periods; hidden if there is no choice."""
        self.setVisible(bool(periods))
        values = tuple(period.value for period in periods)
        if values != self._shown:
            self._rebuild(periods, values)
        for radio, period in zip(self._radios, periods, strict=True):
            radio.setChecked(period.chosen)

    def _rebuild(self, periods: tuple[Period, ...], values: tuple[str, ...]) -> None:
        for radio in self._radios:
            self._group.removeButton(radio)
            self._row.removeWidget(radio)
            radio.deleteLater()
        self._shown = values
        self._radios = [QRadioButton(period.label) for period in periods]
        for place, (radio, value) in enumerate(zip(self._radios, values, strict=True)):
            self._group.addButton(radio)
            self._row.insertWidget(place, radio)
            radio.toggled.connect(partial(self._toggled, value))

    def _toggled(self, value: str, on: bool) -> None:
        if on:
            self.chosen.emit(value)


class Modules(QWidget):
    """The modules of a plan as checkboxes; at least one stays chosen."""

    #: the names of the chosen modules
    chosen = Signal(tuple)

    def __init__(self) -> None:
        super().__init__()
        self._row = FlowLayout(self)
        self._boxes: dict[str, QCheckBox] = {}

    def show_modules(self, modules: tuple[Module, ...]) -> None:
        """Show the modules; hidden if there are none."""
        self.setVisible(bool(modules))
        if tuple(self._boxes) != tuple(module.name for module in modules):
            self._rebuild(modules)
        for module in modules:
            self._boxes[module.name].setChecked(module.chosen)

    def _rebuild(self, modules: tuple[Module, ...]) -> None:
        for box in self._boxes.values():
            self._row.removeWidget(box)
            box.hide()
            box.deleteLater()
        self._boxes = {module.name: QCheckBox(module.label) for module in modules}
        for box in self._boxes.values():
            box.clicked.connect(lambda _checked, box=box: self._clicked(box))
            self._row.addWidget(box)

    def _clicked(self, clicked: QCheckBox) -> None:
        chosen = tuple(name for name, box in self._boxes.items() if box.isChecked())
        if chosen:
            self.chosen.emit(chosen)
        else:
            clicked.setChecked(True)


class ActivatePage(Page):
    #: the name of an action of `presentation`
    chosen = Signal(str)
    plan_chosen = Signal(str)
    period_chosen = Signal(str)
    seats_chosen = Signal(int)
    modules_chosen = Signal(tuple)
    retry = Signal()
    back = Signal()

    def __init__(self) -> None:
        super().__init__(tr("plans.title"))
        self._bar, self._busy = busy_bar(tr("plans.loading")), label("muted")
        self._problem = label("strong")
        self._periods, self._cards, self._total = Periods(), PlanCards(), label("lead")
        self._seats = Stepper(tr("plans.seats"), tr("plans.seats.fewer"), tr("plans.seats.more"))
        self._modules = Modules()
        self._modules.setAccessibleName(tr("plans.modules"))
        self._modules.chosen.connect(self.modules_chosen)
        self._periods.chosen.connect(self.period_chosen)
        self._cards.chosen.connect(self.plan_chosen)
        self._seats.changed.connect(self.seats_chosen)
        self._make_buttons()
        self._lay_out()

    def show_model(self, model: ActivateModel) -> None:
        """Show the plans, or why there are none."""
        problem = model.problem
        set_text(
            self._problem,
            "\n".join(filter(None, (problem.sentence, problem.remedy))) if problem else "",
        )
        self._again.setVisible(problem is not None)
        self._periods.show_periods(model.periods)
        self._cards.show_cards(model.cards)
        self._modules_title.setVisible(bool(model.modules))
        self._modules.show_modules(model.modules)
        self._show_seats(model)
        set_text(self._total, model.total)
        self._go.setEnabled(model.ready)
        self._back.setVisible(model.can_go_back)
        self._ways[presentation.RESTORE].setVisible(model.restores)
        self._ways[presentation.JOIN].setVisible(model.joins)
        self._ways[presentation.JOIN].setEnabled(model.ready)
        busy = tr("plans.loading") if model.loading else model.busy
        set_text(self._busy, tr("starting") if model.starting else busy)
        self._bar.setVisible(model.loading or model.starting or bool(model.busy))

    def first_focus(self) -> QWidget | None:
        return self._cards.chosen_radio()

    def _show_seats(self, model: ActivateModel) -> None:
        self._seats_row.setVisible(model.seats is not None)
        if model.seats is not None:
            seats = model.seats
            self._seats.show_number(seats.least, seats.most, seats.value)

    def _make_buttons(self) -> None:
        names = [name for name, _, _ in _BUTTONS]
        labels = [tr(name) for name in (*names, "plans.seats", "plans.retry", "back")]
        *actions, seats, again, back = with_mnemonics(labels)
        self._ways: dict[str, Button] = {}
        for (_, role, action), text in zip(_BUTTONS, actions, strict=True):
            made = button(text, role)
            made.clicked.connect(lambda _checked, action=action: self.chosen.emit(action))
            self._ways[action] = made
        self._go = self._ways[presentation.ACTIVATE]
        self._again, self._back = button(again), button(back)
        self._again.clicked.connect(self.retry)
        self._back.clicked.connect(self.back)
        self._seats_label = label("body", seats)
        self._seats_label.setBuddy(self._seats.field)
        self._seats_label.setWordWrap(False)

    def _lay_out(self) -> None:
        self._modules_title = label("title", tr("plans.modules"))
        self._seats_row = QWidget()
        seats = QHBoxLayout(self._seats_row)
        seats.setContentsMargins(0, 0, 0, 0)
        seats.addWidget(self._seats_label)
        seats.addWidget(self._seats)
        seats.addStretch(1)
        row = QWidget()
        flow = FlowLayout(row)
        for pressed in (*self._ways.values(), self._back):
            flow.addWidget(pressed)
        words = QVBoxLayout()
        words.setSpacing(GAP)
        words.addWidget(label("headline", tr("plans.title")))
        words.addWidget(label("lead", tr("plans.lead")))
        self.column.addLayout(words)
        modules = (self._modules_title, self._modules)
        for one in (self._periods, self._cards, *modules, self._seats_row, self._total):
            self.column.addWidget(one)
        self.column.addWidget(self._problem)
        self.column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignLeft)
        for below in (row, self._busy, self._bar):
            self.column.addWidget(below)
        self.column.addStretch(1)
