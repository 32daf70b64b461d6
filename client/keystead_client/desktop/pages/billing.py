"""The subscription, its invoices with a button to pay an open one, and links to the portal."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from keystead_client.desktop.models.billing import BillingModel, InvoiceRow
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.parts.actions import Actions
from keystead_client.desktop.parts.buttons import button
from keystead_client.desktop.parts.facts import Facts
from keystead_client.desktop.parts.labels import label, set_text
from keystead_client.desktop.parts.page import Page, busy_bar
from keystead_client.desktop.parts.row import Row
from keystead_client.desktop.parts.row_list import RowList


class BillingPage(Page):
    #: the URL of an invoice's page
    pay = Signal(str)
    #: a flow of the portal
    portal = Signal(str)
    retry = Signal()

    def __init__(self) -> None:
        super().__init__(tr("place.billing"))
        self._facts, self._empty, self._problem = Facts(), label("muted"), label("strong")
        self._again = button(tr("billing.retry"))
        self._again.clicked.connect(self.retry)
        self._busy, self._bar = label("muted"), busy_bar(tr("billing.loading"))
        self._links = Actions(first_role="secondary")
        self._links.chosen.connect(self.portal)
        self._title = label("title", tr("billing.invoices"))
        self._rows: tuple[InvoiceRow, ...] = ()
        self._list = RowList()
        self._lay_out()

    def show_model(self, model: BillingModel) -> None:
        """Show a subscription and its invoices."""
        self._facts.show_facts(model.facts)
        self._title.setVisible(model.listed)
        if model.rows != self._rows:
            self._rows = model.rows
            self._list.show_rows(map(self._row, model.rows))
        set_text(self._empty, model.empty)
        problem = model.problem
        set_text(
            self._problem,
            "\n".join(filter(None, (problem.sentence, problem.remedy))) if problem else "",
        )
        self._again.setVisible(problem is not None)
        self._links.offer(model.links, enabled=model.enabled)
        set_text(self._busy, tr("billing.loading") if model.loading else model.busy)
        self._bar.setVisible(model.loading or bool(model.busy))

    def first_focus(self) -> QWidget | None:
        return self._links.first()

    def _lay_out(self) -> None:
        self.column.addWidget(label("headline", tr("place.billing")))
        self.column.addWidget(self._facts)
        self.column.addWidget(self._links)
        self.column.addWidget(self._title)
        self.column.addWidget(self._list)
        self.column.addWidget(self._empty)
        self.column.addWidget(self._problem)
        self.column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self._busy)
        self.column.addWidget(self._bar)
        self.column.addStretch(1)

    def _row(self, row: InvoiceRow) -> Row:
        when = tr("invoice.line", name=row.name, when=row.when)
        made = Row(row.amount, details=[label("muted", when)])
        made.add_badge(row.status, row.tone)
        if (address := row.pay) is not None:
            pay = button(tr("invoice.pay"), "primary")
            pay.setAccessibleName(tr("invoice.pay.named", name=row.name))
            pay.clicked.connect(lambda: self.pay.emit(address))
            made.set_action(pay)
        return made
