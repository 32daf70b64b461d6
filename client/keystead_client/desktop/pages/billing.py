"""The subscription, its invoices with a way to pay an open one, and the portal's pages."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from keystead_client.desktop.models.billing import BillingModel, InvoiceRow
from keystead_client.desktop.models.words import WORDS
from keystead_client.desktop.parts.actions import Actions
from keystead_client.desktop.parts.buttons import Button, button
from keystead_client.desktop.parts.facts import Facts
from keystead_client.desktop.parts.labels import label, tell
from keystead_client.desktop.parts.page import Page, endless
from keystead_client.desktop.theme import GAP, as_role, as_tone


class InvoiceCard(QFrame):
    #: the address of the page to pay it on
    wanted = Signal(str)

    def __init__(self, row: InvoiceRow) -> None:
        super().__init__()
        as_role(self, "card")
        status = QFrame()
        as_role(status, "badge")
        inside = QHBoxLayout(status)
        inside.setContentsMargins(GAP, GAP // 4, GAP, GAP // 4)
        told = label("body", row.status)
        told.setWordWrap(False)
        inside.addWidget(told)
        as_tone(status, row.tone)
        words = QVBoxLayout()
        words.setSpacing(GAP // 2)
        words.addWidget(label("strong", row.amount))
        words.addWidget(label("muted", WORDS("invoice.line", name=row.name, when=row.when)))
        line = QHBoxLayout(self)
        line.setContentsMargins(2 * GAP, GAP, GAP, GAP)
        line.addLayout(words, 1)
        line.addWidget(status)
        self.pay = self._pay_button(row, line)

    def _pay_button(self, row: InvoiceRow, line: QHBoxLayout) -> Button | None:
        if row.pay is None:
            return None
        made, address = button(WORDS("invoice.pay"), "primary"), row.pay
        made.setAccessibleName(WORDS("invoice.pay.named", name=row.name))
        made.clicked.connect(lambda: self.wanted.emit(address))
        line.addWidget(made)
        return made


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
        self._rows: tuple[InvoiceRow, ...] = ()
        self._cards: list[InvoiceCard] = []
        self._list = QVBoxLayout()
        self._lay_out()

    def show_model(self, model: BillingModel) -> None:
        """Show a subscription and its invoices."""
        self._facts.show_facts(model.facts)
        if model.rows != self._rows:
            self._rebuild(model.rows)
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
        self.column.addWidget(label("title", WORDS("billing.invoices")))
        self.column.addLayout(self._list)
        for one in (self._empty, self._trouble, self._again, self._busy, self._bar):
            self.column.addWidget(one)
        self.column.addStretch(1)

    def _rebuild(self, rows: tuple[InvoiceRow, ...]) -> None:
        for card in self._cards:
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._rows = rows
        self._cards = [InvoiceCard(row) for row in rows]
        for card in self._cards:
            card.wanted.connect(self.pay)
            self._list.addWidget(card)
