"""The first page: it is painted before anything else is read, requested or loaded."""

from __future__ import annotations

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.parts.labels import label
from keystead_client.desktop.parts.page import Page, busy_bar


class StartupPage(Page):
    def __init__(self) -> None:
        super().__init__(tr("connecting"))
        self.column.addStretch(1)
        self.column.addWidget(label("title", tr("connecting")))
        self.column.addWidget(busy_bar(tr("connecting")))
        self.column.addStretch(2)
