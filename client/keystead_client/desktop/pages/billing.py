"""The subscription, its invoices with a way to pay an open one, and the portal's pages."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from keystead_client.desktop.models.billing import BillingModel, InvoiceRow
from keystead_client.desktop.models.catalog import WORDS
from keystead_client.desktop.parts.actions import Actions
from keystead_client.desktop.parts.buttons import button
from keystead_client.desktop.parts.facts import Facts
from keystead_client.desktop.parts.labels import label, tell
from keystead_client.desktop.parts.page import Page, endless
from keystead_client.desktop.parts.row import Row
from keystead_client.desktop.parts.row_list import Rows


class BillingPage(Page):
    #: the address of an invoice's page
    pay = Signal(str)
    #: a flow of the portal
    portal = Signal(str)
    retry = Signal()

    def __init__(self) -> None:
        super().__init__(WORDS("place.billing"))
        self._facts, self._empty, self._trouble = Facts(), label("muted"), label("strong")
        self._again = button(WORDS("billing.retry"))
        self._again.clicked.connect(self.retry)
        self._busy, self._bar = label("muted"), endless(WORDS("billing.loading"))
        self._links = Actions(first_role="secondary")
        self._links.chosen.connect(self.portal)
        self._title = label("title", WORDS("billing.invoices"))
        self._rows: tuple[InvoiceRow, ...] = ()
        self._list = Rows()
        self._lay_out()

    def show_model(self, model: BillingModel) -> None:
        """Show a subscription and its invoices."""
        self._facts.show_facts(model.facts)
        self._title.setVisible(model.listed)
        if model.rows != self._rows:
            self._rows = model.rows
            self._list.show_rows(map(self._row, model.rows))
        tell(self._empty, model.empty)
        trouble = model.trouble
        tell(
            self._trouble,
            "\n".join(filter(None, (trouble.sentence, trouble.remedy))) if trouble else "",
        )
        self._again.setVisible(trouble is not None)
        self._links.offer(model.links, enabled=model.enabled)
        tell(self._busy, WORDS("billing.loading") if model.loading else model.busy)
        self._bar.setVisible(model.loading or bool(model.busy))

    def first_focus(self) -> QWidget | None:
        return self._links.first()

    def _lay_out(self) -> None:
        self.column.addWidget(label("headline", WORDS("place.billing")))
        self.column.addWidget(self._facts)
        self.column.addWidget(self._links)
        self.column.addWidget(self._title)
        self.column.addWidget(self._list)
        self.column.addWidget(self._empty)
        self.column.addWidget(self._trouble)
        self.column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self._busy)
        self.column.addWidget(self._bar)
        self.column.addStretch(1)

    def _row(self, row: InvoiceRow) -> Row:
        when = WORDS("invoice.line", name=row.name, when=row.when)
        made = Row(row.amount, details=[label("muted", when)])
        made.mark_as(row.status, row.tone)
        if (address := row.pay) is not None:
            pay = button(WORDS("invoice.pay"), "primary")
            pay.setAccessibleName(WORDS("invoice.pay.named", name=row.name))
            pay.clicked.connect(lambda: self.pay.emit(address))
            made.end_with(pay)
        return made
