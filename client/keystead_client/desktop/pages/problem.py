"""Why the program cannot begin, where the fault is in how it was set up."""

from __future__ import annotations

from keystead_client.desktop.models.words import WORDS
from keystead_client.desktop.parts.labels import label
from keystead_client.desktop.parts.page import Page


class ProblemPage(Page):
    def __init__(self, sentence: str, remedy: str | None) -> None:
        super().__init__(WORDS("problem.title"))
        self.column.addStretch(1)
        self.column.addWidget(label("headline", WORDS("problem.title")))
        self.column.addWidget(label("body", sentence))
        if remedy:
            self.column.addWidget(label("strong", remedy))
        self.column.addStretch(2)
