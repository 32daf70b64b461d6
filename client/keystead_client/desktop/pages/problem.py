"""Why the program cannot start: its installation is incomplete or invalid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.parts.labels import label
from keystead_client.desktop.parts.page import Page

if TYPE_CHECKING:
    from keystead_client.presentation import ErrorText


class ProblemPage(Page):
    def __init__(self, why: ErrorText) -> None:
        super().__init__(tr("problem.title"))
        self.column.addStretch(1)
        self.column.addWidget(label("headline", tr("problem.title")))
        self.column.addWidget(label("body", why.sentence))
        if why.remedy:
            self.column.addWidget(label("strong", why.remedy))
        self.column.addStretch(2)
